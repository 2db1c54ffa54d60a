// The decision about one Experiment: a total function of what was observed and the time.
//
// As with a Rollout, the writes come before the status, and nothing relies on a status that is not durable yet.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controller/decision.h"
#include "crds/analysis.h"
#include "crds/experiment.h"
#include "crds/workloads.h"
#include "kube/mistake.h"
#include "kube/time.h"

namespace sluice::controller {

// An object that the API server would not make.
struct RefusedCreation {
  enum class Why {
    taken,    // another owner's object has the name
    invalid,  // it will never be made as it is
    world     // it may be made later
  };
  std::string kind;  // "ReplicaSet", "Service" or "AnalysisRun"
  std::string name;
  Why why = Why::world;
  std::string message;  // the server's
  Time retry_at{};      // not tried again before; for `world`
};

// Everything that a decision may rest on, as plain values from stores that have seen this program's own last writes.
struct ExperimentObservation {
  std::shared_ptr<const crds::Experiment> experiment;  // never null
  kube::Mistakes mistakes;                             // of the spec by itself
  // In any order: those that the Experiment controls, and those with a name that it needs, whoever controls them.
  std::vector<std::shared_ptr<const crds::ReplicaSet>> replica_sets;
  std::vector<std::shared_ptr<const crds::Service>> services;
  std::vector<std::shared_ptr<const crds::AnalysisRun>> analysis_runs;
  // Those that its analyses name, and those that these name in turn. One that is absent here does not exist.
  std::map<std::string, std::shared_ptr<const crds::AnalysisTemplate>> analysis_templates;
  std::map<std::string, std::shared_ptr<const crds::AnalysisTemplate>> cluster_analysis_templates;
  // Its Services to which the routes of the Rollout that it belongs to send requests, or may send some.
  std::set<std::string> routed_services;
  std::vector<RefusedCreation> refused;
  std::string instance_id;  // label on runs that are made; "" for none
};

struct ExperimentDecision {
  std::vector<Write> writes;
  std::optional<crds::ExperimentStatus> status;  // the whole one, set only when it differs
  std::vector<Event> events;                     // told when the status has been written
  std::vector<Event> rollout_events;             // the same, on the Rollout that it belongs to
  std::optional<Time> wake_at;                   // the first moment at which time alone could change this decision
  std::vector<Reason> reasons;                   // why it stands where it stands, most important first
};

// Answers for every observation. Applying the answer and deciding again comes to rest without writes; an Experiment
// that has finished never starts a pod again, and one that is being deleted gets an empty decision.
ExperimentDecision decide_experiment(const ExperimentObservation& seen, Time now);

// The names of the objects that this Experiment makes or uses: they concern it, whoever controls them.
std::vector<std::string> replica_sets_named_by(const crds::Experiment& experiment);
std::vector<std::string> services_named_by(const crds::Experiment& experiment);

}  // namespace sluice::controller
