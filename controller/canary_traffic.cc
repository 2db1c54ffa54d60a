// The traffic of a canary: how it flows as observed, and the next safe change of Services and route weights.
#include "controller/canary_traffic.h"

#include <algorithm>

#include <fmt/format.h>

#include "controller/replica_arithmetic.h"

namespace sluice::controller {
namespace {

constexpr int all_requests = 100;

}  // namespace

CanaryTraffic::CanaryTraffic(const Draft& draft) {
  const crds::CanaryStrategy& strategy = *draft.canary();
  canary_service_ = find_service(draft, strategy.canary_service);
  stable_service_ = find_service(draft, strategy.stable_service);
  is_routed_ = static_cast<bool>(strategy.traffic_routing);
  has_router_ = is_routed_ && (!draft.seen.routes.empty() || !draft.seen.router_error.empty());
  if (!has_router_) return;
  trouble_ = draft.seen.router_error;
  smallest_share_ = all_requests;
  for (const traffic::ObservedRoute& route : draft.seen.routes) {
    if (!route.error.empty() && trouble_.empty()) trouble_ = route.error;
    canary_share_ = std::max(canary_share_, route.largest_canary);
    smallest_share_ = std::min(smallest_share_, route.smallest_canary);
    is_uniform_ &= route.is_uniform;
    is_accepted_ &= route.is_accepted;
    is_reported_ |= route.depth == traffic::Depth::reported;
    if (!route.is_accepted && waits_for_.empty())
      waits_for_ = fmt::format("{} {}: {}", route.kind, route.key.name, route.waits_for);
  }
  is_readable_ = trouble_.empty();
}

bool CanaryTraffic::is_observed(int share) const {
  if (!has_router_) return true;
  return is_settled() && is_uniform_ && canary_share_ == share && smallest_share_ == share;
}

bool CanaryTraffic::canary_selects(const ReplicaSetPointer& set) const {
  return !canary_service_ || (set && selected_hash(canary_service_) == hash_of(set));
}

bool CanaryTraffic::stable_selects(const ReplicaSetPointer& set) const {
  return !stable_service_ || (set && selected_hash(stable_service_) == hash_of(set));
}

int CanaryTraffic::share_of(const ReplicaSetPointer& set) const {
  if (!has_router_ || !set) return 0;
  int share = 0;
  if (canary_service_ && canary_selects(set)) share += canary_share_;
  if (stable_service_ && stable_selects(set)) share += all_requests - smallest_share_;
  return std::min(share, all_requests);
}

bool CanaryTraffic::may_serve(const ReplicaSetPointer& set) const {
  if (!has_router_) {
    const auto selects = [&](const ObservedService* service) {
      return service && selected_hash(service) == hash_of(set);
    };
    return selects(stable_service_) || selects(canary_service_);
  }
  return !is_settled() || share_of(set) > 0;
}

void CanaryTraffic::plan_stable_service(Draft& draft) const {
  // A stable set that was deleted took its template with it, so that only the newest can serve what was routed to it.
  const bool is_lost = !draft.sets.stable && !draft.is_initial();
  const ReplicaSetPointer& stable = is_lost ? draft.sets.newest : draft.sets.stable;
  if (!stable_service_ || !stable || stable_selects(stable)) return;
  // All that the set gets once the Service has moved, also through the canary Service.
  int share = has_router_ ? all_requests - smallest_share_ : all_requests;
  if (has_router_ && canary_service_ && canary_selects(stable)) share = std::min(all_requests, share + canary_share_);
  const bool is_adoption = !is_managed(stable_service_);
  int needed = std::max(1, is_adoption ? draft.replicas : pods_for_weight(draft.replicas, share, all_requests));
  // A Service that selects a set without pods serves nobody: any pod is better.
  const ReplicaSetPointer behind = draft.sets.with_hash(selected_hash(stable_service_));
  if (!is_adoption && available_of(behind) == 0) needed = 1;
  // Without a router the ratio of the pods is the split, so that one pod of the stable set serves its share.
  if (!is_routed_ && !is_adoption) needed = 1;
  if (draft.replicas == 0) needed = 0;
  if (available_of(stable) >= needed) return switch_service(draft, *stable_service_, hash_of(stable));
  draft.hold("capacity",
             fmt::format("Service {} moves to {} when {} of its pods are available; now {}", stable_service_->name,
                         stable->meta.name, needed, available_of(stable)),
             "more pods become available");
}

void CanaryTraffic::plan_canary_service(Draft& draft) const {
  const bool is_aborted = draft.is_aborted();
  const ReplicaSetPointer& target = is_aborted && draft.sets.stable ? draft.sets.stable : draft.sets.newest;
  if (!canary_service_ || !target || canary_selects(target)) return;
  if (has_router_ && !is_observed(0)) {
    if (available_of(target) > 0)
      draft.hold("route",
                 fmt::format("Service {} moves to {} when no requests are routed to it; now {} %",
                             canary_service_->name, target->meta.name, canary_share_),
                 "the route is seen to give it 0 %");
    return;
  }
  const bool is_adoption = !is_managed(canary_service_);
  const int needed = draft.replicas == 0 ? 0 : is_adoption ? std::max(1, desired_of(target)) : 1;
  if (available_of(target) >= needed) switch_service(draft, *canary_service_, hash_of(target));
}

// The smallest share that the canary must keep, because the stable side cannot carry more than the rest.
int CanaryTraffic::least_share(const Draft& draft, int slack) const {
  const std::string hash = selected_hash(stable_service_);
  const ReplicaSetPointer behind = draft.sets.with_hash(hash);
  const ReplicaSetPointer canary = draft.sets.with_hash(selected_hash(canary_service_));
  int reachable = 0;
  if (behind)
    reachable = reachable_pods(stable_service_, behind);
  else if (hash.empty())
    for (const ReplicaSetPointer& set : draft.sets.all()) reachable += available_of(set);
  if (reachable == 0) return canary_share_;
  // Both Services lead to the same pods: nothing is moved.
  if (same_set(behind, canary) && reachable >= reachable_pods(canary_service_, canary)) return 0;
  // A canary without any pod loses every request, so that even a short-handed stable set is better.
  if (canary && available_of(canary) == 0) return 0;
  return all_requests - weight_for_pods(reachable + slack, draft.replicas, all_requests);
}

void CanaryTraffic::plan_weight(Draft& draft, int wanted, bool may_rise, int slack) const {
  if (!can_split()) return;
  if (!is_readable_) {
    draft.router_trouble = trouble_;
    draft.hold("route", trouble_, "the route can be read");
    return;
  }
  int share = may_rise && is_accepted_ ? wanted : std::min(wanted, smallest_share_);
  if (share < canary_share_) {
    const int least = least_share(draft, slack);
    if (share < least) {
      share = std::min(canary_share_, least);
      draft.hold("capacity", fmt::format("the stable side can carry {} % of the requests now", all_requests - least),
                 "more stable pods become available");
    }
  }
  if (!is_accepted_)
    draft.hold("route", fmt::format("the router has not taken the route yet: {}", waits_for_),
               "it reports that it has");
  bool is_told = false;
  for (const traffic::ObservedRoute& route : draft.seen.routes) {
    if (route.is_uniform && route.largest_canary == share) continue;
    SetRouteWeights change;
    change.kind = route.kind;
    change.key = route.key;
    change.precondition.resource_version = route.resource_version;
    change.backends = {canary_service_->name, stable_service_->name};
    change.split = traffic::Split::of_canary(share);
    const bool is_recorded = draft.before.canary.weights.has_value();
    std::vector<Event> told;
    if (!is_told)
      told.push_back({false, "TrafficWeightUpdated",
                      is_recorded ? fmt::format("Traffic weight updated from {} to {}", canary_share_, share)
                                  : fmt::format("Traffic weight updated to {}", share)});
    is_told = true;
    draft.write(std::move(change), std::move(told));
    draft.writes.back().failure_event = Event{true, "TrafficRoutingError", ""};
  }
}

void CanaryTraffic::record(Draft& draft) const {
  crds::RolloutStatus& status = draft.status;
  if (!has_router_) {
    status.canary.weights.reset();
    return;
  }
  if (!is_readable_ || !canary_service_ || !stable_service_ || draft.is_initial()) return;
  crds::TrafficWeights weights;
  // While nothing is sent to the canary Service, it is the newest set that waits behind it.
  const std::string canary = canary_share_ > 0 ? selected_hash(canary_service_) : hash_of(draft.sets.newest);
  weights.canary = {canary_share_, canary_service_->name, canary};
  weights.stable = {all_requests - canary_share_, stable_service_->name, selected_hash(stable_service_)};
  if (is_reported_) weights.verified = is_accepted_;
  status.canary.weights = std::move(weights);
}

}  // namespace sluice::controller
