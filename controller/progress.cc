// Whether an update still makes progress, and when it has taken too long.
#include "controller/progress.h"

#include <algorithm>

#include <fmt/format.h>

#include "controller/conditions.h"
#include "controller/high_water.h"
#include "controller/steps.h"

namespace sluice::controller {
bool has_progressed(const Draft& draft) {
  const crds::RolloutStatus& old = draft.before;
  const crds::RolloutStatus& now = draft.status;
  const bool have_old_pods_gone = now.replicas - now.updated_replicas < old.replicas - old.updated_replicas;
  // Pods that are made anew in the place of lost ones are no gain.
  const bool are_pods_made =
      now.updated_replicas > old.updated_replicas && now.updated_replicas > most_available(draft);
  if (has_gained_pods(draft) || are_pods_made || have_old_pods_gone) return true;
  if (draft.blue_green())
    return now.blue_green.active_selector != old.blue_green.active_selector ||
           now.blue_green.preview_selector != old.blue_green.preview_selector;
  const bool has_stepped =
      now.current_step_index && old.current_step_index && *now.current_step_index != *old.current_step_index;
  return now.stable_rs != old.stable_rs || has_stepped || now.current_step_hash != old.current_step_hash;
}

bool is_clock_suspended(const Draft& draft) {
  if (draft.spec.paused || !draft.mistakes.empty() || !draft.status.pause_conditions.empty()) return true;
  if (const crds::CanaryStrategy* canary = draft.canary(); canary && !draft.is_promoted()) {
    const crds::CanaryStep* step = step_at(canary->steps, step_index(draft.before, canary->steps));
    if (step && is_indefinite(*step)) return true;
  }
  // What is left to do for a promoted revision is to wait for the delays of the old ones.
  return draft.is_promoted() && std::any_of(draft.sets.others.begin(), draft.sets.others.end(), has_deadline);
}

std::optional<Time> progress_deadline(const Draft& draft) {
  const crds::Condition* progressing = find_condition(draft.before.conditions, "Progressing");
  if (!progressing || progressing->reason == "RolloutAborted" || progressing->reason == "RolloutPaused" ||
      progressing->reason == "NewReplicaSetAvailable" || is_clock_suspended(draft))
    return std::nullopt;
  return progressing->last_update_time + kube::seconds(draft.spec.progress_deadline_seconds.value_or(600));
}

bool is_timed_out(const Draft& draft) {
  const crds::Condition* progressing = find_condition(draft.before.conditions, "Progressing");
  if (progressing && progressing->reason == "ProgressDeadlineExceeded") return true;
  const std::optional<Time> deadline = progress_deadline(draft);
  return deadline && draft.now >= *deadline;
}

std::string timeout_text(const Draft& draft) {
  if (draft.sets.newest)
    return fmt::format("ReplicaSet \"{}\" has timed out progressing.", draft.sets.newest->meta.name);
  return fmt::format("Rollout \"{}\" has timed out progressing.", draft.rollout.meta.name);
}

}  // namespace sluice::controller
