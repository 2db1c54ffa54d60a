// A pod made from the template of its owner.
#pragma once

#include <string>
#include <string_view>

#include <boost/json/fwd.hpp>

#include "kube/resource.h"

namespace sluice::sandbox {

namespace json = boost::json;

// A reference with controller: true and blockOwnerDeletion: true.
json::object controller_reference(const kube::Resource& kind, const json::value& owner);

// A Pod of spec.template of `owner`, which becomes its controller. `name` is the whole name.
json::object pod_from_template(const kube::Resource& kind, const json::value& owner, std::string_view name);

}  // namespace sluice::sandbox
