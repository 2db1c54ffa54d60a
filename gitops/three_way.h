// The patch that takes a live object to what Git says, in view of what was applied last.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/json/value.hpp>

namespace sluice::gitops {

namespace json = boost::json;

// The least patch, an empty object when nothing has to change. Members of `desired` are set, members that were in
// `last_applied` and are not in `desired` are removed, all others of `live` are left alone: defaults and fields that
// somebody else set are no difference. Values that mean the same (quantities, absent and empty) are equal. For a
// kind that the API server itself defines it is a strategic merge patch, otherwise a JSON merge patch in which lists
// are whole.
json::object three_way_patch(const json::object& last_applied, const json::object& desired, const json::object& live,
                             std::string_view group, std::string_view kind);

// The paths that a patch changes ("spec.template.spec.containers[name=web].image"), at most `most` of them.
std::vector<std::string> changed_paths(const json::object& patch, std::size_t most);

// JSON pointers to the members of a patch that `object` lacks. Elements of lists are not looked into.
std::vector<std::string> absent_members(const json::object& patch, const json::object& object);

}  // namespace sluice::gitops
