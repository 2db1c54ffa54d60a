// Events have two forms, that of the core group and that of events.k8s.io. The core form is stored.
#pragma once

#include <boost/json/fwd.hpp>

namespace sluice::sandbox {

// Rewrites an object of events.k8s.io/v1 as one of v1, and back.
void to_core_event(boost::json::object& event);
void from_core_event(boost::json::object& event);

}  // namespace sluice::sandbox
