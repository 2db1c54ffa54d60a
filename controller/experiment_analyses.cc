// The AnalysisRuns of an Experiment: checked before, made when it is available, followed, and ended with it.
#include <algorithm>

#include <fmt/format.h>

#include "analysis/compose.h"
#include "analysis/phase.h"
#include "analysis/rules.h"
#include "controller/experiment_draft.h"
#include "controller/keys.h"

namespace sluice::controller {
namespace {

using Why = RefusedCreation::Why;

// A template that was applied beside the Experiment may come a moment later.
constexpr Duration patience_for_templates = std::chrono::seconds(5);

analysis::FindTemplate finder(const ExperimentDraft& draft) {
  return [&seen = draft.seen](const std::string& name, bool cluster_scope) -> const crds::AnalysisTemplate* {
    const auto& templates = cluster_scope ? seen.cluster_analysis_templates : seen.analysis_templates;
    const auto found = templates.find(name);
    return found == templates.end() ? nullptr : found->second.get();
  };
}

bool is_run_completed(const crds::AnalysisRun& run) {
  return analysis::is_completed(analysis::phase_of(run.status.phase.view()));
}

std::string trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\n");
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(" \t\n") - begin + 1));
}

// The Experiment's own values in the arguments of its analyses.
class Values {
 public:
  explicit Values(const ExperimentDraft& draft) {
    if (draft.before.available_at) values_["experiment.availableAt"] = kube::format_time(*draft.before.available_at);
    if (const std::optional<Time> end = draft.end()) values_["experiment.finishedAt"] = kube::format_time(*end);
    for (const crds::ExperimentTemplateStatus& one : draft.status.template_statuses) {
      values_["templates." + one.name + ".podTemplateHash"] = one.pod_template_hash;
      for (const ReplicaSetPointer& set : draft.seen.replica_sets)
        if (set && draft.is_ours(set->meta) && set->meta.annotations.get(keys::experiment_template) == one.name)
          values_["templates." + one.name + ".replicaset.name"] = set->meta.name;
    }
  }

  // The text with every {{...}} replaced; what is unknown is told in `mistake`.
  std::string fill(const std::string& text, std::string& mistake) const {
    std::string filled;
    std::size_t at = 0;
    for (;;) {
      const std::size_t open = text.find("{{", at);
      const std::size_t close = open == std::string::npos ? open : text.find("}}", open + 2);
      if (close == std::string::npos) break;
      filled += text.substr(at, open - at);
      const std::string tag = text.substr(open + 2, close - open - 2);
      const auto value = values_.find(trimmed(tag));
      if (value == values_.end())
        mistake = fmt::format("failed to resolve {{{{{}}}}}", tag);
      else
        filled += value->second;
      at = close + 2;
    }
    return filled + text.substr(at);
  }

 private:
  std::map<std::string, std::string> values_;
};

crds::RolloutAnalysis without_rules(const crds::ExperimentStepAnalysis& one) {
  crds::RolloutAnalysis analysis;
  analysis.templates.push_back({one.template_name, one.cluster_scope});
  analysis.args = one.args;
  return analysis;
}

// Rules are given for all analyses together: each gets those that mean one of its metrics, and those that mean none of
// any, so that the mistake comes to light.
template <class Rule>
std::vector<Rule> rules_for(const std::vector<Rule>& rules, const std::vector<std::string>& own,
                            const std::vector<std::string>& all) {
  std::vector<Rule> kept;
  for (const Rule& rule : rules) {
    const analysis::MetricPattern pattern(rule.metric_name);
    const auto is_meant = [&](const std::string& metric) { return pattern.matches(metric); };
    if (std::any_of(own.begin(), own.end(), is_meant) || std::none_of(all.begin(), all.end(), is_meant))
      kept.push_back(rule);
  }
  return kept;
}

std::vector<std::string> metrics_of(const ExperimentDraft& draft, const crds::ExperimentStepAnalysis& one) {
  std::vector<std::string> names;
  const auto composed = analysis::compose(without_rules(one).templates, {}, {}, finder(draft));
  if (composed)
    for (const crds::Metric& metric : composed->metrics) names.push_back(metric.name);
  return names;
}

// One analysis in one decision.
class AnalysisOfExperiment {
 public:
  AnalysisOfExperiment(ExperimentDraft& draft, const crds::ExperimentStepAnalysis& one)
      : draft_(draft), analysis_(one) {
    status_.name = one.name;
    for (const crds::ExperimentAnalysisStatus& status : draft.before.analysis_runs)
      if (status.name == one.name) before_ = status_ = status;
  }

  crds::ExperimentAnalysisStatus run() {
    AnalysisRunPointer made = recorded();
    if (!made && status_.analysis_run.empty()) made = unrecorded();
    if (!is_final(status_.phase)) {
      if (made)
        follow(*made);
      else if (!status_.analysis_run.empty())
        fail(fmt::format("AnalysisRun \"{}\" has gone before it ended", status_.analysis_run));
      else if (!draft_.is_terminating)
        begin();
    }
    if (made && draft_.is_terminating) end(*made);
    if (status_.phase != before_.phase && !status_.phase.empty()) tell_of_change();
    return std::move(status_);
  }

 private:
  AnalysisRunPointer recorded() const {
    for (const AnalysisRunPointer& run : draft_.seen.analysis_runs)
      if (run && run->meta.name == status_.analysis_run && draft_.is_ours(run->meta)) return run;
    return nullptr;
  }

  std::string base_name() const { return draft_.experiment.meta.name + "-" + analysis_.name; }
  // Which start of the Experiment this is: a person may start one anew by taking its status away.
  std::string attempt() const {
    return draft_.before.available_at ? kube::format_time(*draft_.before.available_at) : std::string();
  }

  // A run that was made before the process died, so that nobody has noted it.
  AnalysisRunPointer unrecorded() const {
    const std::string base = base_name();
    if (!draft_.before.available_at) return nullptr;
    for (const AnalysisRunPointer& run : draft_.seen.analysis_runs) {
      if (!run || !draft_.is_ours(run->meta) || run->meta.deletion_time) continue;
      const std::string& name = run->meta.name;
      const bool has_number =
          name.starts_with(base + ".") && name.find_first_not_of("0123456789", base.size() + 1) == std::string::npos;
      if (name != base && !has_number) continue;
      const std::string* made_for = run->meta.annotations.find(keys::experiment_attempt);
      const bool is_open = !is_run_completed(*run) && !run->spec->terminate;
      if (made_for ? *made_for == attempt() : is_open) return run;
    }
    return nullptr;
  }

  void follow(const crds::AnalysisRun& run) {
    status_.analysis_run = run.meta.name;
    status_.phase = run.status.phase.empty() ? crds::Word("Pending") : run.status.phase;
    status_.message = run.status.message;
  }

  void end(const crds::AnalysisRun& run) {
    if (is_run_completed(run) || run.spec->terminate || run.meta.deletion_time) return;
    draft_.write(
        TerminateAnalysisRun{run.meta.name, {run.meta.uid, ""}},
        {{false, "AnalysisRunTerminating", fmt::format("Terminating {} ({})", analysis_.name, run.meta.name)}});
  }

  void fail(std::string message) {
    status_.phase = "Error";
    status_.message = std::move(message);
  }

  kube::Result<crds::AnalysisRunSpec> build(const Values& values) const {
    crds::RolloutAnalysis wanted = without_rules(analysis_);
    std::string mistake;
    for (crds::Argument& argument : wanted.args)
      if (argument.value) argument.value = values.fill(*argument.value, mistake);
    if (!mistake.empty()) return kube::Error{kube::Fault::invalid, mistake};
    if (!draft_.spec.dry_run.empty() || !draft_.spec.measurement_retention.empty()) {
      std::vector<std::string> all;
      for (const crds::ExperimentStepAnalysis& one : draft_.spec.analyses)
        for (std::string& metric : metrics_of(draft_, one)) all.push_back(std::move(metric));
      const std::vector<std::string> own = metrics_of(draft_, analysis_);
      wanted.dry_run = rules_for(draft_.spec.dry_run, own, all);
      wanted.measurement_retention = rules_for(draft_.spec.measurement_retention, own, all);
    }
    return analysis::build_run(wanted, finder(draft_));
  }

  // As soon as there is an Experiment: what cannot become a run fails it early. Answers whether a run can be made.
  bool check() {
    crds::RolloutAnalysis planned = without_rules(analysis_);
    for (crds::Argument& argument : planned.args)
      if (argument.value) argument.value = "known-later";
    const auto built = analysis::build_run(planned, finder(draft_));
    if (built) return true;
    const std::string_view kind = analysis_.cluster_scope ? "ClusterAnalysisTemplate" : "AnalysisTemplate";
    const std::string why =
        fmt::format("{} verification failed for analysis '{}': {}", kind, analysis_.name, built.error().message);
    const Time patience = draft_.experiment.meta.creation_time.value_or(Time{}) + patience_for_templates;
    if (draft_.now >= patience) {
      fail(why);
    } else {
      draft_.wake(patience);
      draft_.hold("analysis", why, "the template is applied");
    }
    return false;
  }

  bool is_taken(const std::string& name) const {
    const auto has_name = [&](const AnalysisRunPointer& run) { return run && run->meta.name == name; };
    return draft_.is_taken("AnalysisRun", name) ||
           std::any_of(draft_.seen.analysis_runs.begin(), draft_.seen.analysis_runs.end(), has_name);
  }

  // Pods may be available before a template comes that was applied beside the Experiment.
  void begin() {
    if (check() && draft_.before.available_at) create();
  }

  void create() {
    const std::string failure = fmt::format("Failed to create AnalysisRun for analysis '{}': ", analysis_.name);
    const auto spec = build(Values(draft_));
    if (!spec) return fail(failure + spec.error().message);
    CreateAnalysisRun run;
    run.name = base_name();
    for (int number = 1; is_taken(run.name); ++number) run.name = fmt::format("{}.{}", base_name(), number);
    if (const RefusedCreation* refused = draft_.refusal_of("AnalysisRun", run.name)) {
      if (refused->why == Why::invalid) return fail(failure + refused->message);
      if (draft_.now < refused->retry_at) {
        draft_.wake(refused->retry_at);
        return draft_.hold("api", failure + refused->message, "the API server makes it");
      }
    }
    run.labels = draft_.spec.analysis_run_metadata.labels;
    run.annotations = draft_.spec.analysis_run_metadata.annotations;
    if (!draft_.seen.instance_id.empty()) run.labels.set(keys::instance_id_label, draft_.seen.instance_id);
    run.annotations.set(keys::experiment_attempt, attempt());
    run.owner = draft_.owner();
    run.spec = std::make_shared<const crds::AnalysisRunSpec>(*spec);
    status_.analysis_run = run.name;
    status_.phase = "Pending";
    draft_.write(std::move(run));
  }

  void tell_of_change() {
    std::string text = fmt::format("AnalysisRun '{}' transitioned from {} -> {}", analysis_.name, before_.phase.view(),
                                   status_.phase.view());
    if (!status_.message.empty()) text += ": " + status_.message;
    draft_.tell(is_bad(status_.phase), fmt::format("AnalysisRun{}", status_.phase.view()), std::move(text), true);
  }

  ExperimentDraft& draft_;
  const crds::ExperimentStepAnalysis& analysis_;
  crds::ExperimentAnalysisStatus before_;
  crds::ExperimentAnalysisStatus status_;
};

}  // namespace

void run_analyses(ExperimentDraft& draft) {
  std::vector<crds::ExperimentAnalysisStatus> statuses;
  for (const crds::ExperimentStepAnalysis& one : draft.spec.analyses) {
    const bool is_repeated =
        std::any_of(statuses.begin(), statuses.end(), [&](const auto& status) { return status.name == one.name; });
    if (!is_repeated) statuses.push_back(AnalysisOfExperiment(draft, one).run());
  }
  draft.status.analysis_runs = std::move(statuses);
}

}  // namespace sluice::controller
