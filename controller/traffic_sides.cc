// The Services and subsets behind the two sides of a split.
#include "controller/traffic_sides.h"

#include <algorithm>

#include <fmt/format.h>

namespace sluice::controller {

std::string SideSelector::text() const {
  if (service_) return "Service " + service_->name;
  return fmt::format("{} subset of DestinationRule {}", is_canary_subset_ ? "canary" : "stable", rule_->key.name);
}

std::string SideSelector::hash() const {
  if (service_) return selected_hash(service_);
  return is_canary_subset_ ? rule_->subsets->canary_hash : rule_->subsets->stable_hash;
}

bool SideSelector::is_adopted() const { return service_ ? is_managed(service_) : rule_->subsets->is_managed; }

int SideSelector::reachable(const ReplicaSetPointer& set) const {
  if (!selects(set)) return 0;
  if (service_) return reachable_pods(service_, set);
  if (!host_ || !host_->ready_endpoints) return available_of(set);
  const auto found = host_->ready_endpoints->find(set->meta.name);
  return found == host_->ready_endpoints->end() ? 0 : std::min(found->second, available_of(set));
}

TrafficSides sides_of(const Draft& draft) {
  TrafficSides sides;
  if (const crds::BlueGreenStrategy* strategy = draft.blue_green()) {
    if (const ObservedService* active = find_service(draft, strategy->active_service))
      sides.stable.emplace_back(*active);
    return sides;
  }
  const crds::CanaryStrategy& strategy = *draft.canary();
  sides.backends = traffic::backends_of(draft.rollout);
  const auto add = [&](std::vector<SideSelector>& side, const std::string& name, bool stays_put) {
    if (const ObservedService* service = find_service(draft, name)) side.emplace_back(*service, stays_put);
  };
  add(sides.canary, sides.backends.canary_service, static_cast<bool>(strategy.ping_pong));
  add(sides.stable, sides.backends.stable_service, static_cast<bool>(strategy.ping_pong));
  if (strategy.ping_pong) {
    // Set beside the pair, they follow as they do without it.
    add(sides.canary, strategy.canary_service, false);
    add(sides.stable, strategy.stable_service, false);
  }
  if (!strategy.traffic_routing) return sides;
  for (const traffic::ObservedRoute& route : draft.seen.routes) {
    if (!route.subsets || !route.error.empty()) continue;
    const ObservedService* host = find_service(draft, route.subsets->host);
    sides.canary.emplace_back(route, host, true);
    sides.stable.emplace_back(route, host, false);
  }
  return sides;
}

}  // namespace sluice::controller
