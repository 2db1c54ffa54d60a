// The decision about one Rollout: the guards in the order in which an operator would ask them.
#include "controller/decide.h"

#include <utility>

#include <fmt/format.h>

#include "controller/anti_affinity.h"
#include "controller/blue_green.h"
#include "controller/canary.h"
#include "controller/canary_sizes.h"
#include "controller/conditions.h"
#include "controller/draft.h"
#include "controller/ephemeral.h"
#include "controller/progress.h"
#include "controller/restart.h"
#include "controller/revision.h"
#include "controller/rollback.h"
#include "controller/rollout_analysis.h"
#include "controller/rollout_experiment.h"
#include "controller/spec_references.h"
#include "controller/status.h"
#include "controller/workload_scale.h"

namespace sluice::controller {
namespace {

// Counters that change while pods start wait for the next step of the update, which usually is written soon.
constexpr Duration patience_in_update = std::chrono::seconds(3);
constexpr Duration patience_at_rest = std::chrono::seconds(1);

Decision finish(Draft& draft) {
  Decision decision;
  decision.writes = std::move(draft.writes);
  decision.events = std::move(draft.events);
  decision.reasons = std::move(draft.reasons);
  decision.wake_at = draft.wake_at;
  decision.wants_templates_of = std::move(draft.wants_templates_of);
  if (same_on_the_wire(draft.status, draft.before)) {
    if (decision.writes.empty()) decision.events.clear();
    return decision;
  }
  if (differs_in_counters_only(draft.status, draft.before))
    decision.status_may_wait = draft.is_promoted() ? patience_at_rest : patience_in_update;
  decision.status = std::move(draft.status);
  return decision;
}

// Nothing of the Rollout is in force yet, so that there is nothing to protect.
Decision refuse(Draft& draft) {
  draft.status.observed_generation = std::to_string(draft.rollout.meta.generation);
  set_invalid_spec(draft);
  draft.status.phase = "Degraded";
  draft.status.message = "InvalidSpec: " + find_condition(draft.status.conditions, "InvalidSpec")->message.text();
  return finish(draft);
}

void begin_update(Draft& draft) {
  start_over(draft);
  const std::string hash = draft.sets.newest ? hash_of(draft.sets.newest) : std::string();
  if (!hash.empty()) draft.status.current_pod_hash = hash;
  if (draft.canary())
    start_steps(draft);
  else
    draft.status.current_step_hash = {};
  const bool is_back_at_stable = draft.is_promoted();
  if (is_back_at_stable && draft.status.duration) {
    if (!draft.status.duration->finished_at || draft.status.duration->completion_status == "Aborted")
      draft.status.duration->completion_status = "FastRolledBack";
    if (draft.status.duration->completion_status == "FastRolledBack") draft.status.duration->finished_at = draft.stamp;
  } else if (!is_back_at_stable) {
    draft.status.duration = crds::RolloutDuration{};
    draft.status.duration->rollout_started_at = draft.stamp;
  }
}

Decision start_revision(Draft& draft) {
  const int size = draft.canary() ? first_canary_size(draft) : first_blue_green_size(draft);
  if (!create_newest(draft, size)) {
    draft.status.observed_generation = draft.before.observed_generation;
    return finish(draft);
  }
  const CreateReplicaSet& set = std::get<CreateReplicaSet>(draft.writes.front().effect);
  if (draft.is_new_target) begin_update(draft);
  draft.status.current_pod_hash = set.hash;
  draft.progress_note = {"NewReplicaSetCreated", fmt::format("Created new replica set \"{}\"", set.name)};
  complete_status(draft);
  return finish(draft);
}

// The set of the template is there already, or only the steps have changed.
Decision restart_steps(Draft& draft) {
  begin_update(draft);
  draft.progress_note = {"ReplicaSetUpdated",
                         fmt::format("ReplicaSet \"{}\" is progressing.", draft.sets.newest->meta.name)};
  complete_status(draft);
  return finish(draft);
}

// A person has asked for another attempt at the aborted revision.
Decision retry(Draft& draft) {
  start_attempt(draft);
  complete_status(draft);
  return finish(draft);
}

// Full promotion of an aborted revision: a person overrules the abort.
Decision promote_aborted(Draft& draft) {
  start_attempt(draft);
  draft.status.promote_full = true;
  complete_status(draft);
  return finish(draft);
}

Decision give_up(Draft& draft, const std::string& why) {
  abort_update(draft, why);
  complete_status(draft);
  draft.hold("abort", why, "a person retries the update or applies another template", draft.stamp);
  return finish(draft);
}

// Requests of a person that are about an update, while there is none.
void drop_needless_requests(Draft& draft) {
  if (!draft.is_promoted()) return;
  draft.status.promote_full = false;
  draft.status.abort = false;
  draft.status.aborted_at.reset();
  if (draft.before.abort)
    draft.tell("RolloutAbortIgnored", fmt::format("Nothing to abort: revision {} is the stable one", draft.revision()));
}

bool is_overdue(const Draft& draft) {
  return draft.spec.progress_deadline_abort && draft.mistakes.empty() && !draft.is_aborted() && !draft.is_promoted() &&
         !draft.is_initial() && !has_progressed(draft) && is_timed_out(draft);
}

// What an update does not wait for, but what nobody may miss who asks why it is so quiet.
void tell_who_cannot_serve(Draft& draft) {
  if (draft.is_initial() || draft.is_promoted()) return;
  if (draft.replicas == 0) draft.hold("scale", "it is scaled to zero: spec.replicas is 0", "spec.replicas is raised");
  const ReplicaSetPointer& stable = draft.sets.stable;
  if (draft.replicas > 0 && draft.sets.is_divided() && stable && stable->status.replicas > 0 &&
      desired_of(stable) > 0 && available_of(stable) == 0)
    draft.hold("stable",
               fmt::format("the stable version cannot serve: none of the {} of {} is available; the update goes on by "
                           "what the new version shows",
                           counted(stable->status.replicas, "pod"), stable->meta.name),
               "they become available, or the new version is promoted");
}

// The strategy's part, and what belongs to every update; also with a spec that is wrong, for what it has to protect.
Decision decide_update(Draft& draft) {
  const bool is_canary = draft.canary() != nullptr;
  const RolloutAnalyses analyses(draft, is_canary ? canary_gates(draft) : blue_green_gates(draft));
  if (!analyses.abort_message().empty() && !draft.is_aborted()) return give_up(draft, analyses.abort_message());
  const RolloutExperiments experiments(draft, is_canary ? experiment_gate(draft) : ExperimentGate{});
  if (!experiments.abort_message().empty() && !draft.is_aborted()) return give_up(draft, experiments.abort_message());
  if (is_overdue(draft)) {
    const std::string why = timeout_text(draft);
    draft.warn("RolloutAborted", why);
    return give_up(draft, why);
  }
  if (draft.is_aborted()) {
    abort_update(draft, "");
    draft.hold("abort", find_condition(draft.status.conditions, "Progressing")->message.text(),
               "a person retries the update or applies another template", draft.status.aborted_at);
  }
  is_canary ? decide_canary(draft, analyses, experiments) : decide_blue_green(draft, analyses);
  tell_who_cannot_serve(draft);
  plan_workload(draft);
  plan_anti_affinity(draft);
  plan_ephemeral_metadata(draft);
  plan_restart(draft);
  if (draft.mistakes.empty()) prune_history(draft);
  complete_status(draft);
  return finish(draft);
}

Decision decide_invalid(const RolloutObservation& seen, Time now, kube::Mistakes mistakes) {
  Draft draft(seen, now, std::move(mistakes));
  for (const kube::Mistake& mistake : draft.mistakes)
    draft.hold("spec", fmt::format("{}: {}", mistake.path, mistake.message), "the field is put right");
  const bool has_strategy = (draft.canary() != nullptr) != (draft.blue_green() != nullptr);
  const bool is_known = draft.sets.newest && !draft.is_initial() && has_strategy;
  if (!is_known) return refuse(draft);
  count_pods(draft);
  return decide_update(draft);
}

}  // namespace

kube::Mistakes mistakes_in(const RolloutObservation& seen, Time now) {
  kube::Mistakes mistakes = seen.mistakes;
  // Those of the present spec are all told; the last valid one only stands in for it.
  if (!seen.rollout || seen.is_last_valid) return mistakes;
  const Draft draft(seen, now);
  for (kube::Mistake& mistake : mistakes_in_references(draft)) mistakes.push_back(std::move(mistake));
  if (mistakes.empty() && !draft.spec.pod_template) mistakes.push_back({"spec.template", "Required value"});
  if (mistakes.empty() && !draft.canary() && !draft.blue_green())
    mistakes.push_back(
        {"spec.strategy.strategy",
         "Required value: Rollout has missing field '.spec.strategy.canary or .spec.strategy.blueGreen'"});
  return mistakes;
}

Decision decide_after_failed_creation(const RolloutObservation& seen, Time now, const std::string& set,
                                      const std::string& error) {
  Draft draft(seen, now);
  const std::string message = fmt::format("Failed to create new replica set \"{}\": {}", set, error);
  set_condition(draft.status.conditions, "Progressing", "False", "ReplicaSetCreateError", message, draft.stamp);
  draft.hold("create", message, "the cause in the message is removed");
  return finish(draft);
}

Decision decide(const RolloutObservation& seen, Time now) {
  if (!seen.rollout || seen.rollout->meta.deletion_time) return {};
  kube::Mistakes mistakes = mistakes_in(seen, now);
  if (!mistakes.empty()) return decide_invalid(seen, now, std::move(mistakes));
  Draft draft(seen, now);

  if (adopt_orphans(draft)) return finish(draft);
  count_pods(draft);
  if (!draft.sets.newest) return start_revision(draft);
  synchronise_newest(draft);
  if (draft.is_new_target) return restart_steps(draft);
  if (!draft.before.abort && draft.before.aborted_at && !draft.is_promoted()) return retry(draft);
  if (draft.is_aborted() && draft.is_promote_full()) return promote_aborted(draft);
  drop_needless_requests(draft);
  return decide_update(draft);
}

}  // namespace sluice::controller
