// Taking pods away: old revisions after their delay, aborted ones after theirs. Nothing that may still get traffic.
#include "controller/old_sets.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "controller/keys.h"
#include "controller/services.h"

namespace sluice::controller {
namespace {

void set_deadline(Draft& draft, const ReplicaSetPointer& set, int delay_seconds) {
  const Time deadline = whole_second_after(draft.now + kube::seconds(delay_seconds));
  kube::StringMap annotations;
  annotations.set(keys::scale_down_deadline, kube::format_time(deadline));
  draft.annotate(set, std::move(annotations));
}

void wait_for_deadline(Draft& draft, const ReplicaSetPointer& set, Time deadline) {
  draft.wake(deadline);
  draft.hold("scale-down-delay",
             fmt::format("{} keeps its {} until {}", set->meta.name, counted(desired_of(set), "pod"),
                         kube::format_time(deadline)),
             "its scale-down delay ends");
}

}  // namespace

bool is_referenced(const Draft& draft, const ReplicaSetPointer& set) {
  // The Service of a ping-pong pair that waits for the next canary keeps its pods selected, but gets no traffic.
  const bool is_pair = draft.canary() && draft.canary()->ping_pong;
  const std::string waiting = is_pair ? traffic::backends_of(draft.rollout).canary_service : std::string();
  return std::any_of(draft.seen.services.begin(), draft.seen.services.end(), [&](const ObservedService& service) {
    return service.name != waiting && selected_hash(&service) == hash_of(set);
  });
}

void retire_old_sets(Draft& draft, const SafetyChain& chain, const OldSetRule& rule) {
  std::vector<ReplicaSetPointer> sets = draft.sets.others;
  std::sort(sets.begin(), sets.end(), [](const auto& left, const auto& right) {
    return std::pair(revision_of(left), left->meta.name) > std::pair(revision_of(right), right->meta.name);
  });
  int waiting = 0;
  for (const ReplicaSetPointer& set : sets) {
    if (desired_of(set) == 0) continue;
    if (!chain.is_left(set)) {
      chain.hold_capacity(draft, set);
      continue;
    }
    if (is_referenced(draft, set)) {
      draft.hold("reference", fmt::format("{} keeps its pods because a Service still selects it", set->meta.name),
                 "the Service selects another set");
      continue;
    }
    const std::optional<Time> deadline = deadline_of(set);
    const bool has_room = !rule.revision_limit || waiting < *rule.revision_limit;
    if (rule.delay_seconds <= 0 || !has_room || (deadline && *deadline <= draft.now)) {
      draft.scale(set, 0);
      continue;
    }
    ++waiting;
    if (deadline)
      wait_for_deadline(draft, set, *deadline);
    else
      set_deadline(draft, set, rule.delay_seconds);
  }
}

bool shrink_old_sets(Draft& draft, int least) {
  int available = 0;
  for (const ReplicaSetPointer& set : draft.sets.all()) available += available_of(set);
  int spare = available - least;
  bool has_resized = false;
  for (const ReplicaSetPointer& set : draft.sets.others) {
    const int ready = available_of(set);
    const int surplus = std::clamp(spare, 0, ready);
    spare -= surplus;
    has_resized |= draft.scale(set, std::min(desired_of(set), ready - surplus));
  }
  return has_resized;
}

void retire_aborted(Draft& draft, const SafetyChain& chain, int delay_seconds) {
  const ReplicaSetPointer& set = draft.sets.newest;
  if (desired_of(set) == 0) return;
  if (!draft.sets.stable) {
    draft.hold("abort", fmt::format("{} keeps its pods because there is no stable set", set->meta.name),
               "a person retries the update or applies another template");
    return;
  }
  if (delay_seconds <= 0) {
    draft.hold("abort",
               fmt::format("{} keeps its {} because abortScaleDownDelaySeconds is 0", set->meta.name,
                           counted(desired_of(set), "pod")),
               "a person retries the update or applies another template");
    return;
  }
  if (!chain.is_left(set) || (draft.canary() && is_referenced(draft, set))) return chain.hold_capacity(draft, set);
  if (draft.sets.is_divided() && available_of(draft.sets.stable) < draft.replicas) {
    draft.hold("abort",
               fmt::format("{} of {} stable pods are available", available_of(draft.sets.stable), draft.replicas),
               "the stable set is whole again");
    return;
  }
  const std::optional<Time> deadline = deadline_of(set);
  if (!deadline)
    set_deadline(draft, set, delay_seconds);
  else if (*deadline > draft.now)
    wait_for_deadline(draft, set, *deadline);
  else
    draft.scale_aborted(set);
}

void remove_deadline(Draft& draft, const ReplicaSetPointer& set) {
  if (has_deadline(set)) draft.annotate(set, {}, {std::string(keys::scale_down_deadline)});
}

void note_replicas(Draft& draft, const ReplicaSetPointer& set) {
  if (!set || noted_replicas(set) == draft.replicas) return;
  kube::StringMap annotations;
  annotations.set(keys::desired_replicas, std::to_string(draft.replicas));
  draft.annotate(set, std::move(annotations));
}

}  // namespace sluice::controller
