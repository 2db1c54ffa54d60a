// The nodes: pods are given a place, start, become ready, end, and stop when they are deleted.
#pragma once

#include <memory>

#include "sandbox/workloads/behaviour.h"
#include "sandbox/workloads/world.h"

namespace sluice::sandbox {

// `world` outlives it.
std::unique_ptr<Behaviour> make_kubelet(World& world);

}  // namespace sluice::sandbox
