// What a traffic router was seen to do: the split that is written in its route, and whether the router has taken it.
#pragma once

#include <optional>
#include <string>

#include "kube/metadata.h"
#include "traffic/split.h"

namespace sluice::traffic {

// How deeply a router can be observed; the deepest level that it offers is used.
enum class Depth {
  written,   // the API server has the route; nothing reports on it
  reported,  // the route's own status tells whether its controllers have taken this generation
};

// One route of a Rollout as it was last seen.
struct ObservedRoute {
  std::string kind;  // "HTTPRoute"
  kube::ObjectKey key;
  std::string resource_version;  // "" when the route does not exist
  // Why no split can be read or written ("" when it can): the route is missing, or carries none of the backends.
  std::string error;
  // The canary's share in percent: the largest and the smallest that any of its rules gives.
  int largest_canary = 0;
  int smallest_canary = 0;
  // Every rule carries exactly the weights of one split, written out (absent weights mean 1 each and are not a split).
  bool is_uniform = false;
  Depth depth = Depth::written;
  // The generation that was read is the one in force, as far as `depth` can tell.
  bool is_accepted = false;
  std::string waits_for;  // which part of the route's status is missing; "" when accepted
};

}  // namespace sluice::traffic
