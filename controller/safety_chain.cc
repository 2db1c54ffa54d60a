// The links between pods and requests, as observed.
#include "controller/safety_chain.h"

#include <algorithm>

#include <fmt/format.h>

#include "controller/canary_sizes.h"
#include "controller/replica_arithmetic.h"

namespace sluice::controller {
namespace {

// Proxies follow their router some seconds later, and short requests end; nobody reports on either.
constexpr Duration least_drain = std::chrono::seconds(10);

std::string name_of(const traffic::ObservedRoute& route) { return route.kind + " " + route.key.name; }

std::optional<Duration> asked_delay(const Draft& draft) {
  const auto& asked = draft.canary()->traffic_routing->propagation_delay_seconds;
  return asked ? std::optional<Duration>(kube::seconds(std::max(0, *asked))) : std::nullopt;
}

// The time of a write is told in whole seconds, rounded down.
std::optional<Time> after_write(const std::optional<Time>& written, Duration delay) {
  if (!written || delay <= Duration::zero()) return std::nullopt;
  return *written + delay + std::chrono::seconds(1);
}

std::optional<Time> if_future(const Draft& draft, const std::optional<Time>& at) {
  return at && *at > draft.now ? at : std::nullopt;
}

// When a change that nobody reports on counts as in force.
std::optional<Time> in_force_at(const Draft& draft, const traffic::ObservedRoute& route) {
  const Duration delay = asked_delay(draft).value_or(route.propagation);
  if (route.depth == traffic::Depth::written) return if_future(draft, after_write(route.writer.at, delay));
  if (route.depth != traffic::Depth::confirmed || !route.confirmed_at) return std::nullopt;
  return if_future(draft, *route.confirmed_at + delay);
}

// When every proxy follows the route as it was taken, and requests that began before have ended.
std::optional<Time> drained_at(const Draft& draft, const traffic::ObservedRoute& route) {
  if (route.depth == traffic::Depth::seen) return std::nullopt;
  const Duration delay = asked_delay(draft).value_or(std::max(route.propagation, least_drain));
  if (route.depth == traffic::Depth::confirmed && route.confirmed_at)
    return if_future(draft, *route.confirmed_at + delay);
  std::optional<Time> began = route.writer.at;
  if (route.confirmed_at && (!began || *route.confirmed_at > *began)) began = route.confirmed_at;
  return if_future(draft, after_write(began, delay));
}

}  // namespace

SafetyChain::SafetyChain(const Draft& draft) : replicas_(draft.replicas) {
  if (!draft.canary()) {
    observe_active(draft);
    return;
  }
  max_ = controller::max_weight(draft);
  sides_ = sides_of(draft);
  has_router_ = draft.canary()->traffic_routing && !draft.seen.routes.empty();
  if (has_router_) observe_routes(draft);
}

void SafetyChain::observe_active(const Draft& draft) {
  sides_ = sides_of(draft);
  has_sides_ = true;
  for (const SideSelector& active : sides_.stable) {
    const ReplicaSetPointer behind = draft.sets.with_hash(active.hash());
    if (active.hash().empty() || draft.replicas == 0 || active.reachable(behind) > 0) continue;
    is_accepted_ = false;
    waits_for_ = fmt::format("{} publishes no pod of the set that it selects yet", active.text());
  }
}

void SafetyChain::observe_routes(const Draft& draft) {
  has_sides_ = true;
  smallest_share_ = max_;
  bool has_weights = false;
  for (const traffic::ObservedRoute& route : draft.seen.routes) {
    if (!route.error.empty() && trouble_.empty()) trouble_ = route.error;
    is_unread_ |= !route.is_read;
    is_accepted_ &= route.is_accepted;
    is_reported_ |= route.depth != traffic::Depth::written;
    if (!route.is_accepted && waits_for_.empty()) waits_for_ = name_of(route) + ": " + route.waits_for;
    if (const auto at = in_force_at(draft, route)) {
      is_accepted_ = false;
      settles_at_ = std::max(settles_at_.value_or(*at), *at);
      if (waits_for_.empty())
        waits_for_ = fmt::format("{} does not report what its data plane does; it counts as in force at {}",
                                 name_of(route), kube::format_time(*at));
    }
    if (const auto at = drained_at(draft, route)) drained_at_ = std::max(drained_at_.value_or(*at), *at);
    if (!route.has_weights && route.error.empty()) continue;
    has_weights = true;
    canary_share_ = std::max(canary_share_, route.largest_canary);
    smallest_share_ = std::min(smallest_share_, route.smallest_canary);
    is_uniform_ &= route.is_uniform;
    has_managed_ |= route.has_managed;
    has_declared_ &= route.has_declared;
    if (additional_.empty()) additional_ = route.additional;
  }
  if (!has_weights) smallest_share_ = 0;
  is_readable_ = trouble_.empty();
}

int SafetyChain::pods_for(int share) const { return pods_for_weight(replicas_, share, max_); }

int SafetyChain::published(const ReplicaSetPointer& set) const {
  int pods = available_of(set);
  for (const SideSelector& selector : sides_.canary) pods = std::min(pods, selector.reachable(set));
  return pods;
}

bool SafetyChain::is_observed(int share) const {
  if (!has_router_) return true;
  return is_settled() && is_uniform_ && canary_share_ == share && smallest_share_ == share;
}

int SafetyChain::share_of(const ReplicaSetPointer& set) const {
  if (!has_sides_ || !set) return 0;
  const auto is_behind = [&](const std::vector<SideSelector>& side) {
    return std::any_of(side.begin(), side.end(), [&](const SideSelector& selector) { return selector.selects(set); });
  };
  int share = 0;
  if (is_behind(sides_.canary)) share += std::max(canary_share_, has_managed_ ? 1 : 0);
  if (is_behind(sides_.stable)) share += max_ - smallest_share_;
  return std::min(share, max_);
}

int SafetyChain::least_size(const ReplicaSetPointer& set) const {
  if (!is_drained()) return desired_of(set);
  return std::min(desired_of(set), pods_for(share_of(set)));
}

void SafetyChain::hold_capacity(Draft& draft, const ReplicaSetPointer& set) const {
  if (!is_settled()) {
    const std::string& why = is_readable_ ? waits_for_ : trouble_;
    return draft.hold(
        "route", fmt::format("{} keeps its pods because requests may still be routed to it: {}", set->meta.name, why),
        "the router reports that it has taken the route");
  }
  if (drained_at_) {
    draft.wake(*drained_at_);
    return draft.hold("drain",
                      fmt::format("{} keeps its {} until {}, when no proxy follows the former route any more",
                                  set->meta.name, counted(desired_of(set), "pod"), kube::format_time(*drained_at_)),
                      "that time comes");
  }
  draft.hold("route", fmt::format("{} keeps its pods because requests may still be routed to it", set->meta.name),
             "all traffic is seen to have left it");
}

}  // namespace sluice::controller
