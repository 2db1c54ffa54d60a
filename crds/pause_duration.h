// How long a pause step waits.
#pragma once

#include <optional>

#include "crds/canary_step.h"
#include "kube/result.h"
#include "kube/time.h"

namespace sluice::crds {

// nullopt waits for a person. Fault::invalid for a text that is neither a number of seconds nor a duration, and for
// what is negative.
kube::Result<std::optional<kube::Duration>> pause_duration(const PauseStep& pause);

}  // namespace sluice::crds
