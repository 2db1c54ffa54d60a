// Taking pods away: old revisions after their delay, aborted ones after theirs. Nothing that may still get traffic.
#pragma once

#include <optional>

#include "controller/draft.h"
#include "controller/safety_chain.h"

namespace sluice::controller {

struct OldSetRule {
  int delay_seconds = 0;              // from the moment nothing sends to the set any more
  std::optional<int> revision_limit;  // how many sets may be in their delay at once; the newest stay
};

// True when a Service of the Rollout selects the set.
bool is_referenced(const Draft& draft, const ReplicaSetPointer& set);

// Sets a deadline on every old set that no request can reach any more, and scales it to 0 when the deadline has passed.
// A set in its delay keeps its size. The deadline is an annotation, so it holds over a restart.
void retire_old_sets(Draft& draft, const SafetyChain& chain, const OldSetRule& rule);

// Without a router an old set serves as long as it has pods: pods that are not available go at once, the others as far
// as more pods are available than `least`. Answers whether a set was resized.
bool shrink_old_sets(Draft& draft, int least);

// The newest set of an aborted update: keeps its size until the delay has passed, then goes to 0; a delay of 0 keeps it
// for good. The delay starts when no request can reach the set any more and the stable set is whole. It never grows.
void retire_aborted(Draft& draft, const SafetyChain& chain, int delay_seconds);

// Takes the deadline from a set that is wanted again.
void remove_deadline(Draft& draft, const ReplicaSetPointer& set);
// Notes spec.replicas on a set that keeps its size although spec.replicas has changed.
void note_replicas(Draft& draft, const ReplicaSetPointer& set);

}  // namespace sluice::controller
