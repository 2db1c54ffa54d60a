// The most pods of the newest revision that were available at once in this attempt. It is on record in the condition
// MostAvailable, so that pods which come and go are told from pods that come.
#pragma once

#include "controller/draft.h"

namespace sluice::controller {

// As it is durable, and never more than the set should have; 0 when nothing is on record.
int most_available(const Draft& draft);
// More pods are available than ever before, or sets are being resized: the update gets on.
bool has_gained_pods(const Draft& draft);
// Brings the record in line with what is seen; there is none once the Rollout is healthy or aborted. Comes before the
// conditions that rest on it.
void record_most_available(Draft& draft);

}  // namespace sluice::controller
