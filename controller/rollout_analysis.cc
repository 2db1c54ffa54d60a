// The AnalysisRuns of a Rollout: which one is the gate of this attempt, making a new one, ending and pruning the rest.
#include "controller/rollout_analysis.h"

#include <algorithm>

#include <fmt/format.h>

#include "analysis/compose.h"
#include "analysis/phase.h"
#include "controller/child_name.h"
#include "controller/keys.h"
#include "controller/pause.h"

namespace sluice::controller {
namespace {

using RunPointer = std::shared_ptr<const crds::AnalysisRun>;
using SummarySlot = crds::Seldom<crds::AnalysisRunSummary>;

Verdict verdict_of(std::string_view phase) {
  switch (analysis::phase_of(phase)) {
    case analysis::Phase::successful:
      return Verdict::successful;
    case analysis::Phase::failed:
    case analysis::Phase::error:
      return Verdict::failed;
    case analysis::Phase::inconclusive:
      return Verdict::inconclusive;
    default:
      return Verdict::running;
  }
}

bool is_completed(const crds::AnalysisRun& run) {
  return analysis::is_completed(analysis::phase_of(run.status.phase.view()));
}

// Where the run of this kind is recorded in a status, constant or not.
template <class Status>
auto& slot_in(Status& status, RunKind kind) {
  switch (kind) {
    case RunKind::step:
      return status.canary.current_step_analysis_run_status;
    case RunKind::background:
      return status.canary.current_background_analysis_run_status;
    case RunKind::pre_promotion:
      return status.blue_green.pre_promotion_analysis_run_status;
    case RunKind::post_promotion:
      break;
  }
  return status.blue_green.post_promotion_analysis_run_status;
}

std::string_view abort_text_of(RunKind kind) {
  switch (kind) {
    case RunKind::step:
      return "Step-based analysis phase error/failed";
    case RunKind::background:
      return "Background analysis phase error/failed";
    case RunKind::pre_promotion:
      return "Blue/green pre-promotion analysis phase error/failed";
    case RunKind::post_promotion:
      break;
  }
  return "Blue/green post-promotion analysis phase error/failed";
}

std::string suffix_of(const Gate& gate) {
  switch (gate.kind) {
    case RunKind::step:
      return fmt::format("-{}", gate.step);
    case RunKind::pre_promotion:
      return "-pre";
    case RunKind::post_promotion:
      return "-post";
    case RunKind::background:
      break;
  }
  return "";
}

bool belongs_to(const crds::AnalysisRun& run, const Gate& gate, const std::string& hash) {
  const kube::StringMap& labels = run.meta.labels;
  return labels.get(keys::hash_label) == hash && labels.get(keys::rollout_type_label) == name_of(gate.kind) &&
         (gate.kind != RunKind::step || labels.get(keys::step_index_label) == std::to_string(gate.step));
}

// The attempt began with the revision, or with the last retry of it.
Time start_of_attempt(const crds::RolloutStatus& status) {
  return status.duration ? status.duration->rollout_started_at.value_or(Time{}) : Time{};
}

bool is_younger(const RunPointer& left, const RunPointer& right) {
  const Time left_time = left->meta.creation_time.value_or(Time{});
  const Time right_time = right->meta.creation_time.value_or(Time{});
  // Of two runs made in the same second the longer name is the later one: names are base, base.1, base.2, ...
  if (left_time != right_time) return left_time > right_time;
  if (left->meta.name.size() != right->meta.name.size()) return left->meta.name.size() > right->meta.name.size();
  return left->meta.name > right->meta.name;
}

constexpr std::size_t room_for_number = 8;  // of ".1", ".2", ...

std::string free_name(const Draft& draft, const std::string& base) {
  const auto is_taken = [&](const std::string& name) {
    return std::any_of(draft.seen.analysis_runs.begin(), draft.seen.analysis_runs.end(),
                       [&](const RunPointer& run) { return run && run->meta.name == name; });
  };
  std::string name = base;
  for (int number = 1; is_taken(name); ++number) name = fmt::format("{}.{}", base, number);
  return name;
}

analysis::FindTemplate finder(const Draft& draft) {
  return [&seen = draft.seen](const std::string& name, bool cluster_scope) -> const crds::AnalysisTemplate* {
    const auto& templates = cluster_scope ? seen.cluster_analysis_templates : seen.analysis_templates;
    const auto found = templates.find(name);
    return found == templates.end() ? nullptr : found->second.get();
  };
}

}  // namespace

std::string_view name_of(RunKind kind) {
  switch (kind) {
    case RunKind::step:
      return "Step";
    case RunKind::background:
      return "Background";
    case RunKind::pre_promotion:
      return "PrePromotion";
    case RunKind::post_promotion:
      break;
  }
  return "PostPromotion";
}

bool is_asked_for(const Gate& gate) { return gate.analysis && !gate.analysis->templates.empty(); }

RolloutAnalyses::RolloutAnalyses(Draft& draft, std::vector<Gate> gates) : draft_(draft) {
  for (const Gate& gate : gates) current_.push_back(look_at(gate));
  for (Current& current : current_) judge(current);
  for (Current& current : current_) record(current);
  // While the spec is wrong it does not tell which runs are meant to be there.
  if (!draft.mistakes.empty()) return;
  end_others();
  prune();
}

Verdict RolloutAnalyses::verdict(RunKind kind) const {
  for (const Current& current : current_)
    if (current.gate.kind == kind) return current.verdict;
  return Verdict::none;
}

RolloutAnalyses::Current RolloutAnalyses::look_at(const Gate& gate) const {
  Current current{gate, nullptr, Verdict::none};
  if (!is_asked_for(gate) || !gate.is_needed) return current;
  const std::string hash = hash_of(draft_.sets.newest);
  const SummarySlot& slot = slot_in(draft_.before, gate.kind);
  const std::string recorded = slot ? slot->name : std::string();

  RunPointer named, youngest;
  for (const RunPointer& run : draft_.seen.analysis_runs) {
    if (!run || !belongs_to(*run, gate, hash)) continue;
    if (run->meta.name == recorded) named = run;
    const bool is_of_attempt = run->meta.creation_time.value_or(Time{}) >= start_of_attempt(draft_.before);
    if (is_of_attempt && !run->spec->terminate && (!youngest || is_younger(run, youngest))) youngest = run;
  }
  // A run that was made but is not recorded yet, because the process died in between, is not made a second time.
  const bool is_replaced =
      named && youngest && youngest != named && is_completed(*named) && is_younger(youngest, named);
  current.run = named && !is_replaced ? named : youngest;
  if (current.run) {
    current.verdict = verdict_of(current.run->status.phase.view());
  } else if (!recorded.empty()) {
    // A finished run may have been deleted since; its verdict is on record. A run that was deleted while it was under
    // way has no verdict and is made anew.
    const Verdict verdict = verdict_of(slot->status.view());
    if (verdict != Verdict::running) current.verdict = verdict;
  }
  return current;
}

void RolloutAnalyses::judge(Current& current) {
  if (!is_asked_for(current.gate) || !current.gate.is_needed) return;
  const RunKind kind = current.gate.kind;
  const SummarySlot& slot = slot_in(draft_.before, kind);
  const std::string run_name = current.run ? current.run->meta.name : slot ? slot->name : "";
  switch (current.verdict) {
    case Verdict::none:
      if (current.gate.may_start && draft_.mistakes.empty() && !find_pause(draft_, inconclusive_pause))
        make_run(current);
      return;
    case Verdict::failed: {
      if (!abort_message_.empty()) return;
      const std::string& why = current.run ? current.run->status.message : slot->message;
      abort_message_ = why.empty() ? std::string(abort_text_of(kind)) : fmt::format("{}: {}", abort_text_of(kind), why);
      return;
    }
    case Verdict::inconclusive: {
      const bool is_recorded = slot && slot->name == run_name && slot->status == "Inconclusive";
      if (!is_recorded) {
        begin_pause(draft_, inconclusive_pause);
        return;
      }
      if (find_pause(draft_, inconclusive_pause)) {
        draft_.hold("analysis", fmt::format("AnalysisRun {} is inconclusive", run_name),
                    "a person resumes (it is measured again) or promotes",
                    find_pause(draft_, inconclusive_pause)->start_time);
        return;
      }
      // A person has resumed: the question is asked again, unless the resume was meant for a pause step.
      if (has_resume_token(draft_) && current.gate.may_start && !draft_.spec.paused && draft_.mistakes.empty()) {
        make_run(current);
        use_resume_token(draft_);
      }
      return;
    }
    case Verdict::running:
      draft_.hold("analysis", fmt::format("AnalysisRun {} is running", run_name), "it ends successfully",
                  current.run ? current.run->status.started_at : std::nullopt);
      return;
    case Verdict::successful:
      return;
  }
}

void RolloutAnalyses::record(const Current& current) {
  const RunKind kind = current.gate.kind;
  const SummarySlot& before = slot_in(draft_.before, kind);
  if (!is_asked_for(current.gate) || !current.gate.is_needed) {
    // Blue/green keeps the last verdicts in sight until the next template; a canary shows only what is in force.
    const bool is_canary = kind == RunKind::step || kind == RunKind::background;
    if (is_canary && before && draft_.mistakes.empty()) slot_in(draft_.status, kind).reset();
    return;
  }
  if (!current.run) return;
  const crds::AnalysisRunStatus& status = current.run->status;
  crds::AnalysisRunSummary summary{current.run->meta.name, status.phase, status.message};
  const bool had_run = before && before->name == summary.name;
  const std::string previous = had_run ? before->status.text() : std::string();
  if (previous != status.phase.view()) {
    const bool is_bad = verdict_of(status.phase.view()) == Verdict::failed;
    draft_.events.push_back(
        {is_bad, fmt::format("AnalysisRun{}", status.phase.view()),
         fmt::format("{} Analysis Run '{}' Status New: '{}' Previous: '{}'", name_of(kind), summary.name,
                     status.phase.view(), had_run && !previous.empty() ? previous : "NoPreviousStatus")});
  }
  slot_in(draft_.status, kind) = std::move(summary);
}

void RolloutAnalyses::make_run(Current& current) {
  std::vector<std::string> mistakes;
  const crds::RolloutAnalysis analysis = with_values(draft_, *current.gate.analysis, mistakes);
  kube::Result<crds::AnalysisRunSpec> spec = analysis::build_run(analysis, finder(draft_));
  if (!spec || !mistakes.empty()) {
    // References are checked before; this can only be a race with whoever edits the templates.
    draft_.hold("analysis", spec ? mistakes.front() : spec.error().message,
                "the templates and arguments are put right");
    return;
  }
  CreateAnalysisRun run;
  run.name =
      free_name(draft_, child_name(fmt::format("{}-{}-{}{}", draft_.rollout.meta.name, hash_of(draft_.sets.newest),
                                               draft_.revision(), suffix_of(current.gate)),
                                   room_for_number));
  run.labels.set(keys::hash_label, hash_of(draft_.sets.newest));
  run.labels.set(keys::rollout_type_label, name_of(current.gate.kind));
  if (current.gate.kind == RunKind::step) run.labels.set(keys::step_index_label, std::to_string(current.gate.step));
  if (!draft_.seen.options.instance_id.empty())
    run.labels.set(keys::instance_id_label, draft_.seen.options.instance_id);
  run.annotations.set(keys::revision, std::to_string(draft_.revision()));
  if (analysis.analysis_run_metadata) {
    for (const auto& [key, value] : analysis.analysis_run_metadata->labels) run.labels.set(key, value);
    for (const auto& [key, value] : analysis.analysis_run_metadata->annotations) run.annotations.set(key, value);
  }
  if (draft_.spec.selector)
    for (const auto& [key, value] : draft_.spec.selector->match_labels) run.labels.set(key, value);
  run.owner = draft_.owner();
  run.spec = std::make_shared<const crds::AnalysisRunSpec>(std::move(*spec));
  draft_.hold("analysis", fmt::format("AnalysisRun {} is about to start", run.name), "it ends successfully");
  draft_.write(std::move(run));
}

void RolloutAnalyses::end_others() {
  for (const RunPointer& run : draft_.seen.analysis_runs) {
    if (!run || is_completed(*run) || run->spec->terminate || run->meta.deletion_time) continue;
    const bool is_current =
        std::any_of(current_.begin(), current_.end(), [&](const Current& current) { return current.run == run; });
    if (!is_current) draft_.write(TerminateAnalysisRun{run->meta.name, {run->meta.uid, ""}});
  }
}

void RolloutAnalyses::prune() {
  const crds::AnalysisHistory limits = draft_.spec.analysis.value_or(crds::AnalysisHistory{});
  int successful = std::max(0, limits.successful_run_history_limit.value_or(5));
  int unsuccessful = std::max(0, limits.unsuccessful_run_history_limit.value_or(5));
  std::vector<RunPointer> finished;
  for (const RunPointer& run : draft_.seen.analysis_runs) {
    const bool is_current =
        std::any_of(current_.begin(), current_.end(), [&](const Current& current) { return current.run == run; });
    if (run && is_completed(*run) && !run->meta.deletion_time && !is_current) finished.push_back(run);
  }
  std::sort(finished.begin(), finished.end(), is_younger);
  for (const RunPointer& run : finished) {
    const ReplicaSetPointer set = draft_.sets.with_hash(std::string(run->meta.labels.get(keys::hash_label)));
    int& room = verdict_of(run->status.phase.view()) == Verdict::successful ? successful : unsuccessful;
    const bool is_kept = set && !set->meta.deletion_time && room-- > 0;
    if (!is_kept) draft_.write(DeleteAnalysisRun{run->meta.name, {run->meta.uid, ""}});
  }
}

crds::RolloutAnalysis with_values(const Draft& draft, const crds::RolloutAnalysis& analysis,
                                  std::vector<std::string>& mistakes) {
  crds::RolloutAnalysis filled = analysis;
  filled.args = with_values(draft, std::move(filled.args), mistakes);
  return filled;
}

std::vector<crds::Argument> with_values(const Draft& draft, std::vector<crds::Argument> arguments,
                                        std::vector<std::string>& mistakes) {
  for (crds::Argument& argument : arguments) {
    if (argument.value || !argument.value_from) {
      if (!argument.value) argument.value = "";
      continue;
    }
    const crds::ArgumentSource source = *argument.value_from;
    argument.value_from.reset();
    if (source.pod_template_hash_value) {
      const bool is_stable = *source.pod_template_hash_value == "Stable";
      argument.value = is_stable ? draft.before.stable_rs : hash_of(draft.sets.newest);
    } else if (source.field_ref) {
      const auto found = draft.seen.field_values.find(source.field_ref->field_path);
      if (found == draft.seen.field_values.end())
        mistakes.push_back(
            fmt::format("args.{}: invalid path {} in rollout", argument.name, source.field_ref->field_path));
      else
        argument.value = found->second;
    } else {
      argument.value = "";
    }
  }
  return arguments;
}

}  // namespace sluice::controller
