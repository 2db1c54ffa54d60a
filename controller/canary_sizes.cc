// The sizes that the sets of a canary should have at one step, and the writes that lead there.
#include "controller/canary_sizes.h"

#include <algorithm>
#include <cstdint>

#include <fmt/format.h>

#include "controller/old_sets.h"
#include "controller/rollback.h"
#include "controller/steps.h"

namespace sluice::controller {
namespace {

constexpr int default_delay = 30;  // seconds, for scaleDownDelaySeconds and abortScaleDownDelaySeconds

bool is_routed(const Draft& draft) { return static_cast<bool>(draft.canary()->traffic_routing); }

// The newest revision is to be brought up as a whole, whatever the steps say.
bool takes_over(const Draft& draft) {
  return draft.is_initial() || draft.is_promoted() || draft.is_promote_full() || !draft.sets.stable ||
         fast_rollback(draft) != FastRollback::no;
}

RoutedCanaryInput routed_input(const Draft& draft, int index) {
  const crds::CanaryStrategy& strategy = *draft.canary();
  RoutedCanaryInput input;
  input.replicas = draft.replicas;
  input.weight = size_weight(draft, index);
  input.max_weight = max_weight(draft);
  input.min_pods = strategy.min_pods_per_replica_set;
  if (takes_over(draft) || draft.is_aborted()) return input;
  if (const crds::SetCanaryScale* scale = canary_scale_at(strategy.steps, index)) {
    input.scale_replicas = scale->replicas;
    input.scale_weight = scale->weight;
  }
  return input;
}

int others_desired(const Draft& draft) {
  int pods = 0;
  for (const ReplicaSetPointer& set : draft.sets.others) pods += desired_of(set);
  return pods;
}

SetCounts counts_of(const ReplicaSetPointer& set) { return {desired_of(set), available_of(set)}; }

// While everything is held, a set only follows spec.replicas, in proportion to what it had.
int held_size(const Draft& draft, const ReplicaSetPointer& set) {
  const std::int64_t noted = noted_replicas(set).value_or(draft.replicas);
  if (noted == draft.replicas) return desired_of(set);
  if (noted <= 0) return draft.is_promoted() ? draft.replicas : desired_of(set);
  return static_cast<int>((std::int64_t{desired_of(set)} * draft.replicas + noted - 1) / noted);
}

// The sets as next_basic_sizes() takes them; a set of a new revision that is not made yet has no pods.
BasicCanaryInput basic_input(const Draft& draft, int index) {
  BasicCanaryInput input;
  input.replicas = draft.replicas;
  input.weight = size_weight(draft, index);
  input.max_weight = max_weight(draft);
  input.fence = fence_of(*draft.canary(), draft.replicas);
  input.canary = counts_of(draft.sets.newest);
  if (draft.sets.stable && !same_set(draft.sets.stable, draft.sets.newest)) input.stable = counts_of(draft.sets.stable);
  input.others_desired = others_desired(draft);
  return input;
}

// As many pods as it should have, or as many as the cluster lets it have.
bool has_its_pods(const ReplicaSetPointer& set) {
  if (set->status.replicas == set->desired()) return true;
  const auto& conditions = set->status.conditions;
  return set->status.replicas < set->desired() &&
         std::any_of(
             conditions.begin(), conditions.end(),
             [](const auto& condition) { return condition.type == "ReplicaFailure" && condition.status == "True"; });
}

bool is_any_scaled(const Draft& draft) {
  return std::any_of(draft.writes.begin(), draft.writes.end(),
                     [](const Write& write) { return std::holds_alternative<ScaleReplicaSet>(write.effect); });
}

void plan_basic(Draft& draft, int index) {
  const Sets& sets = draft.sets;
  const Fence fence = fence_of(*draft.canary(), draft.replicas);
  Sizes next;
  if (draft.is_halted() && !draft.is_aborted()) {
    next = {held_size(draft, sets.newest), sets.is_divided() ? held_size(draft, sets.stable) : 0};
  } else {
    next = next_basic_sizes(basic_input(draft, index));
    if (draft.is_aborted()) next.canary = std::min(next.canary, desired_of(sets.newest));
  }
  if (sets.is_divided() && draft.scale(sets.stable, next.stable)) return;
  if (draft.scale(sets.newest, next.canary)) return;
  if (!draft.is_halted()) shrink_old_sets(draft, draft.replicas - fence.unavailable);
}

int routed_size_of_newest(Draft& draft, const CanaryTraffic& traffic, int index) {
  const ReplicaSetPointer& newest = draft.sets.newest;
  const int now = desired_of(newest);
  if (draft.is_halted()) return held_size(draft, newest);
  const RoutedCanaryInput input = routed_input(draft, index);
  int size = takes_over(draft) ? draft.replicas : routed_canary_size(input);
  if (size >= now) return size;
  // Pods go only after the requests, unless the user chose their number: what is routed to them keeps them.
  const bool is_chosen = input.scale_replicas || input.scale_weight;
  const int least = is_chosen && traffic.is_drained() ? 0 : traffic.least_size(newest);
  if (size < least) traffic.hold_capacity(draft, newest);
  return std::min(std::max(size, least), now);
}

int floored(const Draft& draft, int size) {
  const std::optional<std::int32_t>& least = draft.canary()->min_pods_per_replica_set;
  return size > 0 && least ? std::max(size, std::min<int>(*least, draft.replicas)) : size;
}

// With dynamicStableScale the stable set has the pods that its share of the requests needs: what the step leaves to it,
// and never less than what is still seen to be routed to it.
int routed_size_of_stable(Draft& draft, const CanaryTraffic& traffic, int index) {
  const ReplicaSetPointer& stable = draft.sets.stable;
  // The way back needs all of it first.
  if (!draft.canary()->dynamic_stable_scale || draft.is_aborted()) return draft.replicas;
  if (draft.is_halted()) return held_size(draft, stable);
  const int now = std::min(desired_of(stable), draft.replicas);
  const int all = max_weight(draft);
  const RoutedCanaryInput input = routed_input(draft, index);
  const bool is_at_end = index >= static_cast<int>(draft.canary()->steps.size());
  int size = draft.replicas;
  if (takes_over(draft) || is_at_end)
    size = now;  // the promotion decides what becomes of it
  else if (traffic.canary_selects(draft.sets.newest) && !input.scale_replicas)
    size = pods_for_weight(draft.replicas, all - std::min(all, input.scale_weight.value_or(input.weight)), all);
  const int served = traffic.pods_for(traffic.share_of(stable));
  size = floored(draft, std::max(size, served));
  const int least = std::min(traffic.least_size(stable), draft.replicas);
  if (size < least) traffic.hold_capacity(draft, stable);
  return std::max(size, least);
}

// With dynamicStableScale an aborted canary shrinks as its requests leave it, unless its delay was set.
void shrink_aborted(Draft& draft, const CanaryTraffic& traffic) {
  const ReplicaSetPointer& newest = draft.sets.newest;
  if (!draft.sets.stable || desired_of(newest) == 0) return;
  if (traffic.is_left(newest) && !is_referenced(draft, newest)) {
    draft.scale_aborted(newest);
    return;
  }
  const int least = floored(draft, traffic.least_size(newest));
  draft.scale(newest, std::clamp(least, std::min(1, desired_of(newest)), desired_of(newest)));
  traffic.hold_capacity(draft, newest);
}

void plan_routed(Draft& draft, const CanaryTraffic& traffic, int index) {
  const Sets& sets = draft.sets;
  const crds::CanaryStrategy& strategy = *draft.canary();
  if (sets.is_divided()) draft.scale(sets.stable, routed_size_of_stable(draft, traffic, index));
  const bool is_dynamic = strategy.dynamic_stable_scale;
  if (draft.is_aborted() && is_dynamic && !strategy.abort_scale_down_delay_seconds)
    shrink_aborted(draft, traffic);
  else if (draft.is_aborted())
    retire_aborted(draft, traffic, strategy.abort_scale_down_delay_seconds.value_or(default_delay));
  else
    draft.scale(sets.newest, routed_size_of_newest(draft, traffic, index));
  retire_old_sets(draft, traffic,
                  {is_dynamic ? 0 : strategy.scale_down_delay_seconds.value_or(default_delay),
                   strategy.scale_down_delay_revision_limit});
}

}  // namespace

int max_weight(const Draft& draft) {
  const crds::Seldom<crds::TrafficRouting>& routing = draft.canary()->traffic_routing;
  return routing ? std::max(1, routing->max_traffic_weight.value_or(100)) : 100;
}

int size_weight(const Draft& draft, int index) {
  if (takes_over(draft)) return max_weight(draft);
  if (draft.is_aborted()) return 0;
  return weight_at(draft.canary()->steps, index, max_weight(draft));
}

int first_canary_size(const Draft& draft) {
  // The set of the recorded revision was deleted: an aborted one stays away, a promoted one comes back whole.
  const bool is_known = !draft.is_new_target;
  if (is_known && draft.before.stable_rs == draft.before.current_pod_hash) return draft.replicas;
  if (draft.spec.paused || draft.is_aborted()) return 0;
  const int index = is_known ? step_index(draft.before, draft.canary()->steps) : 0;
  if (!is_routed(draft)) return next_basic_sizes(basic_input(draft, index)).canary;
  return takes_over(draft) ? draft.replicas : routed_canary_size(routed_input(draft, index));
}

Sizes wanted_sizes(const Draft& draft, int index) {
  if (is_routed(draft))
    return {takes_over(draft) ? draft.replicas : routed_canary_size(routed_input(draft, index)), draft.replicas};
  if (!draft.sets.is_divided()) return {draft.replicas, 0};
  const Fence fence = fence_of(*draft.canary(), draft.replicas);
  return closest_sizes(draft.replicas, size_weight(draft, index), max_weight(draft), fence.surge);
}

bool are_sizes_reached(const Draft& draft, int index) {
  const Sets& sets = draft.sets;
  const Sizes wanted = wanted_sizes(draft, index);
  const auto& threshold = draft.canary()->replica_progress_threshold;
  if (desired_of(sets.newest) != wanted.canary || !is_enough(threshold, wanted.canary, available_of(sets.newest)))
    return false;
  // A router gives the stable set what it can carry; only without one do its pods make the ratio.
  if (is_routed(draft)) return true;
  if (sets.is_divided() && (desired_of(sets.stable) != wanted.stable || !has_its_pods(sets.stable))) return false;
  return std::all_of(sets.others.begin(), sets.others.end(), [](const auto& set) { return available_of(set) == 0; });
}

void hold_for_sizes(Draft& draft, int index) {
  const Sizes wanted = wanted_sizes(draft, index);
  const Sets& sets = draft.sets;
  const int available = available_of(sets.newest);
  if (available < wanted.canary)
    draft.hold("capacity", fmt::format("{} of {} canary pods are available", available, wanted.canary),
               more_pods(wanted.canary - available));
  else if (desired_of(sets.newest) != wanted.canary)
    draft.hold(
        "capacity",
        fmt::format("the canary has {} and should have {}", counted(desired_of(sets.newest), "pod"), wanted.canary),
        "it is resized");
  else if (!is_routed(draft) && sets.is_divided() && !has_its_pods(sets.stable))
    draft.hold("capacity",
               fmt::format("the stable set has {} and should have {}", counted(sets.stable->status.replicas, "pod"),
                           wanted.stable),
               "it has reached its size");
  else
    draft.hold("capacity", "pods of older revisions are still available", "they are gone");
}

void plan_sizes(Draft& draft, const CanaryTraffic& traffic, int index) {
  if (is_routed(draft))
    plan_routed(draft, traffic, index);
  else
    plan_basic(draft, index);
  // What is noted on a set says what its size was in proportion to, so it stays until all sets have followed.
  if (is_any_scaled(draft)) return;
  note_replicas(draft, draft.sets.newest);
  if (draft.sets.is_divided()) note_replicas(draft, draft.sets.stable);
}

}  // namespace sluice::controller
