// From objects to the tree that a person is shown.
#include "view/rollout_view.h"

#include <algorithm>
#include <map>
#include <string_view>

namespace sluice::view {
namespace {

constexpr std::string_view hash_label = "rollouts-pod-template-hash";

std::vector<std::string> tags_of(const crds::Rollout& rollout, std::string_view hash) {
  std::vector<std::string> tags;
  const crds::RolloutStatus& status = rollout.status;
  if (hash.empty()) return tags;
  if (hash == status.stable_rs) tags.emplace_back("stable");
  if (rollout.spec->strategy.canary) {
    const bool is_stable = !tags.empty();
    if (!is_stable && hash == status.current_pod_hash) tags.emplace_back("canary");
    if (rollout.spec->strategy.canary->ping_pong && !tags.empty())
      tags.emplace_back(is_stable == (status.canary.stable_ping_pong == "ping") ? "ping" : "pong");
  } else if (rollout.spec->strategy.blue_green) {
    if (hash == status.blue_green.active_selector)
      tags.emplace_back("active");
    else if (hash == status.blue_green.preview_selector)
      tags.emplace_back("preview");
  }
  return tags;
}

// The union of the revisions of all children, newest first.
std::vector<RevisionView> revisions_of(const RolloutObjects& objects, kube::Time now) {
  std::map<std::int64_t, RevisionView, std::greater<>> revisions;
  const auto revision = [&](const kube::ObjectMeta& meta) -> RevisionView& {
    RevisionView& view = revisions[revision_of(meta)];
    view.number = revision_of(meta);
    return view;
  };
  const std::string& uid = objects.rollout->meta.uid;
  for (const auto& set : objects.replica_sets)
    if (is_owned_by(set->meta, uid)) {
      ReplicaSetView& view = revision(set->meta).replica_sets.emplace_back(set_view(*set, objects.pods, now));
      view.tags = tags_of(*objects.rollout, set->meta.labels.get(hash_label));
    }

  Runs runs;
  for (const auto& run : objects.analysis_runs)
    if (is_owned_by(run->meta, uid)) runs.push_back(run);
  std::sort(runs.begin(), runs.end(), [](const auto& left, const auto& right) {
    if (left->meta.creation_time != right->meta.creation_time)
      return left->meta.creation_time < right->meta.creation_time;
    return left->meta.name > right->meta.name;
  });
  for (const auto& experiment : objects.experiments)
    if (is_owned_by(experiment->meta, uid))
      revision(experiment->meta)
          .experiments.push_back(
              view_of(ExperimentObjects{experiment, objects.replica_sets, objects.pods, objects.analysis_runs}, now));
  for (const auto& run : runs) revision(run->meta).analysis_runs.push_back(run_view(*run, now));

  std::vector<RevisionView> newest_first;
  for (auto& [number, view] : revisions) {
    std::sort(view.replica_sets.begin(), view.replica_sets.end(),
              [](const ReplicaSetView& left, const ReplicaSetView& right) { return left.name < right.name; });
    newest_first.push_back(std::move(view));
  }
  return newest_first;
}

// Images of the sets that have pods, with the tags of all sets that run them.
std::vector<ImageView> images_of(const RolloutObjects& objects) {
  std::map<std::string, std::vector<std::string>> tagged;
  for (const auto& set : objects.replica_sets) {
    if (!is_owned_by(set->meta, objects.rollout->meta.uid) || set->status.replicas == 0 || !set->spec.pod_template)
      continue;
    const std::vector<std::string> tags = tags_of(*objects.rollout, set->meta.labels.get(hash_label));
    for (const std::string& image : set->spec.pod_template->images) {
      auto& all = tagged[image];
      for (const std::string& tag : tags)
        if (std::find(all.begin(), all.end(), tag) == all.end()) all.push_back(tag);
    }
  }
  for (const auto& experiment : objects.experiments) {
    if (!is_owned_by(experiment->meta, objects.rollout->meta.uid)) continue;
    const ExperimentObjects own{experiment, objects.replica_sets, {}, {}};
    for (const ImageView& image : view_of(own, kube::Time{}).images) {
      auto& all = tagged[image.image];
      all.insert(all.end(), image.tags.begin(), image.tags.end());
    }
  }
  std::vector<ImageView> images;
  for (auto& [image, tags] : tagged) images.push_back({image, std::move(tags)});
  return images;
}

int max_weight_of(const crds::CanaryStrategy& canary) {
  return canary.traffic_routing ? canary.traffic_routing->max_traffic_weight.value_or(100) : 100;
}

// The index of the step that is being done; nullopt when there are no steps or all are done.
std::optional<std::size_t> current_step(const crds::Rollout& rollout) {
  const auto& canary = rollout.spec->strategy.canary;
  if (!canary || canary->steps.empty()) return std::nullopt;
  const auto index = static_cast<std::size_t>(std::max(rollout.status.current_step_index.value_or(0), 0));
  if (index >= canary->steps.size()) return std::nullopt;
  return index;
}

std::optional<int> actual_weight_of(const RolloutObjects& objects) {
  const crds::Rollout& rollout = *objects.rollout;
  const auto& canary = rollout.spec->strategy.canary;
  if (!canary) return std::nullopt;
  const int max_weight = max_weight_of(*canary);
  if (!current_step(rollout)) return max_weight;
  const crds::RolloutStatus& status = rollout.status;
  if (status.available_replicas <= 0) return 0;
  if (canary->traffic_routing)
    return status.canary.weights ? status.canary.weights->canary.weight : set_weight_of(rollout).value_or(0);
  for (const auto& set : objects.replica_sets)
    if (is_owned_by(set->meta, rollout.meta.uid) && set->meta.labels.get(hash_label) == status.current_pod_hash)
      return set->status.available_replicas * max_weight / status.available_replicas;
  return 0;
}

}  // namespace

std::string strategy_of(const crds::Rollout& rollout) {
  if (rollout.spec->strategy.canary) return "Canary";
  return rollout.spec->strategy.blue_green ? "BlueGreen" : "";
}

std::string step_of(const crds::Rollout& rollout) {
  const auto& canary = rollout.spec->strategy.canary;
  if (!canary || canary->steps.empty() || !rollout.status.current_step_index) return {};
  return std::to_string(*rollout.status.current_step_index) + "/" + std::to_string(canary->steps.size());
}

std::optional<int> set_weight_of(const crds::Rollout& rollout) {
  const auto& canary = rollout.spec->strategy.canary;
  if (!canary) return std::nullopt;
  if (rollout.status.abort) return 0;
  const std::optional<std::size_t> current = current_step(rollout);
  if (!current) return max_weight_of(*canary);
  for (std::size_t at = *current + 1; at-- > 0;)
    if (canary->steps[at].set_weight) return *canary->steps[at].set_weight;
  return 0;
}

RolloutView view_of(const RolloutObjects& objects, kube::Time now) {
  const crds::Rollout& rollout = *objects.rollout;
  RolloutView view;
  view.name = rollout.meta.name;
  view.ns = rollout.meta.ns;
  view.phase = phase_of(rollout);
  view.strategy = strategy_of(rollout);
  view.step = step_of(rollout);
  view.set_weight = set_weight_of(rollout);
  view.actual_weight = actual_weight_of(objects);
  view.age = age_of(rollout.meta.creation_time, now);
  view.desired = rollout.spec->replicas.value_or(1);
  view.current = rollout.status.replicas;
  view.updated = rollout.status.updated_replicas;
  view.ready = rollout.status.ready_replicas;
  view.available = rollout.status.available_replicas;
  view.images = images_of(objects);
  view.revisions = revisions_of(objects, now);
  return view;
}

}  // namespace sluice::view
