// The decision about one Experiment, part by part.
#include "controller/experiment.h"

#include <algorithm>
#include <utility>

#include "controller/experiment_draft.h"
#include "crds/validate_experiment.h"

namespace sluice::controller {
namespace {

bool all_required_succeeded(const crds::ExperimentSpec& spec, const crds::ExperimentStatus& status) {
  bool is_any_required = false;
  for (const crds::ExperimentStepAnalysis& analysis : spec.analyses) {
    if (!analysis.required_for_completion) continue;
    is_any_required = true;
    const auto is_success = [&](const crds::ExperimentAnalysisStatus& run) {
      return run.name == analysis.name && run.phase == "Successful";
    };
    if (std::none_of(status.analysis_runs.begin(), status.analysis_runs.end(), is_success)) return false;
  }
  return is_any_required;
}

bool has_to_end(const crds::ExperimentSpec& spec, const crds::ExperimentStatus& status) {
  if (spec.terminate || is_final(status.phase)) return true;
  for (const crds::ExperimentTemplateStatus& one : status.template_statuses)
    if (is_bad(one.status)) return true;
  for (const crds::ExperimentAnalysisStatus& run : status.analysis_runs)
    if (is_bad(run.phase)) return true;
  return all_required_succeeded(spec, status);
}

}  // namespace

bool is_bad(std::string_view status) { return status == "Failed" || status == "Error" || status == "Inconclusive"; }
bool is_final(std::string_view status) { return status == "Successful" || is_bad(status); }

ExperimentDraft::ExperimentDraft(const ExperimentObservation& observation, Time at)
    : seen(observation),
      experiment(*observation.experiment),
      spec(*observation.experiment->spec),
      before(observation.experiment->status),
      now(at),
      stamp(std::chrono::floor<std::chrono::seconds>(at)),
      is_completed(is_final(before.phase)),
      is_terminating(has_to_end(spec, before)),
      status(before) {}

kube::OwnerReference ExperimentDraft::owner() const {
  return {"argoproj.io/v1alpha1", "Experiment", experiment.meta.name, experiment.meta.uid, true, true};
}

bool ExperimentDraft::is_ours(const kube::ObjectMeta& meta) const {
  return meta.controller() && meta.controller()->uid == experiment.meta.uid;
}

std::optional<Time> ExperimentDraft::end() const {
  if (!before.available_at || spec.duration.empty()) return std::nullopt;
  const kube::Result<Duration> duration = kube::parse_duration(spec.duration);
  return duration ? std::optional(*before.available_at + *duration) : std::nullopt;
}

const RefusedCreation* ExperimentDraft::refusal_of(std::string_view kind, std::string_view name) const {
  for (const RefusedCreation& refused : seen.refused)
    if (refused.kind == kind && refused.name == name) return &refused;
  return nullptr;
}

bool ExperimentDraft::is_taken(std::string_view kind, std::string_view name) const {
  const RefusedCreation* refused = refusal_of(kind, name);
  return refused && refused->why == RefusedCreation::Why::taken;
}

void ExperimentDraft::write(Effect effect, std::vector<Event> told, std::optional<Event> failure) {
  writes.push_back({std::move(effect), std::move(told), std::move(failure)});
}

void ExperimentDraft::tell(bool is_warning, std::string reason, std::string message, bool also_rollout) {
  Event event{is_warning, std::move(reason), std::move(message)};
  if (also_rollout) rollout_events.push_back(event);
  events.push_back(std::move(event));
}

void ExperimentDraft::wake(Time at) {
  if (at > now && (!wake_at || at < *wake_at)) wake_at = at;
}

void ExperimentDraft::hold(std::string guard, std::string sentence, std::string release, std::optional<Time> since) {
  reasons.push_back({std::move(guard), std::move(sentence), since, std::move(release)});
}

ExperimentDecision decide_experiment(const ExperimentObservation& seen, Time now) {
  if (!seen.experiment || seen.experiment->meta.deletion_time) return {};
  ExperimentDraft draft(seen, now);
  if (!seen.mistakes.empty() && !draft.is_terminating) {
    refuse_spec(draft);
  } else {
    run_templates(draft);
    run_analyses(draft);
    conclude(draft);
  }
  ExperimentDecision decision;
  decision.writes = std::move(draft.writes);
  decision.wake_at = draft.wake_at;
  decision.reasons = std::move(draft.reasons);
  if (draft.status == draft.before) return decision;
  decision.status = std::move(draft.status);
  decision.events = std::move(draft.events);
  decision.rollout_events = std::move(draft.rollout_events);
  return decision;
}

}  // namespace sluice::controller
