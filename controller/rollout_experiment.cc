// The Experiments of a Rollout's steps.
#include "controller/rollout_experiment.h"

#include <algorithm>

#include <fmt/format.h>

#include "controller/child_name.h"
#include "controller/conditions.h"
#include "controller/experiment.h"
#include "controller/keys.h"
#include "controller/pause.h"
#include "controller/services.h"
#include "crds/pod_template_metadata.h"

namespace sluice::controller {
namespace {

using ExperimentPointer = std::shared_ptr<const crds::Experiment>;

bool is_finished(const crds::Experiment& experiment) {
  const std::string_view phase = experiment.status.phase;
  return phase == "Successful" || phase == "Failed" || phase == "Error" || phase == "Inconclusive";
}

// Its spec cannot be followed, and nobody but its Rollout writes it.
const crds::Condition* invalid_spec(const crds::Experiment& experiment) {
  return find_condition(experiment.status.conditions, "InvalidSpec");
}

Verdict verdict_of(const crds::Experiment& experiment) {
  const std::string_view phase = experiment.status.phase;
  if (phase == "Successful") return Verdict::successful;
  if (phase == "Inconclusive") return Verdict::inconclusive;
  if (is_finished(experiment) || invalid_spec(experiment)) return Verdict::failed;
  return Verdict::running;
}

// The number behind a name that is taken: 0 for the base itself; -1 for another name.
int number_of(const std::string& name, const std::string& base) {
  if (name == base) return 0;
  if (!name.starts_with(base + "-")) return -1;
  const std::string digits = name.substr(base.size() + 1);
  const bool is_number =
      !digits.empty() && digits.size() < 7 && digits.find_first_not_of("0123456789") == std::string::npos;
  return is_number ? std::stoi(digits) : -1;
}

// Which attempt at the revision this is: a retry begins another one.
std::string attempt_of(const crds::RolloutStatus& status) {
  if (!status.duration || !status.duration->rollout_started_at) return {};
  return kube::format_time(*status.duration->rollout_started_at);
}

bool has_pods(const crds::Experiment& experiment) {
  const auto& statuses = experiment.status.template_statuses;
  return std::any_of(statuses.begin(), statuses.end(), [](const auto& one) { return one.replicas > 0; });
}

}  // namespace

RolloutExperiments::RolloutExperiments(Draft& draft, ExperimentGate gate) : draft_(draft), gate_(gate) {
  find_current();
  judge();
  record();
  find_destinations();
  // While the spec is wrong it does not tell which Experiments are meant to be there.
  if (!draft.mistakes.empty()) return;
  end_others();
  prune();
}

std::string RolloutExperiments::base_name() const {
  return child_name(
      fmt::format("{}-{}-{}-{}", draft_.rollout.meta.name, hash_of(draft_.sets.newest), draft_.revision(), gate_.step),
      8);  // room for "-1", "-2", ...
}

// One that was made before the process died, so that nobody has noted it, is found by its name and attempt.
void RolloutExperiments::find_current() {
  if (!gate_.experiment) return;
  const std::string base = base_name();
  const std::string hash = hash_of(draft_.sets.newest);
  const std::string_view recorded = draft_.before.canary.current_experiment;
  int highest = -1;
  for (const ExperimentPointer& experiment : draft_.seen.experiments) {
    if (!experiment || experiment->meta.deletion_time || experiment->meta.labels.get(keys::hash_label) != hash)
      continue;
    const int number = number_of(experiment->meta.name, base);
    const bool is_recorded = experiment->meta.name == recorded;
    const std::string* attempt = experiment->meta.annotations.find(keys::experiment_attempt);
    const bool is_open = !is_finished(*experiment);
    const bool is_of_attempt = attempt ? *attempt == attempt_of(draft_.before) : is_open;
    const bool counts = is_recorded || (is_of_attempt && !experiment->spec->terminate);
    if (number <= highest || !counts) continue;
    highest = number;
    current_ = experiment;
  }
  if (current_) verdict_ = verdict_of(*current_);
}

void RolloutExperiments::judge() {
  if (!gate_.experiment) return;
  switch (verdict_) {
    case Verdict::none:
      if (may_make()) make();
      return;
    case Verdict::failed: {
      const crds::Condition* invalid = invalid_spec(*current_);
      const std::string why = invalid ? invalid->message.text() : current_->status.message;
      abort_message_ = "Experiment analysis phase is error/failed";
      if (!why.empty()) abort_message_ += ": " + why;
      return;
    }
    case Verdict::inconclusive: {
      if (const crds::PauseCondition* pause = find_pause(draft_, inconclusive_experiment_pause)) {
        draft_.hold("experiment", fmt::format("Experiment {} is inconclusive", current_->meta.name),
                    "a person resumes (it is run again) or promotes", pause->start_time);
      } else if (!has_resume_token(draft_)) {
        begin_pause(draft_, inconclusive_experiment_pause);
      } else if (may_make()) {
        // A person has resumed: the question is asked again.
        make();
        if (!made_.empty()) use_resume_token(draft_);
      }
      return;
    }
    case Verdict::running: {
      std::string sentence = fmt::format("Experiment {} is running", current_->meta.name);
      if (!current_->status.message.empty()) sentence += ": " + current_->status.message;
      draft_.hold("experiment", std::move(sentence), "it ends successfully", current_->meta.creation_time);
      return;
    }
    case Verdict::successful:
      return;
  }
}

bool RolloutExperiments::may_make() {
  return gate_.may_start && draft_.mistakes.empty() && !find_pause(draft_, inconclusive_pause) &&
         !find_pause(draft_, inconclusive_experiment_pause);
}

crds::ExperimentTemplate RolloutExperiments::template_of(const crds::ExperimentStepTemplate& wanted) {
  const ReplicaSetPointer& set = wanted.spec_ref == "stable" ? draft_.sets.stable : draft_.sets.newest;
  crds::ExperimentTemplate made;
  made.name = wanted.name;
  made.replicas = wanted.replicas.value_or(1);
  if (wanted.service || wanted.weight) made.service = wanted.service.value_or(crds::ExperimentStepService{});
  if (!set) {
    draft_.hold("experiment", fmt::format("template {} needs the stable ReplicaSet, which has gone", wanted.name),
                "a version is promoted");
    return made;
  }
  made.min_ready_seconds = set->spec.min_ready_seconds;
  made.selector = wanted.selector.value_or(set->spec.selector);
  for (const auto& [key, value] : wanted.metadata.labels) made.selector->match_labels.set(key, value);
  const auto whole = draft_.seen.set_templates.find(set->meta.name);
  if (whole == draft_.seen.set_templates.end()) {
    auto& wants = draft_.wants_templates_of;
    if (std::find(wants.begin(), wants.end(), set->meta.name) == wants.end()) wants.push_back(set->meta.name);
    return made;
  }
  made.pod_template = whole->second;
  if (whole->second && !(wanted.metadata.labels.empty() && wanted.metadata.annotations.empty()))
    made.pod_template = crds::with_metadata(*whole->second, wanted.metadata.labels, wanted.metadata.annotations);
  return made;
}

void RolloutExperiments::make() {
  const crds::ExperimentStep& step = *gate_.experiment;
  crds::ExperimentSpec spec;
  for (const crds::ExperimentStepTemplate& wanted : step.templates) spec.templates.push_back(template_of(wanted));
  const auto is_whole = [](const crds::ExperimentTemplate& one) { return one.pod_template != nullptr; };
  if (!std::all_of(spec.templates.begin(), spec.templates.end(), is_whole)) {
    draft_.hold("experiment", "an Experiment is about to start", "the pod templates of the ReplicaSets are read");
    return;
  }
  spec.duration = step.duration;
  spec.progress_deadline_seconds = draft_.spec.progress_deadline_seconds;
  spec.scale_down_delay_seconds = step.scale_down_delay_seconds;
  spec.dry_run = step.dry_run;
  spec.analysis_run_metadata = step.analysis_run_metadata;
  std::vector<std::string> mistakes;
  for (crds::ExperimentStepAnalysis analysis : step.analyses) {
    analysis.args = with_values(draft_, analysis.args, mistakes);
    spec.analyses.push_back(std::move(analysis));
  }
  if (!mistakes.empty())
    return draft_.hold("experiment", mistakes.front(), "the arguments of its analyses are put right");

  const auto is_taken = [&](const std::string& name) {
    const auto& known = draft_.seen.experiments;
    return std::any_of(known.begin(), known.end(), [&](const auto& one) { return one && one->meta.name == name; });
  };
  CreateExperiment make;
  make.name = base_name();
  for (int number = 1; is_taken(make.name); ++number) make.name = fmt::format("{}-{}", base_name(), number);
  make.labels = draft_.rollout.meta.labels;
  make.labels.set(keys::hash_label, hash_of(draft_.sets.newest));
  if (!draft_.seen.options.instance_id.empty())
    make.labels.set(keys::instance_id_label, draft_.seen.options.instance_id);
  make.annotations.set(keys::revision, std::to_string(draft_.revision()));
  make.annotations.set(keys::experiment_attempt, attempt_of(draft_.before));
  make.owner = draft_.owner();
  make.spec = std::make_shared<const crds::ExperimentSpec>(std::move(spec));
  made_ = make.name;
  current_ = nullptr;
  verdict_ = Verdict::running;
  draft_.hold("experiment", fmt::format("Experiment {} is about to start", make.name), "it ends successfully");
  draft_.write(std::move(make), {{false, "ExperimentCreated", fmt::format("Created Experiment '{}'", made_)}});
}

void RolloutExperiments::record() {
  if (!draft_.mistakes.empty()) return;
  crds::Word& recorded = draft_.status.canary.current_experiment;
  if (!made_.empty())
    recorded = crds::Word(made_);
  else if (current_ && verdict_ == Verdict::running)
    recorded = crds::Word(current_->meta.name);
  else
    recorded.clear();
}

void RolloutExperiments::find_destinations() {
  if (!gate_.experiment || !current_ || current_->spec->terminate || current_->status.phase != "Running") return;
  for (const crds::ExperimentStepTemplate& wanted : gate_.experiment->templates) {
    if (!wanted.weight || *wanted.weight <= 0) continue;
    for (const crds::ExperimentTemplateStatus& one : current_->status.template_statuses) {
      if (one.name != wanted.name) continue;
      const ObservedService* service = find_service(draft_, one.service_name);
      int published = service && service->service ? one.available_replicas : 0;
      if (published > 0 && service->ready_endpoints) {
        published = 0;
        for (const auto& [set, pods] : *service->ready_endpoints) published += pods;
      }
      if (published > 0 && published >= one.available_replicas) {
        destinations_.push_back({*wanted.weight, one.service_name, one.pod_template_hash});
        continue;
      }
      draft_.hold("endpoints",
                  fmt::format("Service {} publishes {} of {} pods of the Experiment's template {}", one.service_name,
                              published, one.available_replicas, one.name),
                  "its EndpointSlices show them");
    }
  }
}

void RolloutExperiments::end_others() {
  for (const ExperimentPointer& experiment : draft_.seen.experiments) {
    if (!experiment || experiment == current_ || is_finished(*experiment) || experiment->spec->terminate) continue;
    if (experiment->meta.deletion_time) continue;
    draft_.write(TerminateExperiment{experiment->meta.name, {experiment->meta.uid, ""}});
  }
}

// As with runs; one with pods is kept until they are gone, because they would go with it at once.
void RolloutExperiments::prune() {
  const crds::AnalysisHistory limits = draft_.spec.analysis.value_or(crds::AnalysisHistory{});
  int successful = std::max(0, limits.successful_run_history_limit.value_or(5));
  int unsuccessful = std::max(0, limits.unsuccessful_run_history_limit.value_or(5));
  std::vector<ExperimentPointer> finished;
  for (const ExperimentPointer& experiment : draft_.seen.experiments)
    if (experiment && experiment != current_ && is_finished(*experiment) && !experiment->meta.deletion_time &&
        !has_pods(*experiment))
      finished.push_back(experiment);
  std::sort(finished.begin(), finished.end(), [](const ExperimentPointer& left, const ExperimentPointer& right) {
    const Time left_time = left->meta.creation_time.value_or(Time{});
    const Time right_time = right->meta.creation_time.value_or(Time{});
    return left_time != right_time ? left_time > right_time : left->meta.name > right->meta.name;
  });
  for (const ExperimentPointer& experiment : finished) {
    const ReplicaSetPointer set = draft_.sets.with_hash(std::string(experiment->meta.labels.get(keys::hash_label)));
    int& room = experiment->status.phase == "Successful" ? successful : unsuccessful;
    const bool is_kept = set && !set->meta.deletion_time && room-- > 0;
    if (!is_kept) draft_.write(DeleteExperiment{experiment->meta.name, {experiment->meta.uid, ""}});
  }
}

std::vector<std::string> experiment_services(const std::vector<std::shared_ptr<const crds::Experiment>>& experiments) {
  std::vector<std::string> names;
  for (const ExperimentPointer& experiment : experiments)
    for (const crds::ExperimentTemplateStatus& one : experiment->status.template_statuses)
      if (!one.service_name.empty() && std::find(names.begin(), names.end(), one.service_name) == names.end())
        names.push_back(one.service_name);
  return names;
}

}  // namespace sluice::controller
