// The pod-template-hash: the end of a ReplicaSet's name and the value of the label that tells its pods from others.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "crds/pod_template.h"

namespace sluice::crds {

// The label on ReplicaSets, their selectors and their pods.
inline constexpr std::string_view hash_label = "rollouts-pod-template-hash";

// The hash of the template as it stands; a collision count above an earlier one gives another hash for the same
// template.
std::string pod_template_hash(const PodTemplate& pod_template,
                              std::optional<std::int32_t> collision_count = std::nullopt);

// The hash that controllers made of the same template whose Kubernetes libraries are older than 0.34: they wrote an
// absent creation time as null.
std::string older_pod_template_hash(const PodTemplate& pod_template,
                                    std::optional<std::int32_t> collision_count = std::nullopt);

}  // namespace sluice::crds
