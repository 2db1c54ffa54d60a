// Counting the pods of a set and choosing which of them go first.
#include "sandbox/workloads/pod_census.h"

#include <algorithm>
#include <charconv>
#include <tuple>

#include <boost/json.hpp>

#include "sandbox/workloads/reading.h"

namespace sluice::sandbox {
namespace {

std::optional<kube::Time> ready_since(const json::value& pod) {
  const json::object* ready = condition_of(pod, "Ready");
  if (!is_true(ready)) return std::nullopt;
  const kube::Result<kube::Time> since = kube::parse_time(text_of(*ready, "lastTransitionTime"));
  return since ? *since : kube::Time{};
}

int deletion_cost(const json::value& pod) {
  const std::string_view text = annotation_of(pod, "controller.kubernetes.io/pod-deletion-cost");
  int cost = 0;
  std::from_chars(text.data(), text.data() + text.size(), cost);
  return cost;
}

std::int64_t restarts(const json::value& pod) {
  std::int64_t sum = 0;
  for (const json::value& container : array_at(pod, {"status", "containerStatuses"}))
    sum += kube::number_at(container, {"restartCount"});
  return sum;
}

// Smaller goes first.
auto worth_of(const Pod& pod) {
  const json::value& object = *pod.object;
  const std::optional<kube::Time> since = ready_since(object);
  const kube::Time created = time_at(object, {"metadata", "creationTimestamp"}).value_or(kube::Time{});
  return std::tuple(!kube::text_at(object, {"spec", "nodeName"}).empty(), phase_of(object) == "Running",
                    since.has_value(), deletion_cost(object), -since.value_or(kube::Time{}).time_since_epoch(),
                    -restarts(object), -created.time_since_epoch(), pod.key.name);
}

}  // namespace

PodCensus count(const std::vector<Pod>& pods, const json::object& template_labels, kube::Duration min_ready,
                kube::Time now) {
  PodCensus census;
  for (const Pod& pod : pods) {
    ++census.replicas;
    census.fully_labelled += has_labels(labels_of(*pod.object), template_labels);
    const std::optional<kube::Time> since = ready_since(*pod.object);
    if (!since) continue;
    ++census.ready;
    const kube::Time due = *since + min_ready;
    if (due <= now)
      ++census.available;
    else
      census.next_available = std::min(due, census.next_available.value_or(due));
  }
  return census;
}

void sort_by_worth(std::vector<Pod>& pods) {
  std::vector<std::pair<decltype(worth_of(pods.front())), Pod>> valued;
  valued.reserve(pods.size());
  for (Pod& pod : pods) valued.emplace_back(worth_of(pod), std::move(pod));
  std::ranges::sort(valued, {}, [](const auto& entry) -> const auto& { return entry.first; });
  std::ranges::transform(valued, pods.begin(), [](auto& entry) { return std::move(entry.second); });
}

}  // namespace sluice::sandbox
