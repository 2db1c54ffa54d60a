// Labels and annotations that pods carry while they have a role.
#include "controller/ephemeral.h"

#include <algorithm>

#include <fmt/format.h>

#include "controller/keys.h"
#include "crds/ephemeral_metadata.h"

namespace sluice::controller {
namespace {

using crds::EphemeralMetadata;
using crds::Metadata;
using PodPointer = std::shared_ptr<const crds::Pod>;

// One decision sends no more than so many patches of pods, so that it does not last for long.
constexpr int most_patches = 100;
// The pods are looked at again after they were patched.
constexpr Duration second_look = std::chrono::seconds(1);

Metadata value_of(const crds::Seldom<Metadata>& metadata) { return metadata.value_or(Metadata{}); }

Metadata while_updating(const Draft& draft) {
  if (draft.canary()) return value_of(draft.canary()->canary_metadata);
  return draft.blue_green() ? value_of(draft.blue_green()->preview_metadata) : Metadata{};
}

Metadata while_stable(const Draft& draft) {
  if (draft.canary()) return value_of(draft.canary()->stable_metadata);
  return draft.blue_green() ? value_of(draft.blue_green()->active_metadata) : Metadata{};
}

Metadata wanted_for(const Draft& draft, const ReplicaSetPointer& set) {
  const bool is_newest = same_set(set, draft.sets.newest);
  if (is_newest && !draft.is_initial() && !draft.is_promoted()) return while_updating(draft);
  return is_newest || same_set(set, draft.sets.stable) ? while_stable(draft) : Metadata{};
}

bool is_observed(const ReplicaSetPointer& set) { return set->status.observed_generation >= set->meta.generation; }

bool has_pods(const ReplicaSetPointer& set) { return desired_of(set) > 0 || set->status.replicas > 0; }

bool lacks_labels(const ReplicaSetPointer& set, const EphemeralMetadata& has) {
  return !has.current.labels.empty() && set->status.fully_labeled_replicas < set->status.replicas;
}

bool needs_look(const Draft& draft, const ReplicaSetPointer& set) {
  const EphemeralMetadata has = crds::ephemeral_metadata_of(set->meta.annotations);
  return has.current == wanted_for(draft, set) && (has.is_pending || lacks_labels(set, has)) && is_observed(set) &&
         has_pods(set);
}

// A set has the labels of the user's template, without what was put on its pods.
const std::string* hidden_label(const ReplicaSetPointer& set, std::string_view key) {
  return key == keys::hash_label ? nullptr : set->meta.labels.find(key);
}

void forget(std::vector<std::string>& keys, const kube::StringMap& wanted) {
  std::erase_if(keys, [&](const std::string& key) { return wanted.contains(key); });
}

void forget(kube::StringMap& values, const kube::StringMap& wanted) {
  for (const auto& [key, value] : wanted) values.erase(key);
}

void add_once(std::vector<std::string>& keys, const std::string& key) {
  if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
}

// What the annotations say once the template carries `wanted`.
EphemeralMetadata next_state(const Draft& draft, const ReplicaSetPointer& set, const EphemeralMetadata& has,
                             const Metadata& wanted) {
  EphemeralMetadata next;
  next.current = wanted;
  next.is_pending = has_pods(set);
  // Keys of roles before that not all pods have lost yet.
  next.removed_labels = has.removed_labels;
  next.removed_annotations = has.removed_annotations;
  next.restored = has.restored;
  for (const auto& [key, value] : has.current.labels)
    if (const std::string* hidden = hidden_label(set, key))
      next.restored.labels.set(key, *hidden);
    else
      add_once(next.removed_labels, key);
  for (const auto& [key, value] : has.current.annotations)
    if (const std::string* hidden = has.shadowed.annotations.find(key))
      next.restored.annotations.set(key, *hidden);
    else
      add_once(next.removed_annotations, key);
  forget(next.removed_labels, wanted.labels);
  forget(next.removed_annotations, wanted.annotations);
  forget(next.restored.labels, wanted.labels);
  forget(next.restored.annotations, wanted.annotations);

  const bool is_newest = same_set(set, draft.sets.newest) && draft.spec.pod_template;
  for (const auto& [key, value] : wanted.annotations) {
    const std::string* hidden = has.shadowed.annotations.find(key);
    if (!hidden && is_newest) hidden = draft.spec.pod_template->annotations.find(key);
    if (hidden) next.shadowed.annotations.set(key, *hidden);
  }
  return next;
}

void set_state(AnnotateReplicaSet& patch, const EphemeralMetadata& state, const ReplicaSetPointer& set) {
  for (const auto& [key, value] : crds::annotations_for(state)) {
    if (!value.empty())
      patch.set_annotations.set(key, value);
    else if (set->meta.annotations.contains(key))
      patch.remove_annotations.push_back(key);
  }
}

void change_template(Draft& draft, const ReplicaSetPointer& set, const EphemeralMetadata& has, const Metadata& wanted) {
  if (draft.is_written(set->meta.name)) return;
  const EphemeralMetadata next = next_state(draft, set, has, wanted);
  AnnotateReplicaSet patch;
  patch.name = set->meta.name;
  patch.precondition = precondition_of(set->meta);
  set_state(patch, next, set);
  patch.set_pod_labels = next.restored.labels;
  patch.set_pod_annotations = next.restored.annotations;
  for (const auto& [key, value] : wanted.labels) patch.set_pod_labels.set(key, value);
  for (const auto& [key, value] : wanted.annotations) patch.set_pod_annotations.set(key, value);
  patch.remove_pod_labels = next.removed_labels;
  patch.remove_pod_annotations = next.removed_annotations;
  draft.write(std::move(patch));
}

void require(const kube::StringMap& wanted, const kube::StringMap& there, kube::StringMap& set) {
  for (const auto& [key, value] : wanted)
    if (const std::string* found = there.find(key); !found || *found != value) set.set(key, value);
}

void require_absent(const std::vector<std::string>& unwanted, const kube::StringMap& there,
                    std::vector<std::string>& remove) {
  for (const std::string& key : unwanted)
    if (there.contains(key)) remove.push_back(key);
}

// nullopt when the pod is as it should be.
std::optional<PatchPod> mark_for(const crds::Pod& pod, const EphemeralMetadata& has) {
  PatchPod patch;
  patch.name = pod.meta.name;
  patch.precondition.uid = pod.meta.uid;
  require(has.restored.labels, pod.meta.labels, patch.set_labels);
  require(has.restored.annotations, pod.meta.annotations, patch.set_annotations);
  require(has.current.labels, pod.meta.labels, patch.set_labels);
  require(has.current.annotations, pod.meta.annotations, patch.set_annotations);
  require_absent(has.removed_labels, pod.meta.labels, patch.remove_labels);
  require_absent(has.removed_annotations, pod.meta.annotations, patch.remove_annotations);
  const bool is_right = patch.set_labels.empty() && patch.set_annotations.empty() && patch.remove_labels.empty() &&
                        patch.remove_annotations.empty();
  return is_right ? std::nullopt : std::optional(std::move(patch));
}

void mark_pods(Draft& draft, const ReplicaSetPointer& set, const EphemeralMetadata& has, int& room) {
  int unmarked = 0;
  for (const PodPointer& pod : *draft.seen.pods) {
    const kube::OwnerReference* owner = pod ? pod->meta.controller() : nullptr;
    if (!owner || owner->uid != set->meta.uid || pod->is_terminating()) continue;
    std::optional<PatchPod> patch = mark_for(*pod, has);
    if (!patch) continue;
    ++unmarked;
    if (room-- > 0) draft.write(std::move(*patch));
  }
  if (unmarked > 0) {
    draft.wake(draft.now + second_look);
    draft.hold(
        "metadata",
        fmt::format("{} of {} do not carry the labels of their role yet", counted(unmarked, "pod"), set->meta.name),
        "they are patched");
  } else if (has.is_pending && !draft.is_written(set->meta.name)) {
    EphemeralMetadata done = has;
    done.is_pending = false;
    AnnotateReplicaSet patch;
    patch.name = set->meta.name;
    patch.precondition = precondition_of(set->meta);
    set_state(patch, done, set);
    // The other annotations stay as they are.
    patch.set_annotations = {};
    draft.write(std::move(patch));
  }
}

}  // namespace

Metadata metadata_of_new_set(const Draft& draft) {
  const bool is_update =
      !draft.is_initial() && (draft.is_new_target || draft.before.stable_rs != draft.before.current_pod_hash);
  return is_update ? while_updating(draft) : while_stable(draft);
}

bool has_pods_to_mark(const Draft& draft) {
  const std::vector<ReplicaSetPointer> sets = draft.sets.all();
  return draft.mistakes.empty() &&
         std::any_of(sets.begin(), sets.end(), [&](const ReplicaSetPointer& set) { return needs_look(draft, set); });
}

void plan_ephemeral_metadata(Draft& draft) {
  if (!draft.mistakes.empty()) return;
  int room = most_patches;
  for (const ReplicaSetPointer& set : draft.sets.all()) {
    const EphemeralMetadata has = crds::ephemeral_metadata_of(set->meta.annotations);
    const Metadata wanted = wanted_for(draft, set);
    if (has.current != wanted)
      change_template(draft, set, has, wanted);
    else if (draft.seen.pods && needs_look(draft, set))
      mark_pods(draft, set, has, room);
    else if (has.is_pending && !has_pods(set) && !draft.is_written(set->meta.name))
      change_template(draft, set, has, wanted);
  }
}

}  // namespace sluice::controller
