// A cluster in a few plain structs: it applies decisions, lets pods become ready, and checks the invariants after every
// write.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "controller/decide.h"

namespace sluice::controller::test {

kube::Time at(int seconds);  // after noon of some day

// One Rollout "web" in namespace "shop" with template versions v1, v2, ...; everything is done by hand and logged.
class ModelCluster {
 public:
  explicit ModelCluster(crds::RolloutSpec spec);

  // What a user does.
  void set_image(const std::string& version);
  void edit(const std::function<void(crds::RolloutSpec&)>& change);
  void edit_status(const std::function<void(crds::RolloutStatus&)>& change);
  void abort();
  void retry();
  void promote();  // as the plugin does: ends a pause, or skips the step
  void promote_full();

  // What else happens in a cluster.
  void limit_ready(const std::string& version, int pods);
  void add_service(const std::string& name);
  void add_route(const std::string& name, int canary = -1);  // a share below 0: no weights are written
  void add_template(const std::string& name, const std::vector<std::string>& arguments = {});
  void finish_experiment(const std::string& name, const std::string& phase, const std::string& message = "");
  std::vector<std::string> experiments() const;  // names, with versions for hashes; "(ended)" behind terminated ones
  crds::Experiment& experiment(const std::string& name);
  void finish_run(const std::string& name, const std::string& phase, const std::string& message = "");
  void delete_run(const std::string& name);
  crds::AnalysisRun run(const std::string& name) const;
  std::map<std::string, std::string> field_values;
  std::shared_ptr<crds::Workload> workload;  // that a workloadRef names; null for none
  void change_set(const std::string& version, const std::function<void(crds::ReplicaSet&)>& change);
  const crds::ReplicaSet& set_of(const std::string& version) const;
  const crds::Service& service(const std::string& name) const { return services_.at(name); }
  void delete_set(const std::string& version);
  std::vector<std::string> unfinished_runs() const;
  void set_selector(const std::string& service, const std::string& hash);
  void accept_routes() { accept_all(); }
  bool routes_are_accepted_at_once = true;
  bool endpoints_are_watched = true;
  bool pods_start_slowly = false;     // only become_ready() makes new pods ready
  bool counters_wait = false;         // a status that may wait is not written
  bool counters_are_written = false;  // writes of counters alone appear in the log

  // Decides and applies until nothing is left to do now; fails the test when it does not come to rest.
  void rest();
  // Pods start and stop as their sets say, and routers take what is written; nothing is decided.
  void become_ready() { settle(true); }
  // The same, moving on to each wake-up until this much time has passed.
  void pass(int seconds);
  // The same, but routers take what is written only if they do so at once.
  void become_ready_or_not() { settle(!pods_start_slowly); }
  // One decision without applying it.
  Decision look() const;
  RolloutObservation observe() const;
  // Applies the first `writes` of a decision and then forgets the rest, as a process does that dies.
  void apply_partly(const Decision& decision, std::size_t writes);

  // What has been written since the last call: "create v2 1", "scale v1 10>8", "service web-active v2", "route 20",
  // "step 1", "phase Paused", "stable v2", "run web-v2-2-pre", ...; hashes are replaced by versions.
  std::string log();
  // The last things that were done and written, also those that log() has told; for the message of a failing test.
  std::string history() const;
  void did(const std::string& what) { history_.push_back("[" + what + "]"); }
  // The events since the last call, one a line.
  std::string events();
  const crds::RolloutStatus& status() const { return rollout_.status; }
  int desired(const std::string& version) const;
  int weight() const { return routes_.empty() ? 0 : routes_.front().largest_canary; }
  std::string selected(const std::string& service) const;  // a version, or ""
  std::string hash(const std::string& version) const;
  std::string phase() const { return rollout_.status.phase.text() + ": " + rollout_.status.message; }
  std::vector<std::string> runs() const;  // names, with versions for hashes
  std::string sizes() const;              // "v1=8 v2=2"
  Time now() const { return now_; }
  void set_now(Time now) { now_ = now; }
  int writes_made() const { return writes_made_; }
  int status_writes_made() const { return status_writes_made_; }

 private:
  void apply(const Decision& decision);
  void apply(const Write& write);
  void write_status(const crds::RolloutStatus& status);
  void settle();  // what the other controllers of a cluster do at once
  void settle(bool pods_start);
  void accept_all();
  void note(const std::string& line);
  std::string named(std::string text) const;  // hashes -> versions
  crds::ReplicaSet& set_named(const std::string& name);
  void bump(kube::ObjectMeta& meta);
  void check_invariants(const std::string& after);
  int share_of(const crds::ReplicaSet& set) const;
  int shortfall_of(const crds::ReplicaSet& set) const;
  int shortfall() const;  // of all sets together

  Time now_;
  long version_ = 100;
  crds::Rollout rollout_;
  std::map<std::string, crds::ReplicaSet> sets_;
  std::map<std::string, crds::Service> services_;
  std::vector<traffic::ObservedRoute> routes_;
  std::map<std::string, crds::AnalysisRun> runs_;
  std::map<std::string, crds::Experiment> experiments_;
  std::map<std::string, std::shared_ptr<const crds::AnalysisTemplate>> templates_;
  std::map<std::string, int> ready_limits_;
  std::map<std::string, std::string> versions_;  // by hash
  std::vector<std::string> log_;
  std::vector<std::string> history_;
  std::vector<std::string> events_;
  std::map<std::string, int> aborted_sizes_;
  int shortfall_ = 0;  // before the next write
  int aborted_weight_ = -1;
  int writes_made_ = 0;
  int status_writes_made_ = 0;
};

// Specs to start from; R = replicas.
crds::RolloutSpec canary_spec(int replicas, std::vector<crds::CanaryStep> steps);
crds::RolloutSpec routed_spec(int replicas, std::vector<crds::CanaryStep> steps);
crds::RolloutSpec blue_green_spec(int replicas);
crds::CanaryStep weight_step(int weight);
crds::CanaryStep pause_step();
crds::CanaryStep pause_step(int seconds);
crds::CanaryStep analysis_step(const std::string& name);
crds::RolloutAnalysis analysis_of(const std::string& name);

}  // namespace sluice::controller::test
