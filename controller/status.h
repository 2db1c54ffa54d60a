// The parts of the status that follow from everything else: counters, selectors, duration, phase and message.
#pragma once

#include "controller/draft.h"

namespace sluice::controller {

// Counts the pods and records what the Services select. Comes before the strategy decides.
void count_pods(Draft& draft);

// A new pod template or new steps: pauses, abort, runs and steps start over.
void start_over(Draft& draft);
// The same for another attempt at the same revision after an abort.
void start_attempt(Draft& draft);

// The update is given up: `why` is "" when a person asked for it.
void abort_update(Draft& draft, const std::string& why);
// The newest revision becomes the stable one. `why` ends the event: "Completed blue-green update".
void promote(Draft& draft, const std::string& why, std::string_view completion);

// Duration, conditions, phase and message, and the events that belong to them. Comes last.
void complete_status(Draft& draft);

// Both are the same text in JSON: parts without content count as absent.
bool same_on_the_wire(const crds::RolloutStatus& left, const crds::RolloutStatus& right);
// Nothing but counters and refreshed times differ, so that the write may wait for more of the same.
bool differs_in_counters_only(const crds::RolloutStatus& left, const crds::RolloutStatus& right);

}  // namespace sluice::controller
