// Which of a Rollout's ReplicaSets is the newest, which the stable one, and which are left over.
#include "controller/sets.h"

#include <algorithm>
#include <utility>

#include "controller/keys.h"
#include "crds/pod_defaults.h"
#include "crds/pod_template_hash.h"

namespace sluice::controller {
namespace {

bool is_older(const ReplicaSetPointer& left, const ReplicaSetPointer& right) {
  const Time left_time = left->meta.creation_time.value_or(Time{});
  const Time right_time = right->meta.creation_time.value_or(Time{});
  return left_time != right_time ? left_time < right_time : left->meta.name < right->meta.name;
}

bool is_controlled_by(const crds::ReplicaSet& set, const crds::Rollout& rollout) {
  const kube::OwnerReference* owner = set.meta.controller();
  return owner && owner->uid == rollout.meta.uid;
}

ReplicaSetPointer find_newest(const std::vector<ReplicaSetPointer>& sets, const crds::Rollout& rollout) {
  const crds::PodTemplatePointer& wanted = rollout.spec->pod_template;
  if (!wanted) return nullptr;
  const std::string hash = crds::pod_template_hash(*wanted, rollout.status.collision_count);
  for (const ReplicaSetPointer& set : sets)
    if (hash_of(set) == hash) return set;
  if (sets.empty()) return nullptr;
  const std::string older = crds::older_pod_template_hash(*wanted, rollout.status.collision_count);
  for (const ReplicaSetPointer& set : sets)
    if (!older.empty() && hash_of(set) == older) return set;
  for (const ReplicaSetPointer& set : sets)
    if (set->spec.pod_template && crds::same_template(*set->spec.pod_template, *wanted)) return set;
  return nullptr;
}

// Oldest first.
std::vector<ReplicaSetPointer> owned_sets(const RolloutObservation& seen) {
  std::vector<ReplicaSetPointer> owned;
  for (const ReplicaSetPointer& set : seen.replica_sets)
    if (set && is_controlled_by(*set, *seen.rollout)) owned.push_back(set);
  std::sort(owned.begin(), owned.end(), is_older);
  return owned;
}

Sets sort_out(const RolloutObservation& seen, const std::vector<ReplicaSetPointer>& owned, ReplicaSetPointer newest) {
  Sets sets;
  sets.newest = std::move(newest);
  const std::string& stable_hash = seen.rollout->status.stable_rs;
  for (const ReplicaSetPointer& set : owned) {
    const bool is_stable = !stable_hash.empty() && hash_of(set) == stable_hash && !sets.stable;
    if (is_stable) sets.stable = set;
    if (!is_stable && !same_set(set, sets.newest)) sets.others.push_back(set);
  }
  return sets;
}

}  // namespace

std::vector<ReplicaSetPointer> Sets::all() const {
  std::vector<ReplicaSetPointer> sets = others;
  if (stable) sets.push_back(stable);
  if (newest && !same_set(newest, stable)) sets.push_back(newest);
  std::sort(sets.begin(), sets.end(), is_older);
  return sets;
}

ReplicaSetPointer Sets::with_hash(const std::string& hash) const {
  if (hash.empty()) return nullptr;
  if (hash_of(newest) == hash) return newest;
  if (hash_of(stable) == hash) return stable;
  for (const ReplicaSetPointer& set : others)
    if (hash_of(set) == hash) return set;
  return nullptr;
}

Sets find_sets(const RolloutObservation& seen) {
  const std::vector<ReplicaSetPointer> owned = owned_sets(seen);
  return sort_out(seen, owned, find_newest(owned, *seen.rollout));
}

Sets find_recorded_sets(const RolloutObservation& seen) {
  const std::vector<ReplicaSetPointer> owned = owned_sets(seen);
  const std::string& recorded = seen.rollout->status.current_pod_hash;
  const auto found = std::find_if(owned.begin(), owned.end(), [&](const ReplicaSetPointer& set) {
    return !recorded.empty() && hash_of(set) == recorded;
  });
  return sort_out(seen, owned, found == owned.end() ? nullptr : *found);
}

bool is_rollback(const Sets& sets, const std::string& stable_hash) {
  if (!sets.newest) return false;
  if (!stable_hash.empty() && hash_of(sets.newest) == stable_hash) return true;
  return sets.stable && is_older(sets.newest, sets.stable);
}

bool is_within_rollback_window(const Sets& sets, const crds::RolloutSpec& spec) {
  const int window = spec.rollback_window ? spec.rollback_window->revisions : 0;
  if (window <= 0 || !sets.is_divided() || !is_older(sets.newest, sets.stable)) return false;
  const auto between = [&](const ReplicaSetPointer& set) {
    return !set->meta.annotations.contains(keys::experiment_name) && is_older(sets.newest, set) &&
           is_older(set, sets.stable);
  };
  return std::count_if(sets.others.begin(), sets.others.end(), between) < window;
}

}  // namespace sluice::controller
