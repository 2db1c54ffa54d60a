// Which EndpointSlices a Service should have for the pods that it selects.
#pragma once

#include <vector>

#include <boost/json/value.hpp>

#include "sandbox/workloads/pod_census.h"

namespace sluice::sandbox {

// One slice: the members `ports` and `endpoints`, at most 100 of these.
struct SlicePlan {
  json::array ports;
  json::array endpoints;
};

// `pods` that the Service selects, in the order in which they are to appear. Finished pods and those without an address
// are left out. Pods that give one named port different numbers land in different slices. At least one slice, which is
// empty when there is no endpoint.
std::vector<SlicePlan> slices_for(const json::value& service, const std::vector<Pod>& pods);

}  // namespace sluice::sandbox
