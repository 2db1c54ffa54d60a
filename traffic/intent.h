// What the routes of one Rollout should say, as plain values: the split, the managed routes, the hashes of subsets.
#pragma once

#include <string>
#include <vector>

#include "crds/rollout.h"
#include "traffic/split.h"

namespace sluice::traffic {

// A header or mirror route as a step declares it.
struct ManagedRoute {
  std::string name;
  std::vector<crds::HeaderRouteMatch> headers;  // of a header route: requests that match go to the canary
  std::vector<crds::MirrorRouteMatch> mirrors;  // of a mirror route: copies of requests that match go to the canary
  int percentage = 100;                         // of the copies
  bool is_mirror() const { return !mirrors.empty(); }
  bool operator==(const ManagedRoute&) const = default;
};

struct Intent {
  Split split;
  std::vector<ManagedRoute> managed;  // those that should exist, the highest precedence first
  // For objects that select pods by hash themselves (DestinationRule); "" leaves a subset as it is.
  std::string canary_hash = {};
  std::string stable_hash = {};
  bool operator==(const Intent&) const = default;
};

// The Services between which the Rollout's routes divide the traffic: canaryService and stableService, or the ping and
// pong Services in their present roles.
Backends backends_of(const crds::Rollout& rollout);

// The managed routes that the steps up to this index declare, in the order of managedRoutes. A step without matches
// takes its route away; past the end all that were declared last still count.
std::vector<ManagedRoute> declared_routes(const crds::CanaryStrategy& strategy, int index);
// All names under which this Rollout may have made routes, in the order of managedRoutes.
std::vector<std::string> managed_names(const crds::CanaryStrategy& strategy);
// Every route that any step declares, also several of one name.
std::vector<ManagedRoute> declarable_routes(const crds::CanaryStrategy& strategy);

}  // namespace sluice::traffic
