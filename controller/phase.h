// The phase of a Rollout in one word, and the sentence beside it, as tools have always read them.
#pragma once

#include <string>

#include "crds/rollout.h"
#include "kube/time.h"

namespace sluice::controller {

struct PhaseAndMessage {
  std::string phase;    // Healthy, Degraded, Progressing or Paused
  std::string message;  // "" when Healthy
};

// `replicas` is spec.replicas, or its default. A restart that is asked for later than `now` is none yet.
PhaseAndMessage phase_of(const crds::RolloutSpec& spec, const crds::RolloutStatus& status, int replicas,
                         kube::Time now);

}  // namespace sluice::controller
