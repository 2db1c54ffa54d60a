// How many pods the canary and the stable set should have: the arithmetic, on numbers only.
#pragma once

#include <optional>

#include "crds/strategy.h"
#include "kube/int_or_string.h"

namespace sluice::controller {

// How far the number of pods may leave spec.replicas while sets are resized.
struct Fence {
  int surge = 0;        // pods above
  int unavailable = 0;  // available pods below; never more than the replicas
};

// Any text is a percentage, with or without "%"; surge rounds up, unavailable down. When both come out as 0,
// one pod may be unavailable, or nothing could ever move.
Fence fence_of(const kube::IntOrString& surge, const kube::IntOrString& unavailable, int replicas);
Fence fence_of(const crds::CanaryStrategy& canary, int replicas);

// Sizes (spec.replicas) of the two sets of a canary.
struct Sizes {
  int canary = 0;
  int stable = 0;
  bool operator==(const Sizes&) const = default;
};

// The sizes whose ratio comes closest to `weight` of `max` without a router: of `replicas` pods, or one more when
// `surge` allows it. A weight strictly between 0 and max gives at least one canary pod, and with two or more replicas
// at least one stable pod.
Sizes closest_sizes(int replicas, int weight, int max, int surge);

// A set as it stands.
struct SetCounts {
  int desired = 0;    // spec.replicas
  int available = 0;  // may exceed desired while the set shrinks
};

struct BasicCanaryInput {
  int replicas = 0;
  int weight = 0;
  int max_weight = 100;
  Fence fence;
  SetCounts canary;
  std::optional<SetCounts> stable;  // nullopt when there is none besides the canary
  int others_desired = 0;           // sum over all other sets
};

// The next sizes on the way to closest_sizes(): what the fence allows now, from what is available now.
Sizes next_basic_sizes(const BasicCanaryInput& input);

// Pods for a share of the traffic, rounded up; 64-bit inside, so that no input overflows.
int pods_for_weight(int replicas, int weight, int max);
// The share that this many pods can carry, rounded down, at most max. No replicas carry everything.
int weight_for_pods(int available, int replicas, int max);

struct RoutedCanaryInput {
  int replicas = 0;
  int weight = 0;
  int max_weight = 100;
  std::optional<int> scale_replicas;  // setCanaryScale.replicas in force
  std::optional<int> scale_weight;    // setCanaryScale.weight in force
  std::optional<int> min_pods;        // minPodsPerReplicaSet
};

// The canary's size when a router splits the traffic; the stable set keeps spec.replicas.
int routed_canary_size(const RoutedCanaryInput& input);

// True when `available` of `desired` pods are enough for a step to count as done.
bool is_enough(const crds::Seldom<crds::ReplicaProgressThreshold>& threshold, int desired, int available);

}  // namespace sluice::controller
