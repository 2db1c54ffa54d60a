// How many pods each ReplicaSet of a Deployment should have next.
#pragma once

#include <cstdint>
#include <vector>

namespace sluice::sandbox {

struct SetSize {
  std::int64_t desired = 0;    // spec.replicas
  std::int64_t replicas = 0;   // status.replicas
  std::int64_t available = 0;  // status.availableReplicas
};

struct DeploymentSize {
  std::int64_t replicas = 0;
  std::int64_t max_surge = 0;        // pods, not percent
  std::int64_t max_unavailable = 0;  // pods; not 0 when max_surge is
  bool recreate = false;             // all old pods go before the first new one comes
};

// The new value of spec.replicas of the newest set and of each old one, in their order (the oldest first).
struct NextSizes {
  std::int64_t newest = 0;
  std::vector<std::int64_t> old;
};

// One step of the update: the newest grows as far as the surge allows; of the old ones first those pods go that are not
// available, then as many as may be unavailable, the oldest set first.
NextSizes next_sizes(const DeploymentSize& deployment, const SetSize& newest, const std::vector<SetSize>& old);

}  // namespace sluice::sandbox
