// The revisions of a Rollout: the set of a new one, its number, its history, and adopting sets that lost their owner.
#include "controller/revision.h"

#include <algorithm>

#include <fmt/format.h>

#include "controller/anti_affinity.h"
#include "controller/child_name.h"
#include "controller/ephemeral.h"
#include "controller/keys.h"
#include "controller/services.h"
#include "crds/ephemeral_metadata.h"
#include "crds/pod_defaults.h"
#include "crds/pod_template_hash.h"
#include "kube/selector.h"

namespace sluice::controller {
namespace {

std::int64_t next_revision(const Draft& draft) {
  std::int64_t highest = 0;
  for (const ReplicaSetPointer& set : draft.sets.all())
    if (!same_set(set, draft.sets.newest)) highest = std::max(highest, revision_of(set));
  return highest + 1;
}

// The Rollout's annotations that its sets carry too.
kube::StringMap inherited_annotations(const crds::Rollout& rollout) {
  kube::StringMap annotations;
  for (const auto& [key, value] : rollout.meta.annotations)
    if (key != keys::last_applied && key != keys::revision && key != keys::revision_history &&
        key != keys::desired_replicas && key != keys::notified && key != keys::scale_down_deadline &&
        key != keys::workload_generation && key != keys::workload_scale_downs)
      annotations.set(key, value);
  return annotations;
}

bool is_marked(const Draft& draft, std::int64_t revision) {
  return draft.rollout.meta.annotations.get(keys::revision) == std::to_string(revision);
}

Event updated_to(std::int64_t revision) {
  return {false, "RolloutUpdated", fmt::format("Rollout updated to revision {}", revision)};
}

// `revision` 0 leaves the annotation alone; `told` goes with the write.
void mark_rollout(Draft& draft, std::int64_t revision, std::vector<Event> told) {
  PatchRolloutMetadata patch;
  patch.precondition = precondition_of(draft.rollout.meta);
  if (revision > 0 && !is_marked(draft, revision)) patch.set_annotations.set(keys::revision, std::to_string(revision));
  if (draft.seen.workload && draft.seen.workload->workload) {
    const std::string generation = std::to_string(draft.seen.workload->workload->meta.generation);
    if (draft.rollout.meta.annotations.get(keys::workload_generation) != generation)
      patch.set_annotations.set(keys::workload_generation, generation);
  }
  if (!draft.spec.replicas) patch.default_replicas = 1;
  if (!patch.set_annotations.empty() || patch.default_replicas) draft.write(std::move(patch), std::move(told));
}

ReplicaSetPointer set_named(const Draft& draft, const std::string& name) {
  for (const ReplicaSetPointer& set : draft.seen.replica_sets)
    if (set && set->meta.name == name) return set;
  return nullptr;
}

bool is_selected(const Draft& draft, const ReplicaSetPointer& set) {
  return std::any_of(draft.seen.services.begin(), draft.seen.services.end(),
                     [&](const ObservedService& service) { return selected_hash(&service) == hash_of(set); });
}

}  // namespace

bool create_newest(Draft& draft, int size) {
  const crds::PodTemplatePointer& pod_template = draft.spec.pod_template;
  if (!pod_template) return false;
  const std::string hash = crds::pod_template_hash(*pod_template, draft.before.collision_count);
  CreateReplicaSet set;
  set.name = child_name(draft.rollout.meta.name + "-" + hash);
  if (set_named(draft, set.name)) {
    draft.status.collision_count = draft.before.collision_count.value_or(0) + 1;
    draft.hold("name", fmt::format("ReplicaSet {} exists but is not of this Rollout and template", set.name),
               "the next decision takes another name");
    return false;
  }
  const std::int64_t revision = next_revision(draft);
  draft.given_revision = revision;
  set.labels = pod_template->labels;
  set.labels.set(keys::hash_label, hash);
  set.annotations = inherited_annotations(draft.rollout);
  set.annotations.set(keys::desired_replicas, std::to_string(draft.replicas));
  set.annotations.set(keys::revision, std::to_string(revision));
  set.owner = draft.owner();
  set.replicas = size;
  set.min_ready_seconds = draft.spec.min_ready_seconds;
  if (draft.spec.selector) set.selector = *draft.spec.selector;
  set.selector.match_labels.set(keys::hash_label, hash);
  set.pod_template = pod_template;
  set.hash = hash;
  set.away = keep_away_of_newest(draft, hash);
  crds::EphemeralMetadata metadata;
  set.pod_metadata = metadata.current = metadata_of_new_set(draft);
  for (const auto& [key, value] : metadata.current.annotations)
    if (const std::string* hidden = pod_template->annotations.find(key))
      metadata.shadowed.annotations.set(key, *hidden);
  for (const auto& [key, value] : crds::annotations_for(metadata))
    if (!value.empty()) set.annotations.set(key, value);

  const std::string name = set.name;
  // The set is what makes the revision; whatever is lost after this write, its events have been told.
  std::vector<Event> told;
  if (!is_marked(draft, revision)) told.push_back(updated_to(revision));
  told.push_back({false, "NewReplicaSetCreated", fmt::format("Created ReplicaSet {} (revision {})", name, revision)});
  if (size > 0)
    told.push_back({false, "ScalingReplicaSet",
                    fmt::format("Scaled up ReplicaSet {} (revision {}) from 0 to {}", name, revision, size)});
  draft.write(std::move(set), std::move(told));
  draft.writes.back().failure_event =
      Event{true, "ReplicaSetCreateError", fmt::format("Failed to create new replica set \"{}\": ", name)};
  mark_rollout(draft, revision, {});
  return true;
}

void synchronise_newest(Draft& draft) {
  const ReplicaSetPointer& set = draft.sets.newest;
  if (!set) return;
  AnnotateReplicaSet patch;
  patch.name = set->meta.name;
  patch.precondition = precondition_of(set->meta);
  for (const auto& [key, value] : inherited_annotations(draft.rollout))
    if (const std::string* there = set->meta.annotations.find(key); !there || *there != value)
      patch.set_annotations.set(key, value);

  const std::int64_t own = revision_of(set);
  const std::int64_t wanted = std::max(own, next_revision(draft));
  if (own < wanted) {
    patch.set_annotations.set(keys::revision, std::to_string(wanted));
    if (own > 0) {
      const std::string_view history = set->meta.annotations.get(keys::revision_history);
      patch.set_annotations.set(keys::revision_history,
                                history.empty() ? std::to_string(own) : fmt::format("{},{}", history, own));
    }
  }
  if (set->spec.min_ready_seconds != draft.spec.min_ready_seconds)
    patch.min_ready_seconds = draft.spec.min_ready_seconds;
  const bool is_needed = !patch.set_annotations.empty() || patch.min_ready_seconds;
  if (is_needed && !draft.is_written(patch.name)) draft.write(std::move(patch));
  draft.given_revision = wanted;
  std::vector<Event> told;
  if (wanted > 0 && !is_marked(draft, wanted)) told.push_back(updated_to(wanted));
  mark_rollout(draft, wanted, std::move(told));
}

bool adopt_orphans(Draft& draft) {
  bool found = false;
  for (const ReplicaSetPointer& set : draft.seen.replica_sets) {
    if (!set || set->meta.controller() || set->meta.deletion_time || hash_of(set).empty()) continue;
    if (!draft.spec.selector || !kube::matches(*draft.spec.selector, set->meta.labels)) continue;
    draft.write(AdoptReplicaSet{set->meta.name, precondition_of(set->meta), draft.owner()});
    found = true;
  }
  return found;
}

void prune_history(Draft& draft) {
  const int limit = draft.spec.revision_history_limit.value_or(10);
  std::vector<ReplicaSetPointer> living;
  for (const ReplicaSetPointer& set : draft.sets.others)
    if (!set->meta.deletion_time) living.push_back(set);
  int excess = static_cast<int>(living.size()) - std::max(0, limit);
  for (const ReplicaSetPointer& set : living) {
    if (excess <= 0) return;
    const bool is_empty =
        desired_of(set) == 0 && set->status.replicas == 0 && set->status.observed_generation >= set->meta.generation;
    if (!is_empty || is_selected(draft, set)) continue;
    draft.write(DeleteReplicaSet{set->meta.name, precondition_of(set->meta)});
    --excess;
  }
}

}  // namespace sluice::controller
