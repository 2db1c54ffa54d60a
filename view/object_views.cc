// Views of the objects that rollouts and experiments are made of.
#include "view/object_views.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <tuple>

namespace sluice::view {
namespace {

constexpr std::string_view revision_annotation = "rollout.argoproj.io/revision";
constexpr std::string_view deadline_annotation = "scale-down-deadline";

std::string status_of(const crds::ReplicaSet& set) {
  if (set.status.observed_generation < set.meta.generation) return "Progressing";
  for (const crds::WorkloadCondition& condition : set.status.conditions)
    if (condition.type == "ReplicaFailure" && condition.status == "True") return "ReplicaFailure";
  if (set.status.available_replicas < set.desired()) return "Progressing";
  return set.desired() == 0 ? "ScaledDown" : "Healthy";
}

std::optional<std::string> delay_of(const crds::ReplicaSet& set, kube::Time now) {
  const std::string_view text = set.meta.annotations.get(deadline_annotation);
  if (text.empty()) return std::nullopt;
  const kube::Result<kube::Time> due = kube::parse_time(text);
  if (!due || *due <= now) return "passed";
  return kube::format_age(*due - now);
}

PodView pod_view(const crds::Pod& pod, kube::Time now) {
  PodView view;
  view.name = pod.meta.name;
  view.status = pod.is_terminating() ? "Terminating" : !pod.reason.empty() ? pod.reason.text() : pod.phase.text();
  view.age = age_of(pod.meta.creation_time, now);
  view.ready_containers = pod.ready_containers;
  view.containers = pod.containers;
  view.restarts = pod.restarts;
  return view;
}

}  // namespace

std::int64_t revision_of(const kube::ObjectMeta& meta) {
  const std::string_view text = meta.annotations.get(revision_annotation);
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

bool is_owned_by(const kube::ObjectMeta& meta, const std::string& uid) {
  return std::any_of(meta.owners.begin(), meta.owners.end(),
                     [&](const kube::OwnerReference& owner) { return owner.uid == uid; });
}

std::string age_of(const std::optional<kube::Time>& since, kube::Time now) {
  return since ? kube::format_age(now - *since) : std::string();
}

std::vector<PodView> pods_of(const crds::ReplicaSet& set, const Pods& pods, kube::Time now) {
  std::vector<std::shared_ptr<const crds::Pod>> owned;
  for (const auto& pod : pods)
    if (is_owned_by(pod->meta, set.meta.uid)) owned.push_back(pod);
  std::sort(owned.begin(), owned.end(), [](const auto& left, const auto& right) {
    return std::tie(left->meta.creation_time, left->meta.name) < std::tie(right->meta.creation_time, right->meta.name);
  });
  std::vector<PodView> views;
  for (const auto& pod : owned) views.push_back(pod_view(*pod, now));
  return views;
}

ReplicaSetView set_view(const crds::ReplicaSet& set, const Pods& pods, kube::Time now) {
  ReplicaSetView view;
  view.name = set.meta.name;
  view.status = status_of(set);
  view.age = age_of(set.meta.creation_time, now);
  view.delay = delay_of(set, now);
  view.desired = set.desired();
  view.available = set.status.available_replicas;
  view.pods = pods_of(set, pods, now);
  return view;
}

AnalysisRunView run_view(const crds::AnalysisRun& run, kube::Time now) {
  AnalysisRunView view;
  view.name = run.meta.name;
  view.phase = run.status.phase.empty() ? "Pending" : run.status.phase.text();
  view.message = run.status.message;
  view.age = age_of(run.meta.creation_time, now);
  for (const crds::MetricResult& result : run.status.metric_results) {
    view.successful += result.successful;
    view.failed += result.failed;
    view.inconclusive += result.inconclusive;
    view.errors += result.error;
    for (const crds::Measurement& measurement : result.measurements)
      if (const std::string* job = measurement.metadata.find("job-name"))
        view.jobs.push_back({*job, measurement.phase.text(), age_of(measurement.started_at, now)});
  }
  return view;
}

std::vector<AnalysisRunView> runs_of(const Runs& runs, const std::string& owner, kube::Time now) {
  Runs owned;
  for (const auto& run : runs)
    if (is_owned_by(run->meta, owner)) owned.push_back(run);
  std::sort(owned.begin(), owned.end(), [](const auto& left, const auto& right) {
    if (left->meta.creation_time != right->meta.creation_time)
      return left->meta.creation_time < right->meta.creation_time;
    return left->meta.name > right->meta.name;
  });
  std::vector<AnalysisRunView> views;
  for (const auto& run : owned) views.push_back(run_view(*run, now));
  return views;
}

}  // namespace sluice::view
