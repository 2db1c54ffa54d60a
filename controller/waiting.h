// The reason why an update stands still, for whoever reads the Rollout and not the answer of `explain`.
#pragma once

#include <string>

#include "controller/draft.h"

namespace sluice::controller {

// "held by capacity: 2 of 5 canary pods are available; goes on when 3 more pods become available".
std::string text_of(const Reason& reason);

// The phase Progressing says nothing about why. When the first guard has held an update for a minute without progress,
// the condition Waiting and an Event tell it in the words of `explain`; another guard after that, at most one a minute.
// With the next progress the condition goes. Call it when everything else of the status is complete.
void tell_what_holds(Draft& draft);

}  // namespace sluice::controller
