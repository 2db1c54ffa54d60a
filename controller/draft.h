// A decision while it is being made: what was seen, sorted out once, and what has been decided so far.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "controller/decision.h"
#include "controller/observation.h"
#include "controller/replica_set.h"
#include "controller/sets.h"

namespace sluice::controller {

// Lives for one call of decide(); refers to the observation.
struct Draft {
  // With mistakes, the spec is not followed: what is recorded stays in force, and nothing goes forward.
  Draft(const RolloutObservation& observation, Time at, kube::Mistakes wrong = {});

  const RolloutObservation& seen;
  const crds::Rollout& rollout;
  const crds::RolloutSpec& spec;
  const crds::RolloutStatus& before;  // the status that is durable; effects rest on this one
  const Time now;
  const Time stamp;  // now in whole seconds, as it goes into the status
  const kube::Mistakes mistakes;
  const Sets sets;
  const int replicas;  // spec.replicas, or its default
  // The status is about another pod template or other steps than the spec: its pauses, abort and step index are those
  // of the past and do not count.
  const bool is_new_target;

  crds::RolloutStatus status;  // the one the Rollout should have
  std::vector<Write> writes;
  std::vector<Event> events;
  std::optional<Time> wake_at;
  std::vector<Reason> reasons;
  std::int64_t given_revision = 0;  // that this decision gives to the newest set; 0 for none
  // What the Progressing condition says of this very decision; set when an update starts.
  std::optional<std::pair<std::string, std::string>> progress_note;  // reason and message
  std::vector<std::string> wants_templates_of;                       // ReplicaSets whose whole pod templates are needed
  std::string router_trouble;  // why a route could not be read or written; "" when nothing is wrong

  // The newest revision is the stable one.
  bool is_promoted() const { return sets.newest && before.stable_rs == hash_of(sets.newest); }
  // No revision has been stable yet, so that the newest one is brought up without the strategy.
  bool is_initial() const { return before.stable_rs.empty(); }
  // A person, an inconclusive analysis or a mistake in the spec has stopped all forward motion.
  bool is_halted() const;
  // The abort of an update that is under way is durable.
  bool is_aborted() const { return before.abort && !is_new_target && !is_promoted(); }
  // Full promotion was requested by a person.
  bool is_promote_full() const { return before.promote_full && !is_new_target && !is_promoted(); }

  const crds::CanaryStrategy* canary() const { return spec.strategy.canary ? &*spec.strategy.canary : nullptr; }
  const crds::BlueGreenStrategy* blue_green() const {
    return spec.strategy.blue_green ? &*spec.strategy.blue_green : nullptr;
  }
  // The revision of the newest set, also while it is only being created.
  std::int64_t revision() const { return given_revision > 0 ? given_revision : revision_of(sets.newest); }
  kube::OwnerReference owner() const;

  void write(Effect effect, std::vector<Event> told = {});
  void tell(std::string reason, std::string message) {
    events.push_back({false, std::move(reason), std::move(message)});
  }
  void warn(std::string reason, std::string message) {
    events.push_back({true, std::move(reason), std::move(message)});
  }
  // Looks again at this moment, unless something is due earlier. The past is ignored.
  void wake(Time at);
  void hold(std::string guard, std::string sentence, std::string release, std::optional<Time> since = std::nullopt);

  // One decision writes each set once, because the second write would rest on a version that is gone; what else there
  // is to do follows in the next decision.
  bool is_written(std::string_view set) const;
  void annotate(const ReplicaSetPointer& set, kube::StringMap annotations, std::vector<std::string> removed = {});
  // Resizes a set and notes spec.replicas on it; nothing when it has that size. A set that grows or goes to 0 loses its
  // deadline. Answers whether the set is about to change.
  bool scale(const ReplicaSetPointer& set, int size);
  // To 0, but its passed deadline stays: it tells any controller that this set is down on purpose.
  bool scale_aborted(const ReplicaSetPointer& set);

 private:
  bool resize(const ReplicaSetPointer& set, int size, std::vector<std::string> removed);
};

// "1 pod", "2 pods".
std::string counted(int number, std::string_view noun);
// What a set that is too small waits for: "2 more pods become available".
std::string more_pods(int number);
// Rounded up to the next whole second, so that no wait is shorter than it was asked to be.
Time whole_second_after(Time time);

}  // namespace sluice::controller
