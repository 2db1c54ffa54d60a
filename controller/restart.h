// Restarting all pods of a Rollout by evicting them, no more at a time than may be missing.
#pragma once

#include "controller/draft.h"

namespace sluice::controller {

// True when a restart is due and more pods are available than have to be, so that their list is worth its reading.
bool can_evict(const Draft& draft);

// Evicts pods that are older than spec.restartAt, the stable set's first, and records the end in the status. Whatever
// the update itself has to write goes first: a disruption budget that forbids an eviction must not hold that up.
void plan_restart(Draft& draft);

}  // namespace sluice::controller
