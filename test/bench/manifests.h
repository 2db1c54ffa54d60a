// The workloads that are measured, as manifests.
#pragma once

#include <string>

namespace sluice::bench {

// The image of a version of the workload `name`.
std::string image(const std::string& name, int version);

// A Rollout of `replicas` pods with these setWeight steps (a comma-separated list), on an HTTPRoute, with its two
// Services and its route; the old version is scaled down `delay` seconds after the end.
std::string routed_canary(const std::string& name, int replicas, int delay, const std::string& weights,
                          const std::string& last_step = "");
// A blue/green Rollout with an active and a preview Service that promotes by itself.
std::string blue_green(const std::string& name, int replicas, int delay);

}  // namespace sluice::bench
