// The pod template of a Rollout that refers to another workload for it.
#pragma once

#include "controller/observation.h"
#include "controller/stores.h"

namespace sluice::controller {

// Sets `rollout` and `workload`, and adds to the mistakes what is wrong with the reference. Nothing of this is ever
// written back: the Rollout in the cluster keeps only the reference.
void resolve_workload(const Stores& stores, std::shared_ptr<const crds::Rollout> rollout, RolloutObservation& seen);

}  // namespace sluice::controller
