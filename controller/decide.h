// The decision about one Rollout: a total function of what was observed and the time.
#pragma once

#include "controller/decision.h"
#include "controller/observation.h"

namespace sluice::controller {

// Answers for every observation, the half-built and contradictory ones too. Applying the answer and deciding again
// comes to rest without writes; a Rollout that is being deleted gets an empty decision.
Decision decide(const RolloutObservation& seen, Time now);

// What is wrong with the spec, by itself and in what it refers to; empty when it is followed.
kube::Mistakes mistakes_in(const RolloutObservation& seen, Time now);

// What to say after the set of a new revision could not be made: only a status.
Decision decide_after_failed_creation(const RolloutObservation& seen, Time now, const std::string& set,
                                      const std::string& error);

}  // namespace sluice::controller
