// Checks the invariants of the design (I1 to I10) after every committed change of a simulated cluster.
//
// It reads the API's objects, the gateway and the pods as they really are, never the program under test. A predicate
// that the world or a person broke is not held against the program as long as no later change widens the gap.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "acting.h"
#include "cluster_view.h"
#include "kube/clock.h"
#include "sandbox/workloads/gateway.h"

namespace sluice::simulation {

// All references outlive the oracle, and it outlives all changes.
class Oracle {
 public:
  Oracle(sandbox::Api& api, const sandbox::Gateway& gateway, const kube::Clock& clock, Acting& acting);

  // From now on this invariant ("I1") is not checked: the story breaks it by its own hands. Say why where it is called.
  // "I9 (needless)" is a write that changes nothing, as one can be that was decided on an old view.
  void excuse(const std::string& invariant) { excused_.insert(invariant); }
  void expect_again(const std::string& invariant);

  // Violations are only noted: for the tests of the oracle itself, and for plans that report in one line.
  void be_quiet() { is_quiet_ = true; }
  // All that was violated, with the changes before it, in their order.
  const std::vector<std::string>& failures() const { return failures_; }

  // From now on every write of the controllers is a violation of I9.
  void expect_rest() { is_at_rest_ = true; }
  void rest_is_over() { is_at_rest_ = false; }

  // Looks at the predicates that the passing of time can break: what the gateway serves follows a change by and by.
  void look();

  int changes() const { return changes_; }
  // Invariants that were violated, each once.
  const std::set<std::string>& violated() const { return violated_; }
  const ClusterView& view() const { return view_; }
  // The newest changes, oldest first, one a line.
  std::string newest_changes() const;
  // A violation that the caller has found.
  void fail(const std::string& invariant, const std::string& object, const std::string& seen);

 private:
  using RolloutPointer = std::shared_ptr<const crds::Rollout>;

  // What is remembered of a Rollout between two changes.
  struct Memory {
    kube::Time attempt_since;                  // the template was set, or the update retried, by a person
    std::set<int> skipped_steps;               // by a person, in this attempt
    bool has_resumed = false;                  // a person ended a pause since the step was reached
    std::map<std::string, int> sizes_before;   // of the sets by hash, when the template was set
    std::map<std::string, bool> is_open;       // Services and "pods": had what they need once
    std::map<std::string, int> tolerated;      // the shortfall that is not the program's
    std::optional<kube::Time> paused_since;    // spec.paused
    std::optional<kube::Time> unserved_since;  // the active Service selects an empty set
    std::optional<kube::Time> exceeds_since;   // the canary's share is above what its step allows
    bool has_demand_moved = false;             // spec.replicas was changed during this pause
    kube::Time demand_moved_at;                // and when it was last
    int demand_before = 0;
  };
  struct Need {
    std::string what;  // a Service's name, or "pods"
    int needed = 0;
    int present = 0;
  };

  void note(const sandbox::Change& change);
  void note_request(const kube::ApiRequest& request, const kube::ApiResponse& answer, std::uint64_t before);
  void note_person(const sandbox::Change& change, const RolloutPointer& before, const RolloutPointer& after);
  void remember(const sandbox::Change& change, Actor actor);

  // oracle_capacity.cc
  void check_capacity(const crds::Rollout& rollout, Actor actor);
  std::vector<Need> needs_of(const crds::Rollout& rollout) const;
  // In percent, of any rule of any route that names it; -1 when none does.
  int served_share(const ObjectKey& service) const;
  int largest_share(const std::function<bool(const sandbox::ServedBackend&)>& is_meant) const;
  // `written`: the Service that the controllers have just written, if any.
  void check_active_service(const crds::Rollout& rollout, const ObjectKey& written);

  // oracle_motion.cc
  void check_rollout_write(const crds::Rollout& before, const crds::Rollout& after);
  void check_promotion(const crds::Rollout& before, const crds::Rollout& after);
  void check_step(const crds::Rollout& before, const crds::Rollout& after);
  bool has_successful_experiment(const crds::Rollout& rollout, int index) const;
  std::string why_step_does_not_hold(const crds::Rollout& rollout, int index) const;
  bool is_run_successful(const crds::Rollout& rollout, const std::string& type, int step) const;
  bool is_way_back(const crds::Rollout& rollout, const std::string& hash) const;
  void check_set_write(const sandbox::Change& change, const SetView& before, const SetView& after);
  void check_route_write(const ObjectKey& key, const RouteView& before, const RouteView& after);
  void check_service_write(const ObjectKey& key, const std::string& before, const std::string& after);
  void check_share(const crds::Rollout& rollout);
  int allowed_share(const crds::Rollout& rollout) const;
  bool is_halted(const crds::Rollout& rollout) const;

  // oracle.cc
  void check_alternation(const sandbox::Change& change);
  void check_deletion(const sandbox::Change& change);

  sandbox::Api& api_;
  const sandbox::Gateway& gateway_;
  const kube::Clock& clock_;
  Acting& acting_;
  ClusterView view_;
  std::map<ObjectKey, Memory> memory_;
  std::map<std::string, std::deque<std::string>> written_;  // by the controllers: the last values of each object
  std::deque<std::string> trace_;
  std::set<std::string> excused_;
  std::set<std::string> violated_;
  std::vector<std::string> failures_;
  std::set<std::string> told_;  // invariant and object, so that one defect is told once
  bool is_at_rest_ = false;
  bool is_quiet_ = false;
  int changes_ = 0;
  kube::Time last_change_;
  kube::Time last_look_;
};

// The setWeight in force at a step; 100 after the last one.
int weight_of_step(const crds::CanarySteps& steps, int index);
// Pods for this share of the replicas, rounded up.
int pods_for(int replicas, int share);
// maxSurge and maxUnavailable in pods, after spec/rollout.md §1.6.
struct Allowance {
  int surge = 0;
  int unavailable = 0;
};
Allowance allowance_of(const crds::CanaryStrategy& canary, int replicas);

}  // namespace sluice::simulation
