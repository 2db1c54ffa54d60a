// Reading rollouts and what belongs to them.
#include "test/cluster/rollout_words.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "kube/yaml.h"
#include "test/cluster/expect.h"

namespace sluice::cluster_test {
namespace {

using kube::find_at;
using kube::number_at;
using kube::text_at;
namespace resources = kube::resources;

constexpr auto patience = std::chrono::minutes(4);

bool is_observed(const json::value& rollout) {
  return text_at(rollout, {"status", "observedGeneration"}) ==
         std::to_string(number_at(rollout, {"metadata", "generation"}));
}

bool is_true(const json::value& object, std::initializer_list<std::string_view> path) {
  const json::value* value = find_at(object, path);
  return value && value->is_bool() && value->get_bool();
}

bool has_phase(const json::value& rollout, std::string_view phase) {
  return is_observed(rollout) && text_at(rollout, {"status", "phase"}) == phase;
}

std::string image_of(const json::value& rollout) {
  const json::value* containers = find_at(rollout, {"spec", "template", "spec", "containers"});
  return containers && containers->is_array() && !containers->get_array().empty()
             ? std::string(text_at(containers->get_array()[0], {"image"}))
             : std::string();
}

}  // namespace

Condition phase_is(const std::string& phase) {
  return {phase, [phase](const json::value& rollout) { return has_phase(rollout, phase); }};
}

Condition healthy_with_image(const std::string& image) {
  return {"Healthy with " + image,
          [image](const json::value& rollout) { return has_phase(rollout, "Healthy") && image_of(rollout) == image; }};
}

Condition paused_at(int step) {
  return {fmt::format("Paused at step {}", step), [step](const json::value& rollout) {
            return has_phase(rollout, "Paused") && number_at(rollout, {"status", "currentStepIndex"}, -1) == step;
          }};
}

Condition at_step(int step) {
  return {fmt::format("at step {}", step), [step](const json::value& rollout) {
            return is_observed(rollout) && number_at(rollout, {"status", "currentStepIndex"}, -1) == step;
          }};
}

Condition aborted() {
  return {"aborted and Degraded", [](const json::value& rollout) {
            return has_phase(rollout, "Degraded") && is_true(rollout, {"status", "abort"});
          }};
}

kube::ObjectKey key_in(const Scene& scene, std::string name) { return {scene.ns, std::move(name)}; }

net::awaitable<json::value> until(Scene scene, std::string rollout, Condition condition) {
  return scene.admin.until(resources::rollouts, key_in(scene, std::move(rollout)), std::move(condition), patience);
}

net::awaitable<json::value> rollout_in(Scene scene, std::string name) {
  return scene.admin.read(resources::rollouts, key_in(scene, std::move(name)));
}

net::awaitable<void> set_image(Scene scene, std::string rollout, std::string image) {
  const std::string asked = rollout;
  const json::value now = co_await rollout_in(scene, asked);
  const std::string container(
      text_at(find_at(now, {"spec", "template", "spec", "containers"})->as_array().at(0), {"name"}));
  std::vector<std::string> words{"set", "image", rollout, container + "=" + image};
  co_await plugin(scene, std::move(words));
}

net::awaitable<std::string> selected_by(Scene scene, std::string service) {
  kube::ObjectKey key{scene.ns, std::move(service)};
  const json::value now = co_await scene.admin.read(resources::services, std::move(key));
  co_return std::string(text_at(now, {"spec", "selector", "rollouts-pod-template-hash"}));
}

net::awaitable<int> ready_pods(Scene scene, std::string hash) {
  const auto pods = co_await scene.admin.list(resources::pods, scene.ns, "rollouts-pod-template-hash=" + hash);
  int ready = 0;
  for (const json::value& pod : pods) {
    const json::value* conditions = find_at(pod, {"status", "conditions"});
    if (find_at(pod, {"metadata", "deletionTimestamp"}) || !conditions) continue;
    for (const json::value& condition : conditions->as_array())
      if (text_at(condition, {"type"}) == "Ready" && text_at(condition, {"status"}) == "True") ++ready;
  }
  co_return ready;
}

net::awaitable<std::vector<json::value>> analysis_runs_in(Scene scene) {
  auto runs = co_await scene.admin.list(resources::analysis_runs, scene.ns, "");
  std::sort(runs.begin(), runs.end(), [](const json::value& a, const json::value& b) {
    return text_at(a, {"metadata", "creationTimestamp"}) < text_at(b, {"metadata", "creationTimestamp"});
  });
  co_return runs;
}

net::awaitable<void> until_event(Scene scene, std::string object, std::string reason) {
  // Events of all stories go one after the other, behind everything that decides.
  const kube::Time end = scene.w.clock.now() + patience;
  std::vector<std::string> seen;
  do {
    const auto events = co_await scene.admin.list(resources::events, scene.ns, "");
    seen.clear();
    for (const json::value& event : events)
      if (text_at(event, {"involvedObject", "name"}) == object) seen.emplace_back(text_at(event, {"reason"}));
    if (std::find(seen.begin(), seen.end(), reason) != seen.end()) co_return;
    co_await scene.w.clock.sleep_for(std::chrono::milliseconds(200));
  } while (scene.w.clock.now() < end);
  throw Unmet(fmt::format("no event {} about {}; there are: {}", reason, object, fmt::join(seen, ", ")));
}

net::awaitable<std::string> plugin(Scene scene, std::vector<std::string> words, int exit_code) {
  kube::Command command;
  command.arguments = {program_path("kubectl-argo-rollouts"), "--kubeconfig=" + scene.w.plane.kubeconfig("admin"),
                       "--namespace=" + scene.ns};
  // As a user types it: the command first.
  command.arguments.insert(command.arguments.begin() + 1, words.begin(), words.end());
  command.environment = kube::current_environment();
  const kube::CommandOutcome outcome = needed(co_await kube::run_command(std::move(command)));
  expect(outcome.exit_code == exit_code, fmt::format("{} ended with {}, not {}: {}{}", fmt::join(words, " "),
                                                     outcome.exit_code, exit_code, outcome.output, outcome.errors));
  co_return outcome.output + outcome.errors;
}

std::vector<json::value> documents_of_file_with(const std::string& file, const std::string& from,
                                                const std::string& to) {
  std::ifstream stream(source_path(file));
  std::ostringstream text;
  text << stream.rdbuf();
  std::string all = text.str();
  const std::size_t at = all.find(from);
  expect(at != std::string::npos, file + " does not hold \"" + from + "\"");
  all.replace(at, from.size(), to);
  return documents_in(all);
}

}  // namespace sluice::cluster_test
