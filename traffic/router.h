// The traffic routers that this program drives: one row each.
#pragma once

#include <span>
#include <string_view>

#include "traffic/route.h"

namespace sluice::traffic {

// What a router is asked with.
struct RoutingInput {
  const crds::TrafficRouting& routing;
  std::shared_ptr<const RoutingPart> part;
  const FindByLabels& find;
};

// One traffic router. Its functions are pure.
struct Router {
  std::string_view name;   // "Istio", as people know it
  std::string_view field;  // below spec.strategy.canary.trafficRouting: "istio", "plugins.argoproj-labs/gatewayAPI"
  bool (*is_configured)(const crds::TrafficRouting& routing);
  void (*name_routes)(const RoutingInput& input, NamedRoutes& named);
  Depth deepest = Depth::written;  // how deeply it can be observed at best
  bool has_header_routes = false;
  bool has_mirror_routes = false;
};

// In the order in which they are written.
std::span<const Router> routers();

// The routes of all routers that the Rollout configures, with the ping-pong roles and the step that its status tells.
// Nothing for a Rollout without traffic routing.
NamedRoutes routes_of(const crds::Rollout& rollout, const FindByLabels& find);

}  // namespace sluice::traffic
