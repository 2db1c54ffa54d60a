// The sizes that the sets of a canary should have at one step, and the writes that lead there.
#pragma once

#include "controller/canary_traffic.h"
#include "controller/draft.h"
#include "controller/replica_arithmetic.h"

namespace sluice::controller {

// All weights of a canary are percent, except that a router may count up to another maximum.
int max_weight(const Draft& draft);
// The share of the pods that the newest set should have at this step index: everything when it is to take over, nothing
// after an abort.
int size_weight(const Draft& draft, int index);
// The first size of the set of a new revision, which does not exist yet.
int first_canary_size(const Draft& draft);
// The sizes that the step at this index asks for.
Sizes wanted_sizes(const Draft& draft, int index);
// The sets have the sizes of the step, and enough of their pods are available.
bool are_sizes_reached(const Draft& draft, int index);
// "2 of 5 canary pods are available": a reason why they are not.
void hold_for_sizes(Draft& draft, int index);
// Resizes the sets: the stable one first, then the newest, then what is left over.
void plan_sizes(Draft& draft, const CanaryTraffic& traffic, int index);

}  // namespace sluice::controller
