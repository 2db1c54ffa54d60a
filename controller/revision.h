// The revisions of a Rollout: the set of a new one, its number, its history, and adopting sets that lost their owner.
#pragma once

#include "controller/draft.h"

namespace sluice::controller {

// Writes the set of the current pod template with its first size and marks the Rollout with its revision. When another
// object has the name already, counts a collision in the status instead, so that the next decision finds another name.
// Answers whether the set is written.
bool create_newest(Draft& draft, int size);

// Keeps the newest set's annotations, minReadySeconds and revision (the highest of all sets) in step with the Rollout,
// and the Rollout's revision annotation and spec.replicas default in step with the set.
void synchronise_newest(Draft& draft);

// Takes over the sets without a controller that match the selector. Answers whether there were any.
bool adopt_orphans(Draft& draft);

// Deletes sets without pods beyond spec.revisionHistoryLimit, the oldest first; never one that a Service selects.
void prune_history(Draft& draft);

}  // namespace sluice::controller
