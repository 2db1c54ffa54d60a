// The phase of an Experiment and what people read beside it: message and conditions.
#include <algorithm>

#include <fmt/format.h>

#include "analysis/phase.h"
#include "controller/conditions.h"
#include "controller/experiment_draft.h"
#include "controller/keys.h"
#include "crds/validate_experiment.h"

namespace sluice::controller {
namespace {

struct Outcome {
  std::string phase;
  std::string message;
};

// From best to worst.
int badness(std::string_view template_status) {
  constexpr std::string_view order[] = {"Successful", "Running", "Progressing", "Error", "Failed"};
  return static_cast<int>(std::find(std::begin(order), std::end(order), template_status) - std::begin(order));
}

Outcome worst_template(const crds::ExperimentStatus& status) {
  const crds::ExperimentTemplateStatus* worst = nullptr;
  for (const crds::ExperimentTemplateStatus& one : status.template_statuses)
    if (!worst || badness(one.status) > badness(worst->status)) worst = &one;
  if (!worst) return {"Successful", ""};
  return {worst->status == "Progressing" ? "Pending" : worst->status.text(), worst->message};
}

// The worst verdict of all runs; Successful when none says anything.
Outcome worst_analysis(const crds::ExperimentStatus& status) {
  const crds::ExperimentAnalysisStatus* worst = nullptr;
  for (const crds::ExperimentAnalysisStatus& run : status.analysis_runs)
    if (!worst || analysis::phase_of(run.phase) > analysis::phase_of(worst->phase)) worst = &run;
  if (!worst || worst->phase.empty()) return {"Successful", ""};
  return {worst->phase == "Pending" ? "Running" : worst->phase.text(), worst->message};
}

const crds::ExperimentAnalysisStatus* find_run(const crds::ExperimentStatus& status, const std::string& name) {
  for (const crds::ExperimentAnalysisStatus& run : status.analysis_runs)
    if (run.name == name) return &run;
  return nullptr;
}

// What the required analyses say together.
enum class Required { none, open, succeeded };

Required verdict_of_required(const ExperimentDraft& draft) {
  Required verdict = Required::none;
  for (const crds::ExperimentStepAnalysis& one : draft.spec.analyses) {
    if (!one.required_for_completion) continue;
    const crds::ExperimentAnalysisStatus* run = find_run(draft.status, one.name);
    const bool has_succeeded = run && run->phase == "Successful";
    // One that never began will not begin any more when all comes to an end.
    const bool is_waived = draft.is_terminating && (!run || run->analysis_run.empty());
    if (!has_succeeded && !is_waived) return Required::open;
    if (has_succeeded) verdict = Required::succeeded;
  }
  return verdict;
}

Outcome outcome_of(const ExperimentDraft& draft) {
  const Outcome templates = worst_template(draft.status);
  if (is_bad(templates.phase)) return templates;
  const Outcome analyses = worst_analysis(draft.status);
  if (is_bad(analyses.phase)) return analyses;
  const Required required = verdict_of_required(draft);
  // Others that are still measuring are ended with the Experiment, and what that makes of them does not count.
  if (required == Required::succeeded) return {"Successful", "Required AnalysisRuns completed"};
  if (templates.phase == "Successful" && required == Required::open) return {"Running", ""};
  return templates;
}

// The moment from which the Experiment runs, in whole seconds: runs bear it, so that two starts do not share one.
Time start_of(const ExperimentDraft& draft) {
  const auto is_of_another = [&](Time start) {
    const std::string text = kube::format_time(start);
    return std::any_of(draft.seen.analysis_runs.begin(), draft.seen.analysis_runs.end(), [&](const auto& run) {
      return run && draft.is_ours(run->meta) && run->meta.annotations.get(keys::experiment_attempt) == text;
    });
  };
  Time start = draft.stamp;
  while (is_of_another(start)) start += std::chrono::seconds(1);
  return start;
}

void hold_for_analyses(ExperimentDraft& draft) {
  for (const crds::ExperimentStepAnalysis& one : draft.spec.analyses) {
    if (!one.required_for_completion) continue;
    const crds::ExperimentAnalysisStatus* run = find_run(draft.status, one.name);
    if (!run || is_final(run->phase) || run->analysis_run.empty()) continue;
    draft.hold("analysis", fmt::format("AnalysisRun {} is running", run->analysis_run), "it ends successfully");
  }
}

void hold_for_end(ExperimentDraft& draft) {
  if (draft.status.phase != "Running") return;
  hold_for_analyses(draft);
  if (const std::optional<Time> end = draft.end(); end && draft.now < *end) {
    draft.wake(*end);
    draft.hold("duration", fmt::format("running until {}", kube::format_time(*end)), "that time comes",
               draft.before.available_at);
  }
  if (draft.reasons.empty() && draft.before.available_at)
    draft.hold("duration", "running without an end", "a person terminates it", draft.before.available_at);
}

// Why it has not finished; the reasons are those of explain.
std::string waiting_text(const ExperimentDraft& draft) {
  std::string text;
  // What keeps pods alive does not keep the Experiment from ending.
  for (const Reason& reason : draft.reasons)
    if (reason.guard != "delay" && reason.guard != "route") text += (text.empty() ? "" : "; ") + reason.sentence;
  return text;
}

void set_progressing(ExperimentDraft& draft, std::string_view status, std::string_view reason, std::string message) {
  set_condition(draft.status.conditions, "Progressing", status, reason, message, draft.stamp);
}

bool has_timed_out(const crds::ExperimentStatus& status) {
  return std::any_of(status.template_statuses.begin(), status.template_statuses.end(),
                     [](const auto& one) { return one.status == "Failed"; });
}

void update_conditions_of(ExperimentDraft& draft) {
  const std::string& name = draft.experiment.meta.name;
  remove_condition(draft.status.conditions, "InvalidSpec");
  if (draft.status.phase == "Successful")
    return set_progressing(draft, "False", "ExperimentCompleted",
                           fmt::format("Experiment \"{}\" has successfully ran and completed.", name));
  if (is_final(draft.status.phase)) {
    const std::string why = has_timed_out(draft.status) ? "ProgressDeadlineExceeded"
                                                        : fmt::format("Experiment{}", draft.status.phase.view());
    return set_progressing(
        draft, "False", why,
        fmt::format("Experiment \"{}\" has ended as {}: {}", name, draft.status.phase.view(), draft.status.message));
  }
  if (draft.has_progressed || draft.status.conditions.empty())
    return set_progressing(draft, "True", "ReplicaSetUpdated", fmt::format("Experiment \"{}\" is progressing.", name));
  if (draft.before.available_at && !draft.is_over())
    set_progressing(draft, "True", "NewReplicaSetAvailable", fmt::format("Experiment \"{}\" is running.", name));
}

void tell_of_phase(ExperimentDraft& draft) {
  if (draft.status.phase == draft.before.phase) return;
  draft.tell(
      is_bad(draft.status.phase), fmt::format("Experiment{}", draft.status.phase.view()),
      fmt::format("Experiment transitioned from {} -> {}", draft.before.phase.view(), draft.status.phase.view()));
}

}  // namespace

void conclude(ExperimentDraft& draft) {
  if (!draft.is_completed) {
    const Outcome outcome = outcome_of(draft);
    draft.status.phase = crds::Word(outcome.phase);
    if (outcome.phase == "Running" && !draft.status.available_at) draft.status.available_at = start_of(draft);
    hold_for_end(draft);
    draft.status.message = is_final(outcome.phase) ? outcome.message : waiting_text(draft);
  }
  update_conditions_of(draft);
  tell_of_phase(draft);
}

void refuse_spec(ExperimentDraft& draft) {
  const std::string message = crds::invalid_experiment_message(draft.experiment.meta.name, draft.seen.mistakes);
  for (const kube::Mistake& mistake : draft.seen.mistakes)
    draft.hold("spec", fmt::format("{}: {}", mistake.path, mistake.message), "the field is put right");
  if (draft.status.phase.empty()) draft.status.phase = "Pending";
  draft.status.message = "InvalidSpec: " + message;
  const crds::Condition* old = find_condition(draft.status.conditions, "InvalidSpec");
  if (!old || old->message != message) {
    remove_condition(draft.status.conditions, "InvalidSpec");
    set_condition(draft.status.conditions, "InvalidSpec", "True", "InvalidSpec", message, draft.stamp);
  }
  tell_of_phase(draft);
}

}  // namespace sluice::controller
