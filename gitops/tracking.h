// The mark by which a live object is known to belong to an application.
#pragma once

#include <string>
#include <string_view>

#include <boost/json/fwd.hpp>

#include "gitops/resource_id.h"

namespace sluice::gitops {

// The name that marks carry: the application's own name in the controller's namespace, "<namespace>_<name>" elsewhere.
std::string instance_name(std::string_view ns, std::string_view name, std::string_view controller_ns);

// "<instance>:<group>/<kind>:<namespace>/<name>".
std::string tracking_id(std::string_view instance, const ResourceId& id);

// The instance that owns a live object; "" when no application does. A mark that was copied from another object (it
// names a different one) and an object with a controlling owner count for nothing.
std::string owner_of(const json::value& live);

// Puts the mark on a desired object.
void mark(json::value& desired, std::string_view instance);

}  // namespace sluice::gitops
