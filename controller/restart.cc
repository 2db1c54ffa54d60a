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

bool is_old(const crds::Pod& pod, Time restart_at) { return pod.meta.creation_time.value_or(Time{}) < restart_at; }

}  // namespace

bool plan_restart(Draft& draft) {
  const std::optional<Time>& restart_at = draft.spec.restart_at;
  if (!restart_at || restart_at == draft.before.restarted_at) return false;
  if (draft.now < *restart_at) {
    draft.wake(*restart_at);
    return false;
  }
  if (!draft.seen.pods) return false;

  int available = 0, wanted = 0;
  for (const ReplicaSetPointer& set : draft.sets.all()) {
    available += available_of(set);
    wanted += desired_of(set);
  }
  int room = available - (std::max(draft.replicas, wanted) - missing_allowed(draft));
  int outstanding = 0, evicted = 0;
  for (const ReplicaSetPointer& set : in_order(draft.sets)) {
    for (const PodPointer& pod : *draft.seen.pods) {
      const kube::OwnerReference* owner = pod ? pod->meta.controller() : nullptr;
      if (!owner || owner->uid != set->meta.uid || !is_old(*pod, *restart_at)) continue;
      ++outstanding;
      if (room <= 0 || pod->is_terminating()) continue;
      draft.write(EvictPod{pod->meta.name, {pod->meta.uid, ""}});
      --room;
      ++evicted;
    }
  }
  if (outstanding == 0) {
    draft.status.restarted_at = restart_at;
    return false;
  }
  draft.wake(draft.now + kube::seconds(30));
  draft.hold(
      "restart",
      fmt::format("{} older than {} are to be restarted", counted(outstanding, "pod"), kube::format_time(*restart_at)),
      "their replacements become available", restart_at);
  return evicted > 0;
}

}  // namespace sluice::controller
