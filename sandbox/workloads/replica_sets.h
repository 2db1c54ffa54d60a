// ReplicaSets keep as many pods as they ask for.
#pragma once

#include <memory>

#include "sandbox/workloads/behaviour.h"
#include "sandbox/workloads/world.h"

namespace sluice::sandbox {

// `world` outlives it.
std::unique_ptr<Behaviour> make_replica_sets(World& world);

}  // namespace sluice::sandbox
