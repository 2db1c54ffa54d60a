// A decision about an Experiment while it is being made.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "controller/experiment.h"
#include "controller/replica_set.h"

namespace sluice::controller {

using AnalysisRunPointer = std::shared_ptr<const crds::AnalysisRun>;

// Lives for one call of decide_experiment(); refers to the observation.
struct ExperimentDraft {
  ExperimentDraft(const ExperimentObservation& observation, Time at);

  const ExperimentObservation& seen;
  const crds::Experiment& experiment;
  const crds::ExperimentSpec& spec;
  const crds::ExperimentStatus& before;  // the status that is durable
  const Time now;
  const Time stamp;           // now in whole seconds, as it goes into the status
  const bool is_completed;    // a final phase is durable
  const bool is_terminating;  // all pods and runs come to an end

  crds::ExperimentStatus status;  // the one the Experiment should have
  std::vector<Write> writes;
  std::vector<Event> events;
  std::vector<Event> rollout_events;
  std::optional<Time> wake_at;
  std::vector<Reason> reasons;
  bool has_progressed = false;  // a counter of pods changed, or a template is new

  kube::OwnerReference owner() const;
  bool is_ours(const kube::ObjectMeta& meta) const;
  // availableAt + duration; nullopt before it is available and without a duration.
  std::optional<Time> end() const;
  bool is_over() const { return end() && now >= *end(); }
  // nullptr when nothing is known against making it.
  const RefusedCreation* refusal_of(std::string_view kind, std::string_view name) const;
  bool is_taken(std::string_view kind, std::string_view name) const;

  // `failure` is told when the write fails, with the error after it.
  void write(Effect effect, std::vector<Event> told = {}, std::optional<Event> failure = std::nullopt);
  // Also the Rollout is told when it is about a run.
  void tell(bool is_warning, std::string reason, std::string message, bool also_rollout = false);
  // Looks again at this moment, unless something is due earlier. The past is ignored.
  void wake(Time at);
  void hold(std::string guard, std::string sentence, std::string release, std::optional<Time> since = std::nullopt);
};

// The status of a template or run that will not change any more.
bool is_final(std::string_view status);
bool is_bad(std::string_view status);  // Failed, Error or Inconclusive

// The ReplicaSets, Services and status of each template.
void run_templates(ExperimentDraft& draft);
// The AnalysisRuns, and what the status says of each.
void run_analyses(ExperimentDraft& draft);
// Phase, message and conditions follow from the rest of the status.
void conclude(ExperimentDraft& draft);
// Nothing is begun while the spec is wrong.
void refuse_spec(ExperimentDraft& draft);

}  // namespace sluice::controller
