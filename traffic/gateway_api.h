// The Gateway API as a traffic router: weights on the backendRefs of HTTP-, GRPC-, TCP- and TLSRoutes, header and
// mirror rules, observed as deeply as the routes' own status allows. Only this Rollout's backends and rules are
// written.
#pragma once

#include <string>
#include <string_view>

#include "traffic/router.h"

namespace sluice::traffic {

bool has_gateway_api(const crds::TrafficRouting& routing);
// The routes that trafficRouting.plugins["argoproj-labs/gatewayAPI"] names, singly, in lists or by labels.
void name_gateway_routes(const RoutingInput& input, NamedRoutes& named);

inline constexpr Router gateway_api_router{
    "Gateway API",   "plugins.argoproj-labs/gatewayAPI", has_gateway_api,           name_gateway_routes,
    Depth::reported, /*has_header_routes=*/true,         /*has_mirror_routes=*/true};

// One route as the plugin's configuration describes it.
struct GatewayRouteOptions {
  bool use_header_routes = true;  // header and mirror rules are made in this route
  // The label that tells that a canary is under way; "" for none.
  std::string in_progress_key = "rollouts.argoproj.io/gatewayapi-canary";
  std::string in_progress_value = "in-progress";
};

// `kind` is HTTPRoute, GRPCRoute, TCPRoute or TLSRoute.
RoutePointer make_gateway_route(std::string kind, kube::ObjectKey key, std::shared_ptr<const RoutingPart> part,
                                GatewayRouteOptions options);

}  // namespace sluice::traffic
