// The AWS load balancer controller as a traffic router: annotations of Ingresses say how a listener rule forwards.
#pragma once

#include <string>
#include <vector>

#include "traffic/router.h"

namespace sluice::traffic {

// From a changed annotation, or from the word of the API, to targets that get their new share.
inline constexpr kube::Duration alb_propagation = std::chrono::seconds(20);

bool has_alb(const crds::TrafficRouting& routing);
void name_alb_routes(const RoutingInput& input, NamedRoutes& named);

inline constexpr Router alb_router{"ALB", "alb", has_alb, name_alb_routes, Depth::confirmed, true, false};

RoutePointer make_alb_ingress(kube::ObjectKey key, std::shared_ptr<const RoutingPart> part, crds::AlbRouting routing);

// The target group that the AWS load balancer controller makes for one Service of an Ingress: the value of its tag
// ingress.k8s.aws/resource.
std::string target_group_tag(const kube::ObjectKey& ingress, const std::string& service, int port);

}  // namespace sluice::traffic
