// The routes of a VirtualService: which of them a Rollout splits, and which of their destinations are its own.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

#include "traffic/route.h"

namespace sluice::traffic {

enum class Side { canary, stable, additional, other };

// What makes a destination ours.
struct IstioBackends {
  std::string ns;  // of the VirtualService: short hosts are Services there
  const RoutingPart& part;
  const crds::IstioDestinationRule* rule = nullptr;  // divides by subsets when set

  // `entry` is an element of a route's list: {destination: {host, subset, port}, weight}.
  Side side_of(const boost::json::value& entry) const;
  // Its Service, when the host is one in the Rollout's namespace: "shop-canary" for shop-canary.web.svc.cluster.local.
  std::string service_of(const boost::json::value& entry) const;
};

// One selected element of spec.http, spec.tls or spec.tcp.
struct SelectedRoute {
  std::string_view protocol;
  std::size_t index = 0;
};

// The routes whose weights are ours: those that `selection` names, or, of a protocol of which it names none, the only
// one that is not managed. The error says what is missing in the VirtualService.
kube::Result<std::vector<SelectedRoute>> selected_routes(const boost::json::value& service,
                                                         const crds::IstioVirtualService& selection,
                                                         const IstioBackends& backends);

// The list of elements at spec.<protocol>; nullptr without one.
const boost::json::array* routes_at(const boost::json::value& service, std::string_view protocol);
bool is_managed_name(const RoutingPart& part, std::string_view name);

}  // namespace sluice::traffic
