// Whether an update still makes progress, and when it has taken too long. Both are read from the durable status, so
// that the deadline holds over a restart.
#pragma once

#include <optional>

#include "controller/draft.h"

namespace sluice::controller {

// The status that is being made shows more than the durable one: more pods, a switched Service, a further step.
bool has_progressed(const Draft& draft);
// The controller does nothing by itself at this moment, so that the deadline does not run.
bool is_clock_suspended(const Draft& draft);
// When the update times out unless there is progress; nullopt when no deadline runs.
std::optional<Time> progress_deadline(const Draft& draft);
// The deadline has passed, or has done so before and nothing has moved since.
bool is_timed_out(const Draft& draft);
// `ReplicaSet "web-abc" has timed out progressing.`
std::string timeout_text(const Draft& draft);

}  // namespace sluice::controller
