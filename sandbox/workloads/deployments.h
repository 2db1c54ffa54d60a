// Deployments make ReplicaSets and move from one to the next.
#pragma once

#include <memory>

#include "sandbox/workloads/behaviour.h"
#include "sandbox/workloads/world.h"

namespace sluice::sandbox {

// `world` outlives it. The pod-template-hash is of this program's own making: names of ReplicaSets differ from those of
// a real cluster. A paused Deployment keeps its sets as they are, but for a change of its size.
std::unique_ptr<Behaviour> make_deployments(World& world);

}  // namespace sluice::sandbox
