// The simple JSONPath of printer columns: ".status.conditions[?(@.type==\"Ready\")].status".
#pragma once

#include <string_view>

#include <boost/json/fwd.hpp>

namespace sluice::sandbox {

// All values that the path leads to; members by name or ['name'], [N], [*], [?(@.member=="text")]. Empty for a path
// that cannot be read.
boost::json::array find_json_path(const boost::json::value& object, std::string_view path);

}  // namespace sluice::sandbox
