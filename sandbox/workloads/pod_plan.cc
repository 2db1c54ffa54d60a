// What will become of a pod, read from its manifest.
#include "sandbox/workloads/pod_plan.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>

#include <boost/json.hpp>

#include "sandbox/workloads/dice.h"
#include "sandbox/workloads/reading.h"

namespace sluice::sandbox {
namespace {

constexpr kube::Duration first_pause = std::chrono::seconds(10);
constexpr kube::Duration longest_pause = std::chrono::minutes(5);
// Pods of a large set start in groups, so that what follows from it is worked out once for each group.
constexpr kube::Duration start_step = std::chrono::milliseconds(10);
constexpr double longest_sleep = 1e9;  // seconds; a longer one would overflow the clock

// The number behind the first "<word> " that has one; `rest` is the text behind it.
bool number_after(std::string_view text, std::string_view word, double& number, std::string_view& rest) {
  for (auto at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
    const std::string_view after = text.substr(at + word.size());
    if (after.size() < 2 || after[0] != ' ') continue;
    const char* const begin = after.data() + 1;
    const auto [end, error] = std::from_chars(begin, after.data() + after.size(), number, std::chars_format::fixed);
    if (error != std::errc() || !(number >= 0)) continue;
    rest = after.substr(static_cast<std::size_t>(end - after.data()));
    return true;
  }
  return false;
}

std::string joined(const json::array& words) {
  std::string text;
  for (const json::value& word : words) {
    if (!word.is_string()) continue;
    if (!text.empty()) text += ' ';
    text += std::string_view(word.get_string());
  }
  return text;
}

std::string command_line(const json::value& container) {
  return joined(array_at(container, {"command"})) + " " + joined(array_at(container, {"args"}));
}

bool is_missing_image(std::string_view image) {
  return image.ends_with(":error") || image.find("does-not-exist") != image.npos;
}

kube::Duration whole_seconds(std::int64_t number) {
  return std::chrono::seconds(std::clamp<std::int64_t>(number, 0, static_cast<std::int64_t>(longest_sleep)));
}

kube::Duration asked_seconds(const json::value& pod, std::string_view annotation) {
  const std::string_view text = annotation_of(pod, annotation);
  std::int64_t seconds = 0;
  std::from_chars(text.data(), text.data() + text.size(), seconds);
  return whole_seconds(seconds);
}

bool is_of_job(const json::value& pod) {
  const json::object* owner = controller_of(pod);
  return owner && text_of(*owner, "kind") == "Job";
}

}  // namespace

kube::Duration sleep_in(std::string_view command) {
  double number = 0;
  std::string_view rest;
  if (!number_after(command, "sleep", number, rest)) return {};
  const char unit = rest.empty() ? 's' : rest[0];
  const double factor = unit == 'm' ? 60 : unit == 'h' ? 3600 : unit == 'd' ? 86400 : 1;
  return kube::Duration(std::llround(std::min(number * factor, longest_sleep) * 1e6));
}

int exit_code_in(std::string_view command) {
  double number = 0;
  std::string_view rest;
  return number_after(command, "exit", number, rest) ? static_cast<int>(std::min(number, 255.0)) : 0;
}

PodPlan plan_of(const json::value& pod, std::uint64_t seed, kube::Duration shortest, kube::Duration longest) {
  const double luck = share_of_one(roll(seed, kube::text_at(pod, {"metadata", "name"})));
  PodPlan plan;
  const double span = static_cast<double>((longest - shortest) / start_step);
  plan.starts = shortest + std::llround(luck * span) * start_step;
  plan.ready = std::max(plan.starts, asked_seconds(pod, "sluice.test/ready-after"));
  const json::array& containers = array_at(pod, {"spec", "containers"});
  for (const json::value& container : containers) {
    if (is_missing_image(kube::text_at(container, {"image"}))) plan.fate = PodFate::never_starts;
    if (kube::find_at(container, {"readinessProbe"}))
      plan.ready =
          std::max(plan.ready, whole_seconds(kube::number_at(container, {"readinessProbe", "initialDelaySeconds"})) +
                                   std::chrono::seconds(1));
    if (const kube::Duration post =
            sleep_in(joined(array_at(container, {"lifecycle", "postStart", "exec", "command"})));
        post > kube::Duration::zero())
      plan.ready = std::max(plan.ready, post + std::chrono::seconds(1));
    plan.stops =
        std::max(plan.stops, sleep_in(joined(array_at(container, {"lifecycle", "preStop", "exec", "command"}))));
  }
  if (containers.empty() || plan.fate == PodFate::never_starts) return plan;
  const std::string command = command_line(containers[0]);
  if (command.starts_with("/bad-")) {
    plan.fate = PodFate::crashes;
  } else if (is_of_job(pod)) {
    plan.fate = PodFate::ends;
    plan.ends = plan.starts + sleep_in(command);
    plan.exit_code = exit_code_in(command);
  } else if (!annotation_of(pod, "sluice.test/crashes-after").empty()) {
    plan.serves = asked_seconds(pod, "sluice.test/crashes-after");
    plan.fate = plan.serves > kube::Duration::zero() ? PodFate::flaps : PodFate::crashes;
  }
  return plan;
}

CrashLoop crash_loop(kube::Duration crashing) {
  CrashLoop loop;
  kube::Duration pause = first_pause;
  for (loop.next = pause; loop.next <= crashing; loop.next += pause) {
    ++loop.restarts;
    loop.last = loop.next;
    pause = std::min(pause * 2, longest_pause);
  }
  return loop;
}

FlapLoop flap_loop(kube::Duration serves, kube::Duration running) {
  FlapLoop loop;
  kube::Duration pause = first_pause;
  for (loop.next = serves; loop.next <= running; loop.next += serves) {
    loop.last = loop.next;
    loop.is_down = true;
    loop.next += pause;
    if (loop.next > running) return loop;
    ++loop.restarts;
    loop.is_down = false;
    pause = std::min(pause * 2, longest_pause);
  }
  return loop;
}

}  // namespace sluice::sandbox
