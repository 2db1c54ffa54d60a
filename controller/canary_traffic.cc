// The traffic of a canary: the next change of Services, subsets and routes that the safety chain lets pass.
#include "controller/canary_traffic.h"

#include <algorithm>

#include <fmt/format.h>

#include "controller/canary_sizes.h"
#include "controller/load_balancer_status.h"
#include "controller/replica_arithmetic.h"

namespace sluice::controller {
namespace {

// A route that somebody else has changed is written again only after so much time, so that a fight stays slow.
constexpr Duration pause_before_raising = std::chrono::seconds(10);
constexpr Duration pause_before_lowering = std::chrono::seconds(2);

std::string name_of(const traffic::ObservedRoute& route) { return route.kind + " " + route.key.name; }

void tell_confirmed(Draft& draft, const std::string& canary_service) {
  for (const traffic::ObservedRoute& route : draft.seen.routes)
    if (route.balancer)
      draft.tell("TargetGroupVerified", fmt::format("Service {} (TargetGroup {}) verified: weight {}", canary_service,
                                                    route.balancer->canary_group, route.largest_canary));
}

}  // namespace

CanaryTraffic::CanaryTraffic(const Draft& draft)
    : SafetyChain(draft), is_routed_(static_cast<bool>(draft.canary()->traffic_routing)) {}

bool CanaryTraffic::canary_selects(const ReplicaSetPointer& set) const {
  return std::all_of(sides_.canary.begin(), sides_.canary.end(),
                     [&](const SideSelector& selector) { return selector.selects(set); });
}

bool CanaryTraffic::stable_selects(const ReplicaSetPointer& set) const {
  return std::all_of(sides_.stable.begin(), sides_.stable.end(),
                     [&](const SideSelector& selector) { return selector.selects(set); });
}

void CanaryTraffic::move(Draft& draft, const SideSelector& selector, bool to_canary, const std::string& hash,
                         std::vector<SubsetMove>& moves) const {
  if (selector.service()) return switch_service(draft, *selector.service(), hash);
  auto at =
      std::find_if(moves.begin(), moves.end(), [&](const SubsetMove& known) { return known.rule == selector.rule(); });
  if (at == moves.end()) at = moves.insert(at, SubsetMove{selector.rule(), "", ""});
  (to_canary ? at->canary_hash : at->stable_hash) = hash;
}

void CanaryTraffic::plan_selectors(Draft& draft) const {
  std::vector<SubsetMove> moves;
  for (const SideSelector& selector : sides_.stable) plan_stable(draft, selector, moves);
  for (const SideSelector& selector : sides_.canary) plan_canary(draft, selector, moves);
  for (const SubsetMove& made : moves) {
    SetRouteWeights change;
    change.kind = made.rule->kind;
    change.key = made.rule->key;
    change.precondition.resource_version = made.rule->resource_version;
    change.intent.canary_hash = made.canary_hash;
    change.intent.stable_hash = made.stable_hash;
    change.route = made.rule->route;
    const auto text = [](const std::string& next, const std::string& now) { return next.empty() ? now : next; };
    Event told{false, "UpdatedDestinationRule",
               fmt::format("DestinationRule {} subset updated (canary: {}, stable: {})", made.rule->key.name,
                           text(made.canary_hash, made.rule->subsets->canary_hash),
                           text(made.stable_hash, made.rule->subsets->stable_hash))};
    draft.write(std::move(change), {std::move(told)});
    draft.writes.back().failure_event = Event{true, "TrafficRoutingError", ""};
  }
}

// A set that can serve stays selected until no request may be on its way to it. Answers whether that holds the move.
bool CanaryTraffic::holds_selector(Draft& draft, const SideSelector& selector, const ReplicaSetPointer& target) const {
  const ReplicaSetPointer behind = draft.sets.with_hash(selector.hash());
  if (!drained_at_ || available_of(behind) == 0 || available_of(target) == 0) return false;
  draft.wake(*drained_at_);
  draft.hold("drain",
             fmt::format("{} keeps selecting {} until {}, when no proxy follows the former route any more",
                         selector.text(), behind->meta.name, kube::format_time(*drained_at_)),
             "that time comes");
  return true;
}

void CanaryTraffic::plan_stable(Draft& draft, const SideSelector& selector, std::vector<SubsetMove>& moves) const {
  // A stable set that was deleted took its template with it, so that only the newest can serve what was routed to it.
  const bool is_lost = !draft.sets.stable && !draft.is_initial();
  const ReplicaSetPointer& stable = is_lost ? draft.sets.newest : draft.sets.stable;
  if (is_lost && stable)
    draft.hold("stable",
               fmt::format("the ReplicaSet of the stable version is gone; {} stands in for it, and is promoted only "
                           "when its steps are done",
                           stable->meta.name),
               "the update ends, or another template is applied");
  if (!stable || selector.selects(stable)) return;
  // All that the set gets once the selector has moved, also through the canary's side.
  int share = has_router_ ? max_ - smallest_share_ : max_;
  if (has_router_ && !sides_.canary.empty() && canary_selects(stable)) share = std::min(max_, share + canary_share_);
  const bool is_adoption = !selector.is_adopted();
  int needed = std::max(1, is_adoption ? draft.replicas : pods_for_weight(draft.replicas, share, max_));
  // One that selects a set without pods serves nobody: any pod is better.
  const ReplicaSetPointer behind = draft.sets.with_hash(selector.hash());
  if (!is_adoption && available_of(behind) == 0) needed = 1;
  // Without a router the ratio of the pods is the split, so that one pod of the stable set serves its share.
  if (!is_routed_ && !is_adoption) needed = 1;
  if (draft.replicas == 0) needed = 0;
  if (available_of(stable) >= needed) {
    // Nothing is written to come this way any more; what still does, finds the pods that it knows.
    if (has_router_ && smallest_share_ == max_ && holds_selector(draft, selector, stable)) return;
    if (is_lost)
      draft.warn("StableReplicaSetGone",
                 fmt::format("The ReplicaSet of the stable version is gone: {} sends to {}, which is not promoted yet",
                             selector.text(), stable->meta.name));
    return move(draft, selector, false, hash_of(stable), moves);
  }
  draft.hold("capacity",
             fmt::format("{} moves to {} when {} of its pods are available; now {}", selector.text(), stable->meta.name,
                         needed, available_of(stable)),
             "more pods become available");
}

void CanaryTraffic::plan_canary(Draft& draft, const SideSelector& selector, std::vector<SubsetMove>& moves) const {
  // A Service of a pair, and a subset, keep the aborted or former pods: with weight 0 nothing reaches them.
  if (selector.service() && selector.stays_put() && !selector.hash().empty() &&
      (draft.is_aborted() || draft.is_promoted()))
    return;
  if (selector.rule() && draft.is_aborted()) return;
  const ReplicaSetPointer& target = draft.is_aborted() && draft.sets.stable ? draft.sets.stable : draft.sets.newest;
  if (!target || selector.selects(target)) return;
  if (has_router_ && (!is_observed(0) || has_managed_)) {
    if (available_of(target) > 0)
      draft.hold("route",
                 fmt::format("{} moves to {} when no requests are routed to it; now {} %{}", selector.text(),
                             target->meta.name, canary_share_ * 100 / max_, has_managed_ ? " and a header route" : ""),
                 "the route is seen to give it 0 %");
    return;
  }
  if (holds_selector(draft, selector, target)) return;
  const bool is_adoption = !selector.is_adopted();
  const int needed = draft.replicas == 0 ? 0 : is_adoption ? std::max(1, desired_of(target)) : 1;
  if (available_of(target) >= needed) move(draft, selector, true, hash_of(target), moves);
}

// The smallest share that the canary must keep, because the stable side cannot carry more than the rest.
int CanaryTraffic::least_share(const Draft& draft, int slack) const {
  int reachable = draft.replicas;
  bool is_same = true;
  bool is_canary_empty = false;
  for (const SideSelector& selector : sides_.stable) {
    const std::string hash = selector.hash();
    const ReplicaSetPointer behind = draft.sets.with_hash(hash);
    int pods = 0;
    if (behind)
      pods = selector.reachable(behind);
    else if (hash.empty())
      for (const ReplicaSetPointer& set : draft.sets.all()) pods += available_of(set);
    reachable = std::min(reachable, pods);
    for (const SideSelector& other : sides_.canary) {
      const ReplicaSetPointer canary = draft.sets.with_hash(other.hash());
      is_same &= same_set(behind, canary) && pods >= other.reachable(canary);
      is_canary_empty |= canary && available_of(canary) == 0;
    }
  }
  if (reachable == 0) return canary_share_;
  // Both sides lead to the same pods: nothing is moved.
  if (is_same) return 0;
  // A canary without any pod loses every request, so that even a short-handed stable set is better.
  if (is_canary_empty) return 0;
  return max_ - weight_for_pods(reachable + slack, draft.replicas, max_);
}

bool CanaryTraffic::is_as_wished(const traffic::ObservedRoute& route, const TrafficWish& wish, int share) const {
  if (!route.is_uniform || route.largest_canary != share) return false;
  const auto same = [](const traffic::Destination& left, const traffic::Destination& right) {
    return left.service == right.service && left.weight == right.weight;
  };
  if (!std::is_permutation(route.additional.begin(), route.additional.end(), wish.additional.begin(),
                           wish.additional.end(), same))
    return false;
  return wish.keep_managed ? route.has_declared : !route.has_managed;
}

void CanaryTraffic::write_route(Draft& draft, const traffic::ObservedRoute& route, const TrafficWish& wish, int share,
                                bool& is_told) const {
  const bool is_raise = share > route.largest_canary;
  if (!route.writer.name.empty() && draft.before.canary.weights) {
    const Time due = *route.writer.at + (is_raise ? pause_before_raising : pause_before_lowering);
    if (draft.now < due) {
      draft.wake(due);
      return draft.hold(
          "route",
          fmt::format("{} has changed {}, which gives the canary {} % now; it is written again at {}",
                      route.writer.name, name_of(route), route.largest_canary * 100 / max_, kube::format_time(due)),
          fmt::format("{} leaves the weights alone", route.writer.name), route.writer.at);
    }
  }
  SetRouteWeights change;
  change.kind = route.kind;
  change.key = route.key;
  change.precondition.resource_version = route.resource_version;
  change.intent.split = traffic::Split::of_canary(share, max_, wish.additional);
  if (wish.keep_managed)
    change.intent.managed = traffic::declared_routes(*draft.canary(), draft.before.current_step_index.value_or(0));
  change.route = route.route;
  std::vector<Event> told;
  const bool is_other_weight = !route.is_uniform || route.largest_canary != share;
  if (!is_told && is_other_weight)
    told.push_back({false, "TrafficWeightUpdated",
                    draft.before.canary.weights
                        ? fmt::format("Traffic weight updated from {} to {}", canary_share_, share)
                        : fmt::format("Traffic weight updated to {}", share)});
  is_told |= is_other_weight;
  draft.write(std::move(change), std::move(told));
  draft.writes.back().failure_event = Event{true, "TrafficRoutingError", ""};
}

void CanaryTraffic::tell_trouble(Draft& draft) const {
  if (!has_router_ || is_readable_) return;
  if (!is_unread_) draft.router_trouble = trouble_;
  draft.hold("route", trouble_, is_unread_ ? "the first list is complete" : "the route can be read");
}

// A change of the weights by somebody else is told once: the status follows what is observed.
void CanaryTraffic::tell_of_others(Draft& draft) const {
  if (!draft.before.canary.weights) return;
  const int recorded = draft.before.canary.weights->canary.weight;
  for (const traffic::ObservedRoute& route : draft.seen.routes)
    if (route.has_weights && !route.writer.name.empty() && route.largest_canary != recorded)
      draft.warn("TrafficRouteOverwritten",
                 fmt::format("{} changed {} from {} % to {} %", route.writer.name, name_of(route),
                             recorded * 100 / max_, route.largest_canary * 100 / max_));
}

void CanaryTraffic::plan_weight(Draft& draft, const TrafficWish& wish) const {
  if (!can_split() || !is_readable_) return;
  if (settles_at_) draft.wake(*settles_at_);
  tell_of_others(draft);
  int share = wish.may_rise && is_accepted_ ? wish.weight : std::min(wish.weight, smallest_share_);
  if (share < canary_share_) {
    const int least = least_share(draft, wish.slack);
    if (share < least) {
      share = std::min(canary_share_, least);
      draft.hold("capacity",
                 fmt::format("the stable side can carry {} % of the requests now", (max_ - least) * 100 / max_),
                 "more stable pods become available");
    }
  }
  if (!is_accepted_)
    draft.hold("route", fmt::format("the router has not taken the route yet: {}", waits_for_),
               settles_at_ ? "that time comes" : "it reports that it has");
  bool is_told = false;
  TrafficWish fitting = wish;
  fitting.additional = traffic::Split::of_canary(share, max_, wish.additional).additional;
  for (const traffic::ObservedRoute& route : draft.seen.routes)
    if (route.has_weights && !is_as_wished(route, fitting, share)) write_route(draft, route, fitting, share, is_told);
}

void CanaryTraffic::record(Draft& draft, const std::vector<crds::WeightDestination>& wanted) const {
  crds::RolloutStatus& status = draft.status;
  record_load_balancers(draft);
  if (!draft.canary()->ping_pong) status.canary.stable_ping_pong.clear();
  if (!has_router_) {
    status.canary.weights.reset();
    return;
  }
  if (!is_readable_ || !can_split() || draft.is_initial()) return;
  crds::TrafficWeights weights;
  // While nothing is sent to the canary's side, it is the newest set that waits behind it.
  const std::string canary = canary_share_ > 0 ? sides_.canary.front().hash() : hash_of(draft.sets.newest);
  int rest = max_ - canary_share_;
  for (const traffic::Destination& destination : additional_) {
    rest -= destination.weight;
    std::string hash = destination.hash;
    if (draft.before.canary.weights)
      for (const crds::WeightDestination& known : draft.before.canary.weights->additional)
        if (known.service_name == destination.service) hash = known.pod_template_hash;
    weights.additional.push_back({destination.weight, destination.service, hash});
  }
  const auto note = [&](const crds::WeightDestination& destination) {
    for (const crds::WeightDestination& noted : weights.additional)
      if (noted.service_name == destination.service_name) return;
    weights.additional.push_back({0, destination.service_name, destination.pod_template_hash});
  };
  for (const crds::WeightDestination& destination : wanted) note(destination);
  if (draft.before.canary.weights && !is_settled())
    for (const crds::WeightDestination& destination : draft.before.canary.weights->additional) note(destination);
  weights.canary = {canary_share_, sides_.backends.canary_service, canary};
  weights.stable = {std::max(0, rest), sides_.backends.stable_service, sides_.stable.front().hash()};
  if (is_reported_) {
    // Without an answer nothing is known; what was confirmed for these very weights was still confirmed.
    const auto& known = draft.before.canary.weights;
    const bool was_confirmed = known && known->verified.value_or(false) && known->canary == weights.canary &&
                               known->stable == weights.stable && known->additional == weights.additional;
    // Whether or not the data plane is taken to follow already.
    const bool is_confirmed = std::all_of(draft.seen.routes.begin(), draft.seen.routes.end(),
                                          [](const traffic::ObservedRoute& route) { return route.is_accepted; });
    const bool is_answered = std::all_of(draft.seen.routes.begin(), draft.seen.routes.end(),
                                         [](const traffic::ObservedRoute& route) { return route.is_answered; });
    weights.verified = is_confirmed || (!is_answered && was_confirmed);
    if (*weights.verified && !(known && known->verified.value_or(false)))
      tell_confirmed(draft, sides_.backends.canary_service);
  }
  status.canary.weights = std::move(weights);
}

}  // namespace sluice::controller
