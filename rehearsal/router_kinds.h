// The kinds of routers that a cluster knows only where a router is installed, as far as a rehearsal needs them.
#pragma once

#include <optional>

#include <boost/json/value.hpp>

namespace sluice::rehearsal {

// A CustomResourceDefinition under which this object can be stored as it is: for VirtualServices, DestinationRules,
// GRPC-, TCP- and TLSRoutes. nullopt for all other kinds.
std::optional<boost::json::value> router_kind_of(const boost::json::value& object);

}  // namespace sluice::rehearsal
