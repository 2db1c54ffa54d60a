// Folding the steps of a canary into the managed routes that they declare.
#include "traffic/intent.h"

#include <algorithm>
#include <optional>

namespace sluice::traffic {
namespace {

std::optional<ManagedRoute> route_of(const crds::CanaryStep& step) {
  if (step.set_header_route) return ManagedRoute{step.set_header_route->name, step.set_header_route->match, {}, 100};
  if (step.set_mirror_route)
    return ManagedRoute{
        step.set_mirror_route->name, {}, step.set_mirror_route->match, step.set_mirror_route->percentage.value_or(100)};
  return std::nullopt;
}

bool is_empty(const ManagedRoute& route) { return route.headers.empty() && route.mirrors.empty(); }

}  // namespace

Backends backends_of(const crds::Rollout& rollout) {
  if (!rollout.spec || !rollout.spec->strategy.canary) return {};
  const crds::CanaryStrategy& strategy = *rollout.spec->strategy.canary;
  if (!strategy.ping_pong) return {strategy.canary_service, strategy.stable_service};
  const bool ping_is_stable = rollout.status.canary.stable_ping_pong == "ping";
  const std::string& ping = strategy.ping_pong->ping_service;
  const std::string& pong = strategy.ping_pong->pong_service;
  return ping_is_stable ? Backends{pong, ping} : Backends{ping, pong};
}

std::vector<std::string> managed_names(const crds::CanaryStrategy& strategy) {
  std::vector<std::string> names;
  const auto add = [&](const std::string& name) {
    if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  };
  if (strategy.traffic_routing)
    for (const crds::NamedReference& route : strategy.traffic_routing->managed_routes) add(route.name);
  for (const crds::CanaryStep& step : strategy.steps)
    if (const auto route = route_of(step)) add(route->name);
  return names;
}

std::vector<ManagedRoute> declared_routes(const crds::CanaryStrategy& strategy, int index) {
  std::vector<ManagedRoute> declared;
  for (int at = 0; at <= index && at < static_cast<int>(strategy.steps.size()); ++at) {
    const auto route = route_of(strategy.steps[static_cast<std::size_t>(at)]);
    if (!route) continue;
    std::erase_if(declared, [&](const ManagedRoute& known) { return known.name == route->name; });
    if (!is_empty(*route)) declared.push_back(*route);
  }
  const std::vector<std::string> order = managed_names(strategy);
  const auto rank = [&](const ManagedRoute& route) { return std::find(order.begin(), order.end(), route.name); };
  std::sort(declared.begin(), declared.end(),
            [&](const ManagedRoute& left, const ManagedRoute& right) { return rank(left) < rank(right); });
  return declared;
}

std::vector<ManagedRoute> declarable_routes(const crds::CanaryStrategy& strategy) {
  std::vector<ManagedRoute> all;
  for (const crds::CanaryStep& step : strategy.steps)
    if (const auto route = route_of(step); route && !is_empty(*route)) all.push_back(*route);
  return all;
}

}  // namespace sluice::traffic
