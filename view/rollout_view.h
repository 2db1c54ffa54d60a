// What a person is shown of one rollout: its state, and the tree of revisions, ReplicaSets, Pods, runs and Jobs.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crds/analysis.h"
#include "crds/rollout.h"
#include "crds/workloads.h"
#include "kube/time.h"
#include "view/experiment_view.h"
#include "view/object_views.h"
#include "view/phase.h"

namespace sluice::view {

// The objects of one namespace that belong to a rollout, or may; those of others are passed over.
struct RolloutObjects {
  std::shared_ptr<const crds::Rollout> rollout;
  std::vector<std::shared_ptr<const crds::ReplicaSet>> replica_sets;
  std::vector<std::shared_ptr<const crds::Pod>> pods;
  std::vector<std::shared_ptr<const crds::AnalysisRun>> analysis_runs;
  std::vector<std::shared_ptr<const crds::Experiment>> experiments;
};

struct RevisionView {
  std::int64_t number = 0;
  std::vector<ReplicaSetView> replica_sets;
  std::vector<ExperimentView> experiments;
  std::vector<AnalysisRunView> analysis_runs;
};

struct RolloutView {
  std::string name;
  std::string ns;
  PhaseView phase;
  std::string strategy;              // "Canary", "BlueGreen" or ""
  std::string step;                  // "1/6"; "" without steps
  std::optional<int> set_weight;     // canary only
  std::optional<int> actual_weight;  // canary only
  std::string age;
  int desired = 0;
  int current = 0;
  int updated = 0;
  int ready = 0;
  int available = 0;
  std::vector<ImageView> images;
  std::vector<RevisionView> revisions;  // newest first
};

RolloutView view_of(const RolloutObjects& objects, kube::Time now);

// "Canary", "BlueGreen" or "".
std::string strategy_of(const crds::Rollout& rollout);
// "1/6", or "" when there are no steps or no index yet.
std::string step_of(const crds::Rollout& rollout);
// The weight that the current step asks for; nullopt for blue/green.
std::optional<int> set_weight_of(const crds::Rollout& rollout);

}  // namespace sluice::view
