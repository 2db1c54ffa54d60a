// Restarting all pods of a Rollout by evicting them, no more at a time than may be missing.
#pragma once

#include "controller/draft.h"

namespace sluice::controller {

// Evicts pods that are older than spec.restartAt, the stable set's first, and records the end in the status.
// Answers whether pods go with this decision, so that availability says nothing for now.
bool plan_restart(Draft& draft);

}  // namespace sluice::controller
