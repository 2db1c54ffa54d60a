// What a traffic router was seen to do: the split that is written in its route, and whether the router has taken it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kube/metadata.h"
#include "kube/time.h"
#include "traffic/split.h"

namespace sluice::traffic {

class Route;  // traffic/route.h

// How deeply a router can be observed; the deepest level that it offers is used.
enum class Depth {
  written,    // the API server has the route; nothing reports on it
  reported,   // the route's own status tells whether its controllers have taken this generation
  confirmed,  // an external control plane, such as a load balancer's API, was asked what is in force
  seen        // the data plane itself is known to follow: every proxy has this generation
};

// Which sets the subsets of a DestinationRule select; "" for a subset without a hash.
struct ObservedSubsets {
  std::string canary_hash;
  std::string stable_hash;
  std::string host;  // the Service whose endpoints the subsets divide; "" when it is not in the Rollout's namespace
  bool is_managed = false;  // the annotation names this Rollout
  bool operator==(const ObservedSubsets&) const = default;
};

// Who last wrote an object, as far as its managedFields tell.
struct LastWriter {
  std::string name;                   // "" when it is this program or unknown
  std::optional<kube::Time> at;       // the last write of anybody that was not about the status
  std::optional<kube::Time> ours_at;  // the last write of this program
};

// The load balancer behind an Ingress, as its own API tells it. ARNs are "" when no rule names the target group.
struct ObservedBalancer {
  std::string name;
  std::string arn;
  std::string canary_group;  // ARN
  std::string stable_group;  // ARN
  bool operator==(const ObservedBalancer&) const = default;
};

// One route of a Rollout as it was last seen.
struct ObservedRoute {
  std::string kind;  // "HTTPRoute"
  kube::ObjectKey key;
  std::string resource_version;  // "" when the route does not exist
  // Why no split can be read or written ("" when it can): the route is missing, or carries none of the backends.
  std::string error;
  bool is_read = true;  // false until the first list of this kind is complete
  // It divides traffic by weight. One that only selects pods by their hash has subsets instead.
  bool has_weights = true;
  std::optional<ObservedSubsets> subsets;
  // The canary's weight: the largest and the smallest that any of its rules gives.
  int largest_canary = 0;
  int smallest_canary = 0;
  // Every rule carries exactly the weights of one split, written out (absent weights mean 1 each and are not a split).
  bool is_uniform = false;
  std::vector<Destination> additional;  // further destinations of the split, without hashes
  // Header and mirror routes of the Rollout.
  bool has_managed = false;  // at least one exists
  bool has_declared = true;  // exactly those that the steps declare exist, as they should be
  Depth depth = Depth::written;
  // The generation that was read is the one in force, as far as `depth` can tell.
  bool is_accepted = false;
  // Somebody has told what is in force; false while an external control plane was not asked yet, or gave no answer.
  bool is_answered = true;
  std::string waits_for;  // which part of the route's status is missing; "" when accepted
  LastWriter writer;
  std::optional<kube::Time> confirmed_at;  // when an external control plane began to answer so
  std::optional<ObservedBalancer> balancer;
  // How long after a write the data plane is taken to follow, where nobody reports on it.
  kube::Duration propagation{0};
  std::shared_ptr<const Route> route;  // how it is written
};

}  // namespace sluice::traffic
