// The controller's own pauses in status.pauseConditions, and how a person ends them.
#include "controller/pause.h"

#include <algorithm>

#include <fmt/format.h>

namespace sluice::controller {

const crds::PauseCondition* find_pause(const Draft& draft, std::string_view reason) {
  for (const crds::PauseCondition& pause : draft.before.pause_conditions)
    if (pause.reason == reason) return &pause;
  return nullptr;
}

bool has_resume_token(const Draft& draft) {
  return draft.before.controller_pause && draft.before.pause_conditions.empty();
}

void begin_pause(Draft& draft, std::string_view reason) {
  for (const crds::PauseCondition& pause : draft.status.pause_conditions)
    if (pause.reason == reason) return;
  draft.status.pause_conditions.push_back({crds::Word(reason), draft.stamp});
  draft.status.controller_pause = true;
}

void end_pause(Draft& draft, std::string_view reason) {
  std::erase_if(draft.status.pause_conditions, [&](const auto& pause) { return pause.reason == reason; });
  if (draft.status.pause_conditions.empty()) draft.status.controller_pause = false;
}

void end_all_pauses(Draft& draft) {
  draft.status.pause_conditions.clear();
  draft.status.controller_pause = false;
}

void use_resume_token(Draft& draft) {
  if (draft.status.pause_conditions.empty()) draft.status.controller_pause = false;
}

void tell_of_pauses(Draft& draft) {
  const bool was_paused = !draft.before.pause_conditions.empty();
  const bool is_paused = !draft.status.pause_conditions.empty();
  if (is_paused && !was_paused)
    draft.tell("RolloutPaused",
               fmt::format("Rollout is paused ({})", draft.status.pause_conditions.front().reason.view()));
  if (was_paused && !is_paused && !draft.status.abort) draft.tell("RolloutResumed", "Rollout is resumed");
}

}  // namespace sluice::controller
