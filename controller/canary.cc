// The next move of a canary update: sizes, traffic, steps and promotion.
#include "controller/canary.h"

#include <algorithm>
#include <cstdint>

#include <fmt/format.h>

#include "controller/canary_sizes.h"
#include "controller/canary_traffic.h"
#include "controller/high_water.h"
#include "controller/old_sets.h"
#include "controller/pause.h"
#include "controller/rollback.h"
#include "controller/status.h"
#include "controller/steps.h"

namespace sluice::controller {
namespace {

// An update is under way that follows the steps.
bool follows_steps(const Draft& draft) {
  return !draft.is_initial() && !draft.is_promoted() && !draft.is_aborted() && !draft.is_promote_full() &&
         fast_rollback(draft) == FastRollback::no;
}

// Pods of the stable set that may be missing when an abort has waited long enough for the last ones.
int abort_slack(Draft& draft) {
  const Time patience = draft.before.aborted_at.value_or(draft.now) + draft.seen.options.abort_wait;
  if (draft.now < patience) {
    draft.wake(patience);
    return 0;
  }
  return std::max(1, fence_of(*draft.canary(), draft.replicas).unavailable);
}

// The share that the canary's pods can still carry after some of them have gone: in proportion to those it had.
int carried_weight(const Draft& draft, int wanted, int index) {
  const int available = available_of(draft.sets.newest);
  const int needed = wanted_sizes(draft, index).canary;
  if (is_enough(draft.canary()->replica_progress_threshold, needed, available)) return wanted;
  const int had = std::min(needed, most_available(draft));
  return available < had ? static_cast<int>(std::int64_t{wanted} * available / had) : wanted;
}

// The shares of a running Experiment that may go into the routes: those whose Services are noted in the status already,
// so that they are found again whatever happens.
std::vector<traffic::Destination> destinations_of(const Draft& draft, const RolloutExperiments& experiments) {
  std::vector<traffic::Destination> destinations;
  if (!draft.before.canary.weights) return destinations;
  for (const crds::WeightDestination& wanted : experiments.destinations())
    for (const crds::WeightDestination& known : draft.before.canary.weights->additional) {
      if (known.service_name != wanted.service_name || (draft.is_halted() && known.weight == 0)) continue;
      destinations.push_back({wanted.service_name, wanted.pod_template_hash, wanted.weight});
      break;
    }
  return destinations;
}

void plan_traffic(Draft& draft, const CanaryTraffic& traffic, const RolloutExperiments& experiments, int index) {
  const ReplicaSetPointer& newest = draft.sets.newest;
  traffic.plan_selectors(draft);
  if (!draft.is_initial()) traffic.tell_trouble(draft);
  if (draft.is_initial() || !traffic.can_split()) return;

  const int share = traffic.canary_share();
  if (!draft.mistakes.empty() && !draft.is_aborted())
    return traffic.plan_weight(draft, {.weight = share, .keep_managed = !traffic.is_without_managed()});
  if (draft.is_aborted()) {
    const int slack = share > 0 ? abort_slack(draft) : 0;
    return traffic.plan_weight(draft, {.slack = slack});
  }
  // The stable Service comes first: until it selects the promoted set, the canary's share is what serves it.
  if (draft.is_promoted()) return traffic.plan_weight(draft, {.weight = traffic.stable_selects(newest) ? 0 : share});
  const std::vector<traffic::Destination> others = destinations_of(draft, experiments);
  if (available_of(newest) == 0 || !traffic.canary_selects(newest))
    return traffic.plan_weight(draft, {.additional = others});
  if (!follows_steps(draft)) return traffic.plan_weight(draft, {.weight = share});
  if (draft.canary()->steps.empty()) return traffic.plan_weight(draft, {});

  const int wanted = weight_at(draft.canary()->steps, index, traffic.max_weight());
  const int needed = std::min(available_of(newest), wanted_sizes(draft, index).canary);
  const bool are_pods_there = are_sizes_reached(draft, index);
  const int published = traffic.published(newest);
  const bool is_published = published >= needed;
  if (are_pods_there && !is_published)
    draft.hold("endpoints", fmt::format("{} of {} canary pods are published as endpoints", published, needed),
               "its EndpointSlices show them");
  const int carried = carried_weight(draft, wanted, index);
  if (carried < traffic.canary_share())
    draft.hold("capacity",
               fmt::format("{} of the canary can carry {} %", counted(available_of(newest), "available pod"),
                           carried * 100 / traffic.max_weight()),
               "more canary pods become available");
  traffic.plan_weight(draft, {.weight = carried,
                              .may_rise = are_pods_there && is_published && !draft.is_halted(),
                              .keep_managed = published > 0,
                              .additional = others});
}

// A pause step: begins, lasts, or is over. Answers whether it is over.
bool is_pause_over(Draft& draft, const crds::PauseStep& step) {
  if (has_resume_token(draft)) return true;
  const crds::PauseCondition* pause = find_pause(draft, canary_pause);
  if (!pause) {
    begin_pause(draft, canary_pause);
    return false;
  }
  const std::optional<kube::Duration> duration = duration_of(step);
  if (!duration) {
    draft.hold("pause", "the step pauses until a person promotes", "a person promotes", pause->start_time);
    return false;
  }
  const Time end = pause->start_time + *duration;
  if (draft.now >= end) return true;
  draft.wake(end);
  draft.hold("pause", fmt::format("the step pauses until {}", kube::format_time(end)),
             "that time comes, or a person promotes", pause->start_time);
  return false;
}

bool is_split_observed(Draft& draft, const CanaryTraffic& traffic, int index) {
  if (!traffic.has_router() || draft.replicas == 0) return true;
  const int weight = weight_at(draft.canary()->steps, index, traffic.max_weight());
  if (traffic.is_observed(weight) && (weight == 0 || traffic.canary_selects(draft.sets.newest))) return true;
  draft.hold(
      "route",
      fmt::format("the route is not yet seen to give {} % to the canary; now {} %", weight, traffic.canary_share()),
      "the router reports the new weights");
  return false;
}

// What gates a step besides sizes and traffic.
struct Verdicts {
  Verdict analysis = Verdict::none;
  Verdict experiment = Verdict::none;
};

bool is_step_done(Draft& draft, const CanaryTraffic& traffic, const Verdicts& verdicts, const crds::CanaryStep& step,
                  int index) {
  if (step.pause) return is_pause_over(draft, *step.pause);
  if (step.set_canary_scale || step.set_weight) {
    if (are_sizes_reached(draft, index)) return is_split_observed(draft, traffic, index);
    hold_for_sizes(draft, index);
    return false;
  }
  if (step.set_header_route || step.set_mirror_route) {
    // Without pods there is nothing to route to; the route is made as soon as there are some.
    if (traffic.are_declared_observed() || wanted_sizes(draft, index).canary == 0) return true;
    draft.hold("route", fmt::format("the route of step {} ({}) is not seen yet", index, text_of(step)),
               "canary pods are published and the router has taken the route");
    return false;
  }
  if (step.analysis) {
    if (!step.analysis->templates.empty()) return verdicts.analysis == Verdict::successful;
    return true;
  }
  if (step.experiment) return verdicts.experiment == Verdict::successful;
  draft.hold("step", fmt::format("step {} ({}) is not supported by this version", index, text_of(step)),
             "the step is taken out");
  return false;
}

void advance_step(Draft& draft, const CanaryTraffic& traffic, const Verdicts& verdicts, int index) {
  const crds::CanarySteps& steps = draft.canary()->steps;
  const crds::CanaryStep* step = step_at(steps, index);
  if (!follows_steps(draft) || !step) return;
  if (draft.is_halted()) {
    if (draft.spec.paused) draft.hold("pause", "spec.paused is true", "a person sets it to false");
    return;
  }
  const bool is_done = is_step_done(draft, traffic, verdicts, *step, index);
  if (!is_done) {
    if (!step->pause) use_resume_token(draft);
    return;
  }
  end_pause(draft, canary_pause);
  use_resume_token(draft);
  draft.status.current_step_index = index + 1;
  draft.status.canary.current_step_analysis_run_status.reset();
  draft.tell("RolloutStepCompleted",
             fmt::format("Rollout step {}/{} completed ({})", index + 1, steps.size(), text_of(*step)));
}

bool is_whole(const Draft& draft) {
  const ReplicaSetPointer& newest = draft.sets.newest;
  return newest && is_enough(draft.canary()->replica_progress_threshold, draft.replicas, available_of(newest));
}

void promote_when_due(Draft& draft, const CanaryTraffic& traffic, int index) {
  const crds::CanarySteps& steps = draft.canary()->steps;
  if (draft.is_initial()) return promote(draft, "Initial deploy", "Promoted");
  if (draft.is_promoted() || draft.is_aborted()) return;
  if (draft.is_halted()) return;
  const FastRollback rollback = fast_rollback(draft);
  const bool is_at_end = index >= static_cast<int>(steps.size());
  if (!draft.is_promote_full() && rollback == FastRollback::no && !is_at_end) return;
  if (!is_whole(draft)) return hold_for_sizes(draft, static_cast<int>(steps.size()));
  if (draft.is_promote_full()) return promote(draft, "Full promotion requested", "FastPromoted");
  if (rollback != FastRollback::no) return promote(draft, text_of(rollback), "Promoted");
  if (!steps.empty() && !is_split_observed(draft, traffic, index)) return;
  promote(draft, fmt::format("Completed all {} canary steps", steps.size()), "Promoted");
}

}  // namespace

void start_steps(Draft& draft) {
  const crds::CanarySteps& steps = draft.canary()->steps;
  draft.status.current_step_hash = steps.hash();
  if (steps.empty() || draft.is_initial()) return;
  const FastRollback rollback = fast_rollback(draft);
  if (rollback == FastRollback::no) return;
  draft.status.current_step_index = static_cast<std::int32_t>(steps.size());
  draft.tell("SkipSteps", rollback == FastRollback::to_stable ? "Rollback to stable ReplicaSets"
                                                              : "Rollback to active ReplicaSets within RollbackWindow");
}

std::vector<Gate> canary_gates(const Draft& draft) {
  const crds::CanaryStrategy& strategy = *draft.canary();
  const int index = step_index(draft.before, strategy.steps);
  const crds::CanaryStep* step = step_at(strategy.steps, index);
  Gate in_step;
  in_step.kind = RunKind::step;
  in_step.analysis = step && step->analysis ? &*step->analysis : nullptr;
  in_step.step = index;
  in_step.is_needed = follows_steps(draft);
  in_step.may_start = !draft.spec.paused && draft.before.pause_conditions.empty();

  Gate background;
  background.kind = RunKind::background;
  background.analysis = strategy.analysis ? &strategy.analysis->analysis : nullptr;
  background.is_needed =
      follows_steps(draft) && strategy.analysis && index >= strategy.analysis->starting_step.value_or(0);
  background.may_start = !draft.spec.paused;
  return {in_step, background};
}

ExperimentGate experiment_gate(const Draft& draft) {
  const crds::CanarySteps& steps = draft.canary()->steps;
  ExperimentGate gate;
  gate.step = step_index(draft.before, steps);
  const crds::CanaryStep* step = step_at(steps, gate.step);
  if (step && step->experiment && follows_steps(draft)) gate.experiment = &*step->experiment;
  gate.may_start = !draft.spec.paused && draft.before.pause_conditions.empty();
  return gate;
}

void decide_canary(Draft& draft, const RolloutAnalyses& analyses, const RolloutExperiments& experiments) {
  const CanaryTraffic traffic(draft);
  const int index = step_index(draft.before, draft.canary()->steps);
  const int steps = static_cast<int>(draft.canary()->steps.size());
  if (draft.before.current_step_index.value_or(0) > steps) {
    draft.status.current_step_index = steps;
    draft.tell("RolloutStepIndexCorrected", fmt::format("Step index {} is past the end; there are {}",
                                                        *draft.before.current_step_index, counted(steps, "step")));
  }
  plan_traffic(draft, traffic, experiments, index);
  plan_sizes(draft, traffic, index);
  if (!draft.is_aborted()) remove_deadline(draft, draft.sets.newest);
  if (draft.sets.is_divided()) remove_deadline(draft, draft.sets.stable);
  traffic.record(draft, experiments.destinations());
  if (draft.is_promoted() && !draft.spec.paused) use_resume_token(draft);

  if (draft.is_promote_full() || fast_rollback(draft) == FastRollback::within_window) {
    end_all_pauses(draft);
    if (steps > 0) draft.status.current_step_index = steps;
  }
  advance_step(draft, traffic, {analyses.verdict(RunKind::step), experiments.verdict()}, index);
  promote_when_due(draft, traffic, index);
}

}  // namespace sluice::controller
