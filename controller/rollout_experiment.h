// The Experiments of a Rollout: the one that its current step runs, making it, ending and pruning the rest.
#pragma once

#include <string>
#include <vector>

#include "controller/draft.h"
#include "controller/rollout_analysis.h"

namespace sluice::controller {

// The place in the strategy where an Experiment may be asked for.
struct ExperimentGate {
  const crds::ExperimentStep* experiment = nullptr;  // null: no Experiment is asked for, and those that run are ended
  int step = -1;                                     // index
  bool may_start = false;                            // one may be made now if there is none
};

// Finds the Experiment of this attempt at the current step, records it in the status, makes it when it is due, turns an
// inconclusive one into a pause, ends all others and prunes finished ones.
class RolloutExperiments {
 public:
  RolloutExperiments(Draft& draft, ExperimentGate gate);

  Verdict verdict() const { return verdict_; }
  // Why the update has to be aborted: "Experiment analysis phase is error/failed: ..."; "" when it has not.
  const std::string& abort_message() const { return abort_message_; }
  // The Services of the running Experiment that get a share of the requests, as soon as they publish their pods.
  const std::vector<crds::WeightDestination>& destinations() const { return destinations_; }

 private:
  using ExperimentPointer = std::shared_ptr<const crds::Experiment>;

  void find_current();
  void judge();
  void make();
  bool may_make();
  void record();
  void find_destinations();
  void end_others();
  void prune();
  crds::ExperimentTemplate template_of(const crds::ExperimentStepTemplate& wanted);
  std::string base_name() const;

  Draft& draft_;
  ExperimentGate gate_;
  ExperimentPointer current_;
  std::string made_;  // the name of the one that this decision makes
  Verdict verdict_ = Verdict::none;
  std::string abort_message_;
  std::vector<crds::WeightDestination> destinations_;
};

// The Services of a Rollout's Experiments, as their statuses tell; each once.
std::vector<std::string> experiment_services(const std::vector<std::shared_ptr<const crds::Experiment>>& experiments);

}  // namespace sluice::controller
