// One Experiment "ab" in namespace "shop" with what it makes, in a few plain structs: it applies decisions and does by
// hand what the rest of a cluster would do.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "controller/experiment.h"

namespace sluice::controller::test {

class ModelExperiment {
 public:
  // Two templates "a" and "b" of one pod each, with a port, without duration.
  explicit ModelExperiment(const std::function<void(crds::ExperimentSpec&)>& change = {});

  // What people do.
  void edit(const std::function<void(crds::ExperimentSpec&)>& change);
  void terminate() {
    edit([](crds::ExperimentSpec& spec) { spec.terminate = true; });
  }
  void retry();  // takes the status away, as the plugin does
  void add_template(const std::string& name, const std::vector<std::string>& arguments = {});
  void remove_set(const std::string& name) { sets.erase(name); }
  // An object that somebody else controls.
  void add_foreign_set(const std::string& name);
  void add_foreign_service(const std::string& name);

  // What the rest of the cluster does.
  void become_available(const std::string& set_of_template = "");  // pods as the sets say; "" for all templates
  void finish_run(const std::string& name, const std::string& phase, const std::string& message = "");

  // Decides and applies until nothing is left to do now; fails the test when it does not come to rest.
  void rest();
  // rest(), with pods that start at once and each wake-up until this much time has passed.
  void pass(int seconds);
  ExperimentDecision look() const { return decide_experiment(observe(), now); }
  ExperimentObservation observe() const;
  // Applies the first `writes` and forgets the rest, as a process does that dies; with all of them applied and
  // `status` also writes that.
  void apply(const ExperimentDecision& decision, std::size_t writes, bool status);

  // Since the last call: "create ab-a 1", "scale ab-a 1>0", "service ab-a", "run ab-check", "terminate ab-check", ...
  std::string log();
  std::string events();
  std::string state() const;  // "Running: running until ..."
  std::string template_state(const std::string& name) const;
  const crds::ExperimentStatus& status() const { return experiment.status; }
  std::string condition(const std::string& type) const;  // "True ReplicaSetUpdated"; "" without one
  std::vector<std::string> reasons() const;

  crds::Experiment experiment;
  std::map<std::string, crds::ReplicaSet> sets;
  std::map<std::string, crds::Service> services;
  std::map<std::string, crds::AnalysisRun> runs;
  std::map<std::string, std::shared_ptr<const crds::AnalysisTemplate>> templates;
  std::set<std::string> routed;
  std::vector<RefusedCreation> refused;
  Time now;
  int status_writes = 0;

 private:
  void carry_out(const Write& write);
  void bump(kube::ObjectMeta& meta) { meta.resource_version = std::to_string(++version_); }
  void note(const std::string& line) { log_.push_back(line); }

  long version_ = 10;
  std::vector<std::string> log_;
  std::vector<std::string> events_;
};

crds::ExperimentStepAnalysis analysis_named(const std::string& name, bool is_required = false);

}  // namespace sluice::controller::test
