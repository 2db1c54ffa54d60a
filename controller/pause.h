// The controller's own pauses in status.pauseConditions, and how a person ends them.
//
// status.controllerPause is true while such a pause lasts. When the list is empty and it is still true, a person has
// ended the pause: that is a token, which stays until the step or switch that it was meant for uses it up.
#pragma once

#include <optional>
#include <string_view>

#include "controller/draft.h"

namespace sluice::controller {

inline constexpr std::string_view canary_pause = "CanaryPauseStep";
inline constexpr std::string_view blue_green_pause = "BlueGreenPause";
inline constexpr std::string_view inconclusive_pause = "InconclusiveAnalysisRun";
inline constexpr std::string_view inconclusive_experiment_pause = "InconclusiveExperiment";

// The pause as it is durable; nullptr when there is none.
const crds::PauseCondition* find_pause(const Draft& draft, std::string_view reason);
// A person has ended a pause of the controller, and nothing has used that yet.
bool has_resume_token(const Draft& draft);

// These change the status that is being made.
void begin_pause(Draft& draft, std::string_view reason);
void end_pause(Draft& draft, std::string_view reason);
void end_all_pauses(Draft& draft);
void use_resume_token(Draft& draft);

// Tells of pauses that begin or end with this decision.
void tell_of_pauses(Draft& draft);

}  // namespace sluice::controller
