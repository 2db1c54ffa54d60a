// The parts of the status that follow from everything else: counters, selectors, duration, phase and message.
#include "controller/status.h"

#include <algorithm>

#include <fmt/format.h>

#include "controller/conditions.h"
#include "controller/pause.h"
#include "controller/phase.h"
#include "controller/services.h"
#include "controller/steps.h"
#include "controller/waiting.h"
#include "kube/selector.h"

namespace sluice::controller {
namespace {

struct Pods {
  std::int32_t all = 0, ready = 0, available = 0;
  void add(const ReplicaSetPointer& set) {
    all += set->status.replicas;
    ready += set->status.ready_replicas;
    available += set->status.available_replicas;
  }
};

Pods pods_of(const std::vector<ReplicaSetPointer>& sets) {
  Pods pods;
  for (const ReplicaSetPointer& set : sets) pods.add(set);
  return pods;
}

void forget_runs(crds::CanaryStatus& status) {
  status.current_step_analysis_run_status.reset();
  status.current_background_analysis_run_status.reset();
  status.current_experiment.clear();
}

std::string selector_text(const Draft& draft) {
  return draft.spec.selector ? kube::format_selector(*draft.spec.selector) : std::string();
}

void count_serving(Draft& draft, const Pods& pods) {
  draft.status.ready_replicas = pods.ready;
  draft.status.available_replicas = pods.available;
  draft.status.hpa_replicas = pods.all;
}

// A person's pause, which does not count as the rollout's own time.
bool is_paused_by_person(const Draft& draft) {
  if (draft.spec.paused) return true;
  for (const crds::PauseCondition& pause : draft.status.pause_conditions) {
    if (pause.reason == inconclusive_pause || pause.reason == "InconclusiveExperiment") return true;
    if (pause.reason == blue_green_pause && draft.blue_green() &&
        !draft.blue_green()->auto_promotion_enabled.value_or(true))
      return true;
    if (pause.reason == canary_pause && draft.canary()) {
      const crds::CanarySteps& steps = draft.canary()->steps;
      const crds::CanaryStep* step = step_at(steps, step_index(draft.status, steps));
      if (step && step->pause && !step->pause->duration) return true;
    }
  }
  return false;
}

void update_duration(Draft& draft) {
  if (!draft.status.duration) return;
  crds::RolloutDuration& duration = *draft.status.duration;
  const bool is_paused = is_paused_by_person(draft) && !duration.finished_at;
  if (is_paused && !duration.manual_pause_started_at) duration.manual_pause_started_at = draft.stamp;
  if (!is_paused && duration.manual_pause_started_at) {
    duration.total_manual_pause_duration_seconds +=
        std::chrono::duration_cast<std::chrono::seconds>(draft.stamp - *duration.manual_pause_started_at).count();
    duration.manual_pause_started_at.reset();
  }
  const bool is_promoted = !draft.status.stable_rs.empty() && draft.status.stable_rs == draft.status.current_pod_hash;
  const bool is_done = draft.status.abort || (is_promoted && !duration.completion_status.empty() &&
                                              available_of(draft.sets.newest) >= draft.replicas);
  if (is_done && !duration.finished_at) duration.finished_at = draft.stamp;
}

// Parts that change while pods come and go, or follow from an effect that has been told already.
void level(crds::RolloutStatus& status, const crds::RolloutStatus& other) {
  status.replicas = other.replicas;
  status.updated_replicas = other.updated_replicas;
  status.ready_replicas = other.ready_replicas;
  status.available_replicas = other.available_replicas;
  status.hpa_replicas = other.hpa_replicas;
  status.selector = other.selector;
  if (status.phase == other.phase) status.message = other.message;
  status.canary.weights = other.canary.weights;
  status.blue_green.active_selector = other.blue_green.active_selector;
  status.blue_green.preview_selector = other.blue_green.preview_selector;
}

crds::RolloutStatus trimmed(crds::RolloutStatus status) {
  if (status.duration && *status.duration == crds::RolloutDuration{}) status.duration.reset();
  return status;
}

bool is_refresh(const crds::Condition& left, const crds::Condition& right) {
  return left.type == right.type && left.status == right.status &&
         (left.reason == right.reason || left.type == "Progressing");
}

bool same_but_for_times(std::vector<crds::Condition> left, std::vector<crds::Condition> right) {
  // The record of pods goes with the counters.
  remove_condition(left, "MostAvailable");
  remove_condition(right, "MostAvailable");
  const auto by_type = [](const auto& a, const auto& b) { return a.type.view() < b.type.view(); };
  std::sort(left.begin(), left.end(), by_type);
  std::sort(right.begin(), right.end(), by_type);
  return std::equal(left.begin(), left.end(), right.begin(), right.end(), is_refresh);
}

}  // namespace

void count_pods(Draft& draft) {
  crds::RolloutStatus& status = draft.status;
  const Pods all = pods_of(draft.sets.all());
  status.replicas = all.all;
  status.updated_replicas = draft.sets.newest ? draft.sets.newest->status.replicas : 0;
  status.selector = selector_text(draft);
  count_serving(draft, all);

  if (const crds::BlueGreenStrategy* strategy = draft.blue_green()) {
    status.canary = {};
    const std::string active = selected_hash(find_service(draft, strategy->active_service));
    const std::string preview = selected_hash(find_service(draft, strategy->preview_service));
    status.blue_green.active_selector = active;
    status.blue_green.preview_selector = preview;
    if (const ReplicaSetPointer set = draft.sets.with_hash(active)) {
      Pods serving;
      serving.add(set);
      count_serving(draft, serving);
      status.selector = kube::format_selector(set->spec.selector);
    }
  } else {
    status.blue_green = {};
  }
}

void start_over(Draft& draft) {
  crds::RolloutStatus& status = draft.status;
  end_all_pauses(draft);
  status.abort = false;
  status.aborted_at.reset();
  status.promote_full = false;
  status.restarted_at = draft.spec.restart_at;
  status.blue_green.scale_up_preview_check_point = false;
  status.blue_green.pre_promotion_analysis_run_status.reset();
  status.blue_green.post_promotion_analysis_run_status.reset();
  forget_runs(status.canary);
  status.canary.step_plugin_statuses.clear();
  status.current_step_index.reset();
  if (draft.canary() && !draft.canary()->steps.empty()) status.current_step_index = 0;
}

void start_attempt(Draft& draft) {
  const std::optional<Time> restarted_at = draft.status.restarted_at;
  start_over(draft);
  draft.status.restarted_at = restarted_at;
  draft.status.duration = crds::RolloutDuration{};
  draft.status.duration->rollout_started_at = draft.stamp;
}

void abort_update(Draft& draft, const std::string& why) {
  crds::RolloutStatus& status = draft.status;
  end_all_pauses(draft);
  status.abort = true;
  if (!status.aborted_at) status.aborted_at = draft.stamp;
  if (draft.canary() && !draft.canary()->steps.empty()) status.current_step_index = 0;
  forget_runs(status.canary);
  if (!status.duration) status.duration.obtain().rollout_started_at = draft.stamp;
  status.duration->completion_status = "Aborted";
  std::string message = fmt::format("Rollout aborted update to revision {}", draft.revision());
  if (!why.empty()) message += ": " + why;
  if (set_condition(status.conditions, "Progressing", "False", "RolloutAborted", message, draft.stamp))
    draft.warn("RolloutAborted", message);
}

void promote(Draft& draft, const std::string& why, std::string_view completion) {
  crds::RolloutStatus& status = draft.status;
  end_all_pauses(draft);
  status.abort = false;
  status.aborted_at.reset();
  status.promote_full = false;
  status.blue_green.scale_up_preview_check_point = false;
  forget_runs(status.canary);
  status.current_step_index.reset();
  if (draft.canary() && !draft.canary()->steps.empty())
    status.current_step_index = static_cast<std::int32_t>(draft.canary()->steps.size());
  const std::string hash = hash_of(draft.sets.newest);
  if (draft.before.stable_rs == hash) return;
  status.stable_rs = hash;
  // The Services of a pair change their roles; what the routes say stays as it is.
  if (draft.canary() && draft.canary()->ping_pong)
    status.canary.stable_ping_pong = draft.before.canary.stable_ping_pong == "ping" ? "pong" : "ping";
  if (!status.duration) status.duration.obtain().rollout_started_at = draft.stamp;
  status.duration->completion_status = completion;
  draft.tell("RolloutCompleted",
             fmt::format("Rollout completed update to revision {} ({}): {}", draft.revision(), hash, why));
}

void complete_status(Draft& draft) {
  draft.status.observed_generation = std::to_string(draft.rollout.meta.generation);
  if (!draft.spec.workload_ref)
    draft.status.workload_observed_generation = {};
  else if (draft.seen.workload && draft.seen.workload->workload)
    draft.status.workload_observed_generation =
        crds::Word(std::to_string(draft.seen.workload->workload->meta.generation));
  update_duration(draft);
  update_conditions(draft);
  tell_of_pauses(draft);
  const PhaseAndMessage phase = phase_of(draft.spec, draft.status, draft.replicas, draft.now);
  draft.status.phase = phase.phase;
  draft.status.message = phase.message;
  tell_what_holds(draft);
}

bool same_on_the_wire(const crds::RolloutStatus& left, const crds::RolloutStatus& right) {
  return left == right || trimmed(left) == trimmed(right);
}

bool differs_in_counters_only(const crds::RolloutStatus& left, const crds::RolloutStatus& right) {
  if (!same_but_for_times(left.conditions, right.conditions)) return false;
  crds::RolloutStatus leveled = left;
  level(leveled, right);
  leveled.conditions = right.conditions;
  return same_on_the_wire(leveled, right);
}

}  // namespace sluice::controller
