// Istio as a traffic router: weights, header and mirror routes in VirtualServices, and the subsets of a
// DestinationRule.
#pragma once

#include "traffic/router.h"

namespace sluice::traffic {

// From a write to proxies that follow it, in a mesh of usual size that does not report.
inline constexpr kube::Duration istio_propagation = std::chrono::seconds(2);

bool has_istio(const crds::TrafficRouting& routing);
void name_istio_routes(const RoutingInput& input, NamedRoutes& named);

inline constexpr Router istio_router{"Istio", "istio", has_istio, name_istio_routes, Depth::seen, true, true};

// One VirtualService; `rule` names the subsets of a DestinationRule, without it the traffic is divided by hosts.
RoutePointer make_virtual_service(kube::ObjectKey key, std::shared_ptr<const RoutingPart> part,
                                  crds::IstioVirtualService selection, crds::Seldom<crds::IstioDestinationRule> rule);
RoutePointer make_destination_rule(kube::ObjectKey key, std::shared_ptr<const RoutingPart> part,
                                   crds::IstioDestinationRule rule);

// The JSON patch after which the subsets select all pods again and nobody is marked as their manager; "" when it is so.
std::string destination_rule_release_patch(const boost::json::value& rule);

// "name", "name.namespace" or "name.namespace.svc.cluster.local" of a VirtualService; dots in the name are allowed.
kube::ObjectKey virtual_service_key(std::string name, const std::string& ns);

}  // namespace sluice::traffic
