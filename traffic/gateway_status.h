// What the controllers of gateways report about a route: whether they have taken its generation.
#pragma once

#include <boost/json/fwd.hpp>

#include "traffic/observed_route.h"

namespace sluice::traffic {

// Fills in depth, is_accepted and waits_for.
void observe_parents(const boost::json::value& route, ObservedRoute& seen);

}  // namespace sluice::traffic
