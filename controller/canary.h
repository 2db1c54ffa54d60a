// The next move of a canary update: sizes, traffic, steps and promotion.
#pragma once

#include <vector>

#include "controller/draft.h"
#include "controller/rollout_analysis.h"
#include "controller/rollout_experiment.h"

namespace sluice::controller {

// The step index with which an update to the newest set starts: past the last step when its steps are skipped.
void start_steps(Draft& draft);
// The analyses that the current step and the background ask for.
std::vector<Gate> canary_gates(const Draft& draft);
// The Experiment that the current step asks for.
ExperimentGate experiment_gate(const Draft& draft);
// Everything else, once analyses and Experiments have been looked at and the update is not given up.
void decide_canary(Draft& draft, const RolloutAnalyses& analyses, const RolloutExperiments& experiments);

}  // namespace sluice::controller
