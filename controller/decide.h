// The decision about one Rollout: a total function of what was observed and the time.
#pragma once

#include "controller/decision.h"
#include "controller/observation.h"

namespace sluice::controller {

// Answers for every observation, the half-built and contradictory ones too. Applying the answer and deciding again
// comes to rest without writes; a Rollout that is being deleted gets an empty decision.
Decision decide(const RolloutObservation& seen, Time now);

}  // namespace sluice::controller
