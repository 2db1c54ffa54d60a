// Restarting all pods of a Rollout by evicting them, no more at a time than may be missing.
#include "controller/restart.h"

#include <algorithm>

#include <fmt/format.h>

#include "controller/replica_arithmetic.h"

namespace sluice::controller {
namespace {

using PodPointer = std::shared_ptr<const crds::Pod>;

int missing_allowed(const Draft& draft) {
  const kube::IntOrString none{std::int64_t{0}};
  const kube::IntOrString quarter{std::string("25%")};
  Fence fence;
  if (draft.blue_green()) {
    const auto& own = draft.blue_green()->max_unavailable;
    fence = fence_of(none, own ? *own : quarter, draft.replicas);
  } else if (draft.canary()) {
    fence = fence_of(*draft.canary(), draft.replicas);
  }
  return std::max(1, fence.unavailable);
}

std::vector<ReplicaSetPointer> in_order(const Sets& sets) {
  std::vector<ReplicaSetPointer> order;
  if (sets.stable) order.push_back(sets.stable);
  if (sets.newest && !same_set(sets.newest, sets.stable)) order.push_back(sets.newest);
  order.insert(order.end(), sets.others.begin(), sets.others.end());
  return order;
}

bool is_of(const PodPointer& pod, const ReplicaSetPointer& set) {
  const kube::OwnerReference* owner = pod ? pod->meta.controller() : nullptr;
  return owner && owner->uid == set->meta.uid;
}

struct Counted {
  int available = 0;
  int wanted = 0;
};

Counted pods_of_all(const Draft& draft) {
  Counted pods;
  for (const ReplicaSetPointer& set : draft.sets.all()) {
    pods.available += available_of(set);
    pods.wanted += desired_of(set);
  }
  return pods;
}

// Pods that must be available, also while one is restarted.
int least_available(const Draft& draft, int wanted) {
  return std::max(draft.replicas, wanted) - missing_allowed(draft);
}

bool is_due(const Draft& draft) {
  const std::optional<Time>& restart_at = draft.spec.restart_at;
  return restart_at && restart_at != draft.before.restarted_at && draft.now >= *restart_at;
}

}  // namespace

bool can_evict(const Draft& draft) {
  const Counted pods = pods_of_all(draft);
  // Without any pod there is nothing to restart, which only the list can tell for sure.
  return is_due(draft) && pods.available > least_available(draft, pods.wanted);
}

void plan_restart(Draft& draft) {
  const std::optional<Time>& restart_at = draft.spec.restart_at;
  if (!restart_at || restart_at == draft.before.restarted_at) return;
  if (draft.now < *restart_at) return draft.wake(*restart_at);
  const Counted pods = pods_of_all(draft);
  const int least = least_available(draft, pods.wanted);
  if (pods.available <= least)
    draft.hold(
        "restart",
        fmt::format("a restart goes on when more than {} are available; now {}", counted(least, "pod"), pods.available),
        "more pods become available", restart_at);
  if (!draft.seen.pods || !draft.writes.empty()) return;

  int ready = 0;
  for (const ReplicaSetPointer& set : draft.sets.all()) {
    for (const PodPointer& pod : *draft.seen.pods) ready += is_of(pod, set) && pod->ready && !pod->is_terminating();
  }
  // A set may still count a pod that is going; the list of pods does not.
  int room = std::min(pods.available, ready) - least;
  int outstanding = 0;
  for (const ReplicaSetPointer& set : in_order(draft.sets)) {
    for (const PodPointer& pod : *draft.seen.pods) {
      if (!is_of(pod, set) || pod->meta.creation_time.value_or(Time{}) >= *restart_at) continue;
      ++outstanding;
      if (pod->is_terminating() || room-- <= 0) continue;
      draft.write(EvictPod{pod->meta.name, {pod->meta.uid, ""}});
    }
  }
  if (outstanding == 0) {
    draft.status.restarted_at = restart_at;
    return;
  }
  draft.wake(draft.now + kube::seconds(30));
  draft.hold(
      "restart",
      fmt::format("{} older than {} are to be restarted", counted(outstanding, "pod"), kube::format_time(*restart_at)),
      "their replacements become available", restart_at);
}

}  // namespace sluice::controller
