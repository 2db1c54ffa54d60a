// The Gateway API as a traffic router: weights on the backendRefs of HTTPRoutes, observed as deeply as the route's own
// status allows. Only the weights of this Rollout's two backends are ever written.
#pragma once

#include <string>
#include <vector>

#include <boost/json/fwd.hpp>

#include "kube/metadata.h"
#include "kube/result.h"
#include "traffic/observed_route.h"
#include "traffic/split.h"

namespace sluice::traffic {

struct RouteReference {
  std::string kind;  // "HTTPRoute"
  kube::ObjectKey key;
  bool operator==(const RouteReference&) const = default;
};

// The routes that trafficRouting.plugins["argoproj-labs/gatewayAPI"] names: httpRoute and httpRoutes[]. `ns` is the
// Rollout's namespace, used when the configuration names none. The error names every field that is wrong or that this
// version does not act on.
kube::Result<std::vector<RouteReference>> routes_named_by(const std::string& plugin_configuration,
                                                          const std::string& ns);

// What the route says now. `route` is null when it does not exist.
ObservedRoute observe_route(const RouteReference& reference, const boost::json::value* route, const Backends& backends);

// The JSON patch that gives every rule with both backends this split; "" when it has it already. The patch carries the
// route's resourceVersion, so the server refuses it when the route has changed. An error says why the route cannot
// carry the split.
kube::Result<std::string> plan_weights(const boost::json::value& route, const Backends& backends, const Split& split);

}  // namespace sluice::traffic
