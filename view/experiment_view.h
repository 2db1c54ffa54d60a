// What a person is shown of one experiment: its state, and the tree of its ReplicaSets, Pods, runs and Jobs.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "crds/experiment.h"
#include "view/object_views.h"

namespace sluice::view {

// The objects of one namespace that belong to an experiment, or may; those of others are passed over.
struct ExperimentObjects {
  std::shared_ptr<const crds::Experiment> experiment;
  std::vector<std::shared_ptr<const crds::ReplicaSet>> replica_sets;
  Pods pods;
  Runs analysis_runs;
};

struct ExperimentView {
  std::string name;
  std::string ns;
  std::string phase;  // Pending before the controller has looked
  std::string message;
  std::string age;
  std::vector<ImageView> images;  // tagged "Σ:<template>"
  std::vector<ReplicaSetView> replica_sets;
  std::vector<AnalysisRunView> analysis_runs;
};

ExperimentView view_of(const ExperimentObjects& objects, kube::Time now);

// "37m" until it ends; "" when it has no duration, has not begun to count, or is over.
std::string remaining_of(const crds::Experiment& experiment, kube::Time now);

}  // namespace sluice::view
