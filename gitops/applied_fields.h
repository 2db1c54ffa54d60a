// What a field manager has applied to an object, read from the object's managedFields.
#pragma once

#include <string_view>

#include <boost/json/value.hpp>

namespace sluice::gitops {

namespace json = boost::json;

// The part of a live object that the manager owns by server-side apply, with the values that are there now; null when
// it owns nothing. It stands for the configuration that was applied last where no annotation keeps it.
json::value applied_by(const json::value& live, std::string_view manager);

}  // namespace sluice::gitops
