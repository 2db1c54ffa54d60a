// Header and mirror routes of a VirtualService, made from the route whose traffic is split.
#pragma once

#include <boost/json/fwd.hpp>

#include "traffic/intent.h"

namespace sluice::traffic {

// The element of spec.http for a managed route; `source` is the element whose weights are ours, `canary` its
// destination on the canary's side.
boost::json::object make_istio_route(const ManagedRoute& managed, const boost::json::value& source,
                                     const boost::json::value& canary);

}  // namespace sluice::traffic
