// status.conditions of a Rollout: each one a function of what was observed and of the status before.
#include "controller/conditions.h"

#include <algorithm>

#include <fmt/format.h>

#include "controller/high_water.h"
#include "controller/progress.h"
#include "controller/steps.h"

namespace sluice::controller {
namespace {

using Conditions = std::vector<crds::Condition>;

bool has_reason(const Conditions& conditions, std::string_view type, std::string_view reason) {
  const crds::Condition* found = find_condition(conditions, type);
  return found && found->reason == reason;
}

bool is_true(const Conditions& conditions, std::string_view type) {
  const crds::Condition* found = find_condition(conditions, type);
  return found && found->status == "True";
}

// Progress is told anew each time, because the deadline counts from its last update.
void refresh_progressing(Draft& draft, std::string_view reason, std::string_view message) {
  Conditions& conditions = draft.status.conditions;
  const crds::Condition* old = find_condition(conditions, "Progressing");
  const Time since = old && old->status == "True" ? old->last_transition_time : draft.stamp;
  remove_condition(conditions, "Progressing");
  conditions.push_back({"Progressing", "True", draft.stamp, since, reason, message});
}

std::string progressing_text(const Draft& draft) {
  if (draft.sets.newest) return fmt::format("ReplicaSet \"{}\" is progressing.", draft.sets.newest->meta.name);
  return fmt::format("Rollout \"{}\" is progressing.", draft.rollout.meta.name);
}

std::string success_text(const Draft& draft) {
  if (draft.sets.newest)
    return fmt::format("ReplicaSet \"{}\" has successfully progressed.", draft.sets.newest->meta.name);
  return fmt::format("Rollout \"{}\" has successfully progressed.", draft.rollout.meta.name);
}

void update_progressing(Draft& draft, bool is_paused, bool has_become_unhealthy) {
  Conditions& conditions = draft.status.conditions;
  const bool is_completed = draft.status.stable_rs == draft.status.current_pod_hash;
  if (draft.progress_note) {
    refresh_progressing(draft, draft.progress_note->first, draft.progress_note->second);
    return;
  }
  if (has_reason(conditions, "Progressing", "RolloutAborted")) {
    set_condition(conditions, "Progressing", "Unknown", "RolloutRetry", "Retrying Rollout after abort", draft.stamp);
    return;
  }
  if (is_paused && !is_completed) {
    set_condition(conditions, "Progressing", "Unknown", "RolloutPaused", "Rollout is paused", draft.stamp);
    return;
  }
  if (has_reason(conditions, "Progressing", "RolloutPaused") && !is_paused && !has_progressed(draft)) {
    set_condition(conditions, "Progressing", "Unknown", "RolloutResumed", "Rollout is resumed", draft.stamp);
    return;
  }
  if (is_healthy(draft)) {
    set_condition(conditions, "Progressing", "True", "NewReplicaSetAvailable", success_text(draft), draft.stamp);
  } else if (has_become_unhealthy && is_completed) {
    refresh_progressing(draft, "ReplicaSetNotAvailable", "Rollout does not have minimum availability");
  } else if (has_progressed(draft) || has_become_unhealthy || !find_condition(conditions, "Progressing")) {
    refresh_progressing(draft, "ReplicaSetUpdated", progressing_text(draft));
  } else if (is_timed_out(draft)) {
    set_condition(conditions, "Progressing", "False", "ProgressDeadlineExceeded", timeout_text(draft), draft.stamp);
  } else if (const std::optional<Time> deadline = progress_deadline(draft)) {
    draft.wake(*deadline);
  }
}

void update_available(Draft& draft) {
  bool is_available = draft.status.available_replicas >= draft.replicas;
  if (draft.blue_green()) {
    const std::string active = draft.status.blue_green.active_selector;
    is_available = is_saturated(draft.sets.with_hash(active), draft.replicas);
  }
  set_condition(draft.status.conditions, "Available", is_available ? "True" : "False", "AvailableReason",
                is_available ? "Rollout has minimum availability" : "Rollout does not have minimum availability",
                draft.stamp);
}

// nullptr when no set has failed to make its pods; the newest one counts first.
const crds::WorkloadCondition* replica_failure(const Draft& draft) {
  std::vector<ReplicaSetPointer> sets = draft.sets.all();
  if (draft.sets.newest) sets.insert(sets.begin(), draft.sets.newest);
  for (const ReplicaSetPointer& set : sets)
    for (const crds::WorkloadCondition& condition : set->status.conditions)
      if (condition.type == "ReplicaFailure") return &condition;
  return nullptr;
}

void update_replica_failure(Draft& draft) {
  const crds::WorkloadCondition* failure = replica_failure(draft);
  if (!failure) return remove_condition(draft.status.conditions, "ReplicaFailure");
  draft.hold("pods", fmt::format("pods cannot be made: {}", failure->message), "the cause in the message is removed");
  set_condition(draft.status.conditions, "ReplicaFailure", failure->status.view(), failure->reason.view(),
                failure->message, draft.stamp);
}

void update_completed(Draft& draft) {
  const bool is_completed = !draft.status.stable_rs.empty() && draft.status.stable_rs == draft.status.current_pod_hash;
  const bool has_changed = set_condition(draft.status.conditions, "Completed", is_completed ? "True" : "False",
                                         "RolloutCompleted", "RolloutCompleted", draft.stamp);
  if (has_changed && !is_completed)
    draft.tell("RolloutNotCompleted", fmt::format("Rollout not completed, started update to revision {} ({})",
                                                  draft.revision(), draft.status.current_pod_hash));
}

}  // namespace

const crds::Condition* find_condition(const Conditions& conditions, std::string_view type) {
  const auto found =
      std::find_if(conditions.begin(), conditions.end(), [&](const auto& condition) { return condition.type == type; });
  return found == conditions.end() ? nullptr : &*found;
}

bool set_condition(Conditions& conditions, std::string_view type, std::string_view status, std::string_view reason,
                   std::string_view message, Time stamp) {
  const crds::Condition* old = find_condition(conditions, type);
  if (old && old->status == status && old->reason == reason) return false;
  const Time since = old && old->status == status ? old->last_transition_time : stamp;
  crds::Condition condition{type, status, stamp, since, reason, message};
  remove_condition(conditions, type);
  conditions.push_back(std::move(condition));
  return true;
}

void remove_condition(Conditions& conditions, std::string_view type) {
  std::erase_if(conditions, [&](const auto& condition) { return condition.type == type; });
}

bool is_healthy(const Draft& draft) {
  const crds::RolloutStatus& status = draft.status;
  if (status.updated_replicas != draft.replicas || status.available_replicas != draft.replicas) return false;
  if (draft.spec.paused || !status.pause_conditions.empty()) return false;
  if (const crds::BlueGreenStrategy* strategy = draft.blue_green()) {
    const crds::BlueGreenStatus& services = status.blue_green;
    return services.active_selector == status.current_pod_hash &&
           (strategy->preview_service.empty() || services.preview_selector == status.current_pod_hash);
  }
  const crds::CanaryStrategy* strategy = draft.canary();
  const bool is_at_end =
      !strategy || !status.current_step_index || *status.current_step_index >= static_cast<int>(strategy->steps.size());
  return is_at_end && status.stable_rs == status.current_pod_hash && status.replicas == draft.replicas;
}

void update_conditions(Draft& draft) {
  Conditions& conditions = draft.status.conditions;
  if (draft.mistakes.empty())
    remove_condition(conditions, "InvalidSpec");
  else
    set_invalid_spec(draft);
  const bool is_paused = draft.spec.paused || !draft.status.pause_conditions.empty();
  record_most_available(draft);

  const bool was_healthy = is_true(conditions, "Healthy");
  const bool healthy = is_healthy(draft);
  if (healthy)
    set_condition(conditions, "Healthy", "True", "RolloutHealthy", "Rollout is healthy", draft.stamp);
  else if (find_condition(conditions, "Healthy"))
    set_condition(conditions, "Healthy", "False", "RolloutHealthy", "Rollout is not healthy", draft.stamp);

  if (!draft.status.abort) update_progressing(draft, is_paused, was_healthy && !healthy && !is_paused);
  if (is_paused != is_true(conditions, "Paused"))
    set_condition(conditions, "Paused", is_paused ? "True" : "False", "RolloutPaused", "Rollout is paused",
                  draft.stamp);
  update_available(draft);
  update_replica_failure(draft);
  update_completed(draft);
  set_router_condition(draft);
}

void set_invalid_spec(Draft& draft) {
  Conditions& conditions = draft.status.conditions;
  const std::string message =
      fmt::format("The Rollout \"{}\" is invalid: {}", draft.rollout.meta.name, kube::describe(draft.mistakes));
  const crds::Condition* old = find_condition(conditions, "InvalidSpec");
  if (old && old->message == message) return;
  remove_condition(conditions, "InvalidSpec");
  set_condition(conditions, "InvalidSpec", "True", "InvalidSpec", message, draft.stamp);
}

void set_router_condition(Draft& draft) {
  Conditions& conditions = draft.status.conditions;
  const crds::Condition* old = find_condition(conditions, "TrafficRouted");
  if (draft.router_trouble.empty()) return remove_condition(conditions, "TrafficRouted");
  if (old && old->message == draft.router_trouble) return;
  remove_condition(conditions, "TrafficRouted");
  set_condition(conditions, "TrafficRouted", "False", "TrafficRoutingError", draft.router_trouble, draft.stamp);
  draft.warn("TrafficRoutingError", draft.router_trouble);
}

}  // namespace sluice::controller
