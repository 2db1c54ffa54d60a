// The next move of a blue/green update: preview, gates, the switch of the active Service, promotion and the way back.
#pragma once

#include <vector>

#include "controller/draft.h"
#include "controller/rollout_analysis.h"

namespace sluice::controller {

// The first size of the set of a new revision.
int first_blue_green_size(const Draft& draft);
// The analyses before and after the switch.
std::vector<Gate> blue_green_gates(const Draft& draft);
// Everything else, once the analyses have been looked at and the update is not given up.
void decide_blue_green(Draft& draft, const RolloutAnalyses& analyses);

}  // namespace sluice::controller
