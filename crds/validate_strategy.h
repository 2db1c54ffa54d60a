// What is wrong with the strategy of a Rollout by itself.
#pragma once

#include "crds/rollout.h"
#include "kube/mistake.h"

namespace sluice::crds {

// In the order of the reference. `spec` has a strategy of that kind.
kube::Mistakes validate_blue_green(const RolloutSpec& spec);
kube::Mistakes validate_canary(const RolloutSpec& spec);

// The part that both have.
void validate_anti_affinity(const Seldom<AntiAffinity>& anti_affinity, kube::Mistakes& mistakes);

}  // namespace sluice::crds
