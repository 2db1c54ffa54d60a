// Which of a Rollout's ReplicaSets is the newest, which the stable one, and which are left over.
#pragma once

#include <string>
#include <vector>

#include "controller/observation.h"
#include "controller/replica_set.h"

namespace sluice::controller {

struct Sets {
  ReplicaSetPointer newest;  // has the current pod template; null until it is created
  ReplicaSetPointer stable;  // named by status.stableRS; the same as `newest` once that is promoted; null if gone
  std::vector<ReplicaSetPointer> others;  // neither of the two, oldest first

  // All of them, each once, oldest first.
  std::vector<ReplicaSetPointer> all() const;
  // The set with this hash; null when there is none or the hash is "".
  ReplicaSetPointer with_hash(const std::string& hash) const;
  // There is a stable set and it is another than the newest.
  bool is_divided() const { return stable && newest && !same_set(stable, newest); }
};

// Sorts out the sets that the Rollout controls. The newest is found by its hash, or else by a template that means the
// same, so that neither defaulting nor another hash algorithm makes a new revision.
Sets find_sets(const RolloutObservation& seen);
// The same, but the newest set is the one that the status names: the last valid template stays in force.
Sets find_recorded_sets(const RolloutObservation& seen);

// True when the newest set was the stable one before, or is older than it.
bool is_rollback(const Sets& sets, const std::string& stable_hash);
// True when fewer than spec.rollbackWindow.revisions sets were made between the newest, older one, and the stable set.
bool is_within_rollback_window(const Sets& sets, const crds::RolloutSpec& spec);

}  // namespace sluice::controller
