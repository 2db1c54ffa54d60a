// A Service's selector as the simplest traffic router: it points at the pods of exactly one ReplicaSet.
#pragma once

#include <string>

namespace sluice::traffic {

inline constexpr const char* hash_key = "rollouts-pod-template-hash";
inline constexpr const char* managed_by_key = "argo-rollouts.argoproj.io/managed-by-rollouts";

// The merge patch that points the Service at the pods with this hash; other keys of the selector stay as they are.
// `managed_by` goes into the annotation that names the Rollout, unless it is "". `uid` and `resource_version` are the
// state of the Service that the change rests on; "" is not checked.
std::string service_patch(const std::string& hash, const std::string& managed_by, const std::string& uid,
                          const std::string& resource_version);

// The merge patch that takes the hash and the name of the Rollout away again, so that the Service selects what its user
// wrote.
std::string service_release_patch(const std::string& uid, const std::string& resource_version);

}  // namespace sluice::traffic
