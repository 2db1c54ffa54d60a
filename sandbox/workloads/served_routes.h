// What a route of any kind makes a router do, read from the object as it is written.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/fwd.hpp>

#include "kube/metadata.h"
#include "kube/resource.h"

namespace sluice::sandbox {

struct ServedBackend {
  kube::ObjectKey service;
  std::int64_t weight = 1;
  std::string hash = {};  // only pods with this pod-template-hash; "" for all
  bool operator==(const ServedBackend&) const = default;
};

struct ServedRule {
  std::vector<ServedBackend> backends;
  // A request without special headers, parameters or methods can reach it.
  bool is_plain = true;
  bool operator==(const ServedRule&) const = default;
};

// What a router does with a route at one moment, which may be older than what is written in the API.
struct ServedRoute {
  std::int64_t generation = 0;  // of the route that is served
  std::vector<ServedRule> rules;
  bool operator==(const ServedRoute&) const = default;
};

// The hash that a subset of a DestinationRule for this Service selects by; "" when it selects by none.
using SubsetHash = std::function<std::string(const kube::ObjectKey& service, std::string_view subset)>;

// One kind of route.
struct RouteKind {
  kube::Resource resource;
  std::string_view entry;  // "httproute", for the names of entries
  bool is_reported;        // its router tells in the status that it has taken a route
  ServedRoute (*read)(const boost::json::value& route, const SubsetHash& subset);
};

// HTTP-, GRPC-, TCP- and TLSRoutes, VirtualServices, and Ingresses with the AWS load balancer's annotations.
const std::vector<RouteKind>& route_kinds();
// nullptr for other kinds.
const RouteKind* find_route_kind(std::string_view group, std::string_view plural);

// The Service behind a host of a VirtualService or DestinationRule in this namespace.
kube::ObjectKey service_at_host(std::string_view host, std::string_view ns);

}  // namespace sluice::sandbox
