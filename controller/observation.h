// What the stores showed about one Rollout at one moment: everything that a decision may rest on, as plain values.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crds/analysis.h"
#include "crds/experiment.h"
#include "crds/rollout.h"
#include "crds/workload.h"
#include "crds/workloads.h"
#include "kube/mistake.h"
#include "kube/time.h"
#include "traffic/observed_route.h"

namespace sluice::controller {

using kube::Duration;
using kube::Time;

// A Service that the Rollout names.
struct ObservedService {
  std::string name;
  std::shared_ptr<const crds::Service> service;  // null when it does not exist
  // Ready endpoints that its EndpointSlices publish, by the name of the ReplicaSet whose pods they are. nullopt when
  // slices are not watched; then the availability of the ReplicaSets has to do.
  std::optional<std::map<std::string, int>> ready_endpoints;
};

// The workload that spec.workloadRef names.
struct ObservedWorkload {
  crds::WorkloadKind kind = crds::WorkloadKind::deployment;
  std::shared_ptr<const crds::Workload> workload;  // null when it does not exist, or is not known yet
  bool is_known = true;                            // false until the first list of its kind is complete
};

// The settings of the controller that decisions depend on.
struct DecideOptions {
  std::string
      instance_id;  // label argo-rollouts.argoproj.io/controller-instance-id on objects that are made; "" for none
  // How long an abort waits for the last pods of the stable set before it makes do with maxUnavailable missing.
  Duration abort_wait = std::chrono::seconds(60);
  // How long a guard holds an update before the status tells it; zero for never.
  Duration tell_after = std::chrono::minutes(1);
};

// The Rollout and all ReplicaSets, Services, routes, runs and templates come from stores that have already seen this
// program's own last writes to them. Nothing here is changed by a decision.
struct RolloutObservation {
  // Never null. Its pod template, and its selector when it has none of its own, are those of the workload that it
  // refers to.
  std::shared_ptr<const crds::Rollout> rollout;
  std::optional<ObservedWorkload> workload;  // only with a workloadRef of a kind that is understood
  // The spec of `rollout` is not the present one, which is wrong, but the last that was valid: it stays in force for
  // what has to be protected. `mistakes` are all those of the present spec.
  bool is_last_valid = false;
  // What crds::validate found wrong with the spec by itself. Mistakes in what it refers to are found by decide.
  kube::Mistakes mistakes;

  // In any order: those that this Rollout controls; those without a controller that carry a pod-template-hash and match
  // its selector (they are adopted); and, whoever owns it, the one that is named new_replica_set_name(rollout).
  std::vector<std::shared_ptr<const crds::ReplicaSet>> replica_sets;

  // One for each of services_named_by(rollout), and those of its Experiments.
  std::vector<ObservedService> services;
  std::vector<traffic::ObservedRoute> routes;  // one for each route of the traffic router

  std::vector<std::shared_ptr<const crds::AnalysisRun>> analysis_runs;  // that this Rollout controls, in any order
  std::vector<std::shared_ptr<const crds::Experiment>> experiments;     // the same
  // Pod templates as the API server has them, by the name of their ReplicaSet; those that a decision asked for.
  std::map<std::string, crds::PodTemplatePointer> set_templates;
  // Those that the Rollout names, and those that these name in turn. One that is absent here does not exist.
  std::map<std::string, std::shared_ptr<const crds::AnalysisTemplate>> analysis_templates;
  std::map<std::string, std::shared_ptr<const crds::AnalysisTemplate>> cluster_analysis_templates;
  // The Rollout's own fields that its analyses take as arguments (valueFrom.fieldRef), by field path, for each of
  // field_paths_named_by(rollout); a path that is absent here could not be read.
  std::map<std::string, std::string> field_values;

  // The pods of all its ReplicaSets; only when needs_pods() said so.
  std::optional<std::vector<std::shared_ptr<const crds::Pod>>> pods;

  DecideOptions options;
};

// The Services that the strategy names, each once, without "".
std::vector<std::string> services_named_by(const crds::Rollout& rollout);
// The analysis templates that the strategy names, each once; templates that these name in turn are not followed.
std::vector<crds::TemplateReference> templates_named_by(const crds::Rollout& rollout);
// The field paths that arguments of its analyses refer to, each once.
std::vector<std::string> field_paths_named_by(const crds::Rollout& rollout);
// The name that a ReplicaSet for the Rollout's current pod template has; "" without a template.
std::string new_replica_set_name(const crds::Rollout& rollout);
// True when the decision needs the list of pods: a restart can go on, or pods have to be marked with their role.
bool needs_pods(const RolloutObservation& seen, Time now);

}  // namespace sluice::controller
