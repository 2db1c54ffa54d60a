// The Node objects of the simulated cluster.
#pragma once

#include <string>

#include "sandbox/workloads/world.h"

namespace sluice::sandbox {

inline constexpr kube::Resource nodes{"", "v1", "Node", "nodes", false};

// Numbers begin with 1.
std::string node_name(int number);
std::string node_address(int number);

// Creates those that are not there; each is Ready and has room for 5,000 pods.
void make_nodes(const World& world);

}  // namespace sluice::sandbox
