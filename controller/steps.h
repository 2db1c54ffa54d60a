// The steps of a canary, read at one index.
#pragma once

#include <optional>
#include <string>

#include "crds/rollout_status.h"
#include "crds/strategy.h"
#include "kube/time.h"

namespace sluice::controller {

// The current step: 0 when none is recorded, never past the end.
int step_index(const crds::RolloutStatus& status, const crds::CanarySteps& steps);
// nullptr after the last step.
const crds::CanaryStep* step_at(const crds::CanarySteps& steps, int index);
// The last setWeight at or before the index; 0 when there is none, `max` after the last step.
int weight_at(const crds::CanarySteps& steps, int index, int max);
// The last setCanaryScale at or before the index that is not cancelled by matchTrafficWeight; none after the last step.
const crds::SetCanaryScale* canary_scale_at(const crds::CanarySteps& steps, int index);
// nullopt for a pause that only a person ends, or whose duration cannot be read.
std::optional<kube::Duration> duration_of(const crds::PauseStep& pause);
// The step does not end by the controller's own work, so that the progress deadline does not run.
bool is_indefinite(const crds::CanaryStep& step);
// As events name it: "setWeight: 20", "pause: 1h".
std::string text_of(const crds::CanaryStep& step);

}  // namespace sluice::controller
