// How slow and how random the simulated cluster is.
#pragma once

#include <cstdint>
#include <vector>

#include "kube/time.h"

namespace sluice::sandbox {

struct WorkloadOptions {
  std::uint64_t seed = 1;  // decides the names of pods and how long each takes to start
  // A pod's containers run after a time between these two, by its name.
  kube::Duration shortest_start = std::chrono::seconds(1);
  kube::Duration longest_start = std::chrono::seconds(2);
  // From a change of a pod or Service to the EndpointSlices that show it.
  kube::Duration endpoints_delay = std::chrono::milliseconds(100);
  // From a change of an HTTPRoute to the gateway's word in its status, and from there to requests that follow it.
  kube::Duration route_status_delay = std::chrono::milliseconds(100);
  kube::Duration route_serving_delay = std::chrono::milliseconds(100);
  // Proxies beside the first one, and how much longer each of them takes to follow a route. Requests come to all alike.
  std::vector<kube::Duration> slower_proxies = {};
  // The gateway's word about a route comes only when all proxies follow it.
  bool reports_when_served = false;
  // From the deletion of an owner to that of its dependents.
  kube::Duration collection_delay = std::chrono::milliseconds(50);
  int nodes = 4;
};

}  // namespace sluice::sandbox
