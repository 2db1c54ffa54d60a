// Values as Go's %v prints them, which some messages of the API do.
#pragma once

#include <string>

#include <boost/json/fwd.hpp>

namespace sluice::sandbox {

// "map[spec:map[replicas:1 tags:[a b]]]"
std::string go_text(const boost::json::value& value);

}  // namespace sluice::sandbox
