// A pod template as Go's Kubernetes libraries write it after reading it: the text that the pod-template-hash is made
// of.
#pragma once

#include <string>

#include <boost/json/fwd.hpp>

namespace sluice::crds {

namespace json = boost::json;

// Unknown members are dropped, quantities canonical, maps sorted, empty members left out where Go leaves them out.
std::string canonical_pod_template(const json::value& pod_template);

}  // namespace sluice::crds
