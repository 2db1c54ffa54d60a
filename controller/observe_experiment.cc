// From the stores to the plain values of a decision about an Experiment.
#include "controller/observe_experiment.h"

#include <algorithm>

#include "controller/template_walk.h"
#include "crds/validate_experiment.h"

namespace sluice::controller {
namespace {

using kube::ObjectKey;

// Those that the owner controls, and those with one of these names.
template <class T>
std::vector<std::shared_ptr<const T>> owned_or_named(const kube::Store<T>& store, const crds::Experiment& experiment,
                                                     const std::vector<std::string>& names) {
  auto found = store.owned_by(experiment.meta.uid);
  for (const std::string& name : names) {
    auto named = store.find({experiment.meta.ns, name});
    const auto is_same = [&](const auto& known) { return known->meta.name == name; };
    if (named && std::none_of(found.begin(), found.end(), is_same)) found.push_back(std::move(named));
  }
  return found;
}

std::vector<std::string> runs_named_by(const crds::Experiment& experiment) {
  std::vector<std::string> names;
  for (const crds::ExperimentStepAnalysis& one : experiment.spec->analyses)
    names.push_back(experiment.meta.name + "-" + one.name);
  for (const crds::ExperimentAnalysisStatus& run : experiment.status.analysis_runs)
    if (!run.analysis_run.empty()) names.push_back(run.analysis_run);
  return names;
}

std::vector<crds::TemplateReference> templates_of(const crds::Experiment& experiment) {
  std::vector<crds::TemplateReference> references;
  for (const crds::ExperimentStepAnalysis& one : experiment.spec->analyses)
    references.push_back({one.template_name, one.cluster_scope});
  return references;
}

// The Rollout that made it; null when a person did, or when that Rollout has gone.
std::shared_ptr<const crds::Rollout> rollout_of(const Stores& stores, const crds::Experiment& experiment) {
  const kube::OwnerReference* owner = experiment.meta.controller();
  if (!owner || owner->kind != "Rollout") return nullptr;
  auto rollout = stores.rollouts.find({experiment.meta.ns, owner->name});
  return rollout && rollout->meta.uid == owner->uid ? rollout : nullptr;
}

}  // namespace

std::vector<std::string> additional_services(const crds::Rollout& rollout) {
  std::vector<std::string> names;
  if (!rollout.status.canary.weights) return names;
  for (const crds::WeightDestination& destination : rollout.status.canary.weights->additional)
    names.push_back(destination.service_name);
  return names;
}

ExperimentObservation observe_experiment(const Stores& stores, std::shared_ptr<const crds::Experiment> experiment,
                                         std::string instance_id) {
  ExperimentObservation seen;
  seen.experiment = experiment;
  seen.instance_id = std::move(instance_id);
  seen.mistakes = stores.mistakes_of_experiment(experiment->meta.key());
  for (kube::Mistake& mistake : crds::validate_experiment(*experiment)) seen.mistakes.push_back(std::move(mistake));
  seen.replica_sets = owned_or_named(stores.replica_sets, *experiment, replica_sets_named_by(*experiment));
  seen.services = owned_or_named(stores.services, *experiment, services_named_by(*experiment));
  seen.analysis_runs = owned_or_named(stores.analysis_runs, *experiment, runs_named_by(*experiment));
  TemplateWalk walk(stores, experiment->meta.ns);
  walk.follow(templates_of(*experiment));
  seen.analysis_templates = std::move(walk.templates);
  seen.cluster_analysis_templates = std::move(walk.cluster_templates);
  if (const auto rollout = rollout_of(stores, *experiment))
    for (std::string& service : additional_services(*rollout)) seen.routed_services.insert(std::move(service));
  return seen;
}

std::vector<References::Name> names_of(const Stores& stores, const crds::Experiment& experiment) {
  std::vector<References::Name> names;
  const std::string& ns = experiment.meta.ns;
  for (const std::string& name : replica_sets_named_by(experiment))
    names.push_back(References::name("ReplicaSet", {ns, name}));
  for (const std::string& name : services_named_by(experiment))
    names.push_back(References::name("Service", {ns, name}));
  for (const std::string& name : runs_named_by(experiment))
    names.push_back(References::name("AnalysisRun", {ns, name}));
  TemplateWalk walk(stores, ns);
  walk.follow(templates_of(experiment));
  for (const ObjectKey& key : walk.visited()) names.push_back(References::name("AnalysisTemplate", key));
  return names;
}

}  // namespace sluice::controller
