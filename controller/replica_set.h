// What one ReplicaSet of a Rollout says about itself. A null pointer stands for a set that does not exist: it has no
// pods.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "controller/decision.h"
#include "crds/workloads.h"

namespace sluice::controller {

using ReplicaSetPointer = std::shared_ptr<const crds::ReplicaSet>;

// The value of the label rollouts-pod-template-hash; "" for a set that does not exist.
std::string hash_of(const ReplicaSetPointer& set);
// The annotated revision; 0 when it is absent or no number.
std::int64_t revision_of(const ReplicaSetPointer& set);
// spec.replicas of the Rollout when this set was last sized; nullopt when that is not annotated.
std::optional<int> noted_replicas(const ReplicaSetPointer& set);

// spec.replicas.
int desired_of(const ReplicaSetPointer& set);
// Available pods that stay when the set reaches its size: a set that shrinks counts no pod that is about to go.
int available_of(const ReplicaSetPointer& set);
// The set has exactly this size, it is annotated with it, and all its pods are available.
bool is_saturated(const ReplicaSetPointer& set, int replicas);

bool has_deadline(const ReplicaSetPointer& set);
// When the set may be scaled to 0; nullopt without a deadline, the epoch when it cannot be read.
std::optional<Time> deadline_of(const ReplicaSetPointer& set);

bool same_set(const ReplicaSetPointer& left, const ReplicaSetPointer& right);
Precondition precondition_of(const kube::ObjectMeta& meta);

}  // namespace sluice::controller
