// The labels, annotations and label values that Rollouts, their ReplicaSets, Services and runs carry on the wire.
#pragma once

#include <string_view>

namespace sluice::controller::keys {

inline constexpr std::string_view hash_label = "rollouts-pod-template-hash";
inline constexpr std::string_view instance_id_label = "argo-rollouts.argoproj.io/controller-instance-id";
inline constexpr std::string_view managed_by = "argo-rollouts.argoproj.io/managed-by-rollouts";
inline constexpr std::string_view revision = "rollout.argoproj.io/revision";
inline constexpr std::string_view revision_history = "rollout.argoproj.io/revision-history";
inline constexpr std::string_view desired_replicas = "rollout.argoproj.io/desired-replicas";
inline constexpr std::string_view scale_down_deadline = "scale-down-deadline";
inline constexpr std::string_view workload_generation = "rollout.argoproj.io/workload-generation";
// Ours alone: how often the referenced workload was scaled to 0 after a promotion.
inline constexpr std::string_view workload_scale_downs = "rollout.argoproj.io/workload-scale-downs";
inline constexpr std::string_view last_applied = "kubectl.kubernetes.io/last-applied-configuration";
inline constexpr std::string_view notified = "notified.notifications.argoproj.io";
inline constexpr std::string_view rollout_type_label = "rollout-type";
inline constexpr std::string_view step_index_label = "step-index";
inline constexpr std::string_view experiment_name = "experiment.argoproj.io/name";
inline constexpr std::string_view experiment_template = "experiment.argoproj.io/template-name";
// Which start of an Experiment a run belongs to, and which attempt of a Rollout an Experiment.
inline constexpr std::string_view experiment_attempt = "experiment.argoproj.io/attempt";

}  // namespace sluice::controller::keys
