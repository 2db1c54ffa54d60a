// PodDisruptionBudgets count their pods and say how many may be evicted.
#pragma once

#include <memory>

#include "sandbox/workloads/behaviour.h"
#include "sandbox/workloads/world.h"

namespace sluice::sandbox {

inline constexpr kube::Resource disruption_budgets{"policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets"};

// `world` outlives it. The expected number of pods is that of the selected pods' controllers that have a size, as a
// real cluster counts it.
std::unique_ptr<Behaviour> make_disruption_budgets(World& world);

}  // namespace sluice::sandbox
