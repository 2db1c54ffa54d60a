// The table of merge keys of the built-in kinds.
#include "kube/merge_keys.h"

#include <algorithm>
#include <iterator>

namespace sluice::kube {
namespace {

// Kinds whose rules are more than those of metadata; the type of a kind has the name of the kind.
constexpr std::string_view core_kinds[] = {
    "Pod",       "PodTemplate",          "Service", "ServiceAccount", "ReplicationController", "Node",
    "Namespace", "PersistentVolumeClaim"};
constexpr std::string_view other_kinds[] = {"Deployment",
                                            "ReplicaSet",
                                            "StatefulSet",
                                            "DaemonSet",
                                            "Job",
                                            "CronJob",
                                            "HorizontalPodAutoscaler",
                                            "PodDisruptionBudget",
                                            "APIService",
                                            "MutatingWebhookConfiguration",
                                            "ValidatingWebhookConfiguration"};

constexpr MergeRule rules[] = {
    {"ObjectMeta", "ownerReferences", "", true, "uid"},
    {"ObjectMeta", "finalizers", "", true, ""},

    {"PodTemplateSpec", "metadata", "ObjectMeta"},
    {"PodTemplateSpec", "spec", "PodSpec"},
    {"PodSpec", "volumes", "", true, "name"},
    {"PodSpec", "initContainers", "Container", true, "name"},
    {"PodSpec", "containers", "Container", true, "name"},
    {"PodSpec", "ephemeralContainers", "Container", true, "name"},
    {"PodSpec", "imagePullSecrets", "", true, "name"},
    {"PodSpec", "hostAliases", "", true, "ip"},
    {"PodSpec", "topologySpreadConstraints", "", true, "topologyKey"},
    {"PodSpec", "schedulingGates", "", true, "name"},
    {"PodSpec", "resourceClaims", "", true, "name"},
    {"Container", "ports", "", true, "containerPort"},
    {"Container", "env", "", true, "name"},
    {"Container", "volumeMounts", "", true, "mountPath"},
    {"Container", "volumeDevices", "", true, "devicePath"},
    {"PodStatus", "conditions", "", true, "type"},
    {"PodStatus", "podIPs", "", true, "ip"},
    {"PodStatus", "hostIPs", "", true, "ip"},
    {"PodStatus", "resourceClaimStatuses", "", true, "name"},

    {"Pod", "spec", "PodSpec"},
    {"Pod", "status", "PodStatus"},
    {"PodTemplate", "template", "PodTemplateSpec"},
    {"Service", "spec", "ServiceSpec"},
    {"Service", "status", "Conditions"},
    {"ServiceSpec", "ports", "", true, "port"},
    {"ServiceAccount", "secrets", "", true, "name"},
    {"ServiceAccount", "imagePullSecrets", "", true, "name"},
    {"ReplicationController", "spec", "WorkloadSpec"},
    {"ReplicationController", "status", "Conditions"},
    {"Node", "spec", "NodeSpec"},
    {"Node", "status", "NodeStatus"},
    {"NodeSpec", "podCIDRs", "", true, ""},
    {"NodeStatus", "conditions", "", true, "type"},
    {"NodeStatus", "addresses", "", true, "type"},
    {"Namespace", "status", "Conditions"},
    {"PersistentVolumeClaim", "status", "Conditions"},

    {"Conditions", "conditions", "", true, "type"},
    {"WorkloadSpec", "template", "PodTemplateSpec"},
    {"Deployment", "spec", "WorkloadSpec"},
    {"Deployment", "status", "Conditions"},
    {"ReplicaSet", "spec", "WorkloadSpec"},
    {"ReplicaSet", "status", "Conditions"},
    {"StatefulSet", "spec", "WorkloadSpec"},
    {"StatefulSet", "status", "Conditions"},
    {"DaemonSet", "spec", "WorkloadSpec"},
    {"DaemonSet", "status", "Conditions"},
    {"Job", "spec", "WorkloadSpec"},
    {"Job", "status", "Conditions"},
    {"CronJob", "spec", "CronJobSpec"},
    {"CronJobSpec", "jobTemplate", "JobTemplateSpec"},
    {"JobTemplateSpec", "metadata", "ObjectMeta"},
    {"JobTemplateSpec", "spec", "WorkloadSpec"},
    {"HorizontalPodAutoscaler", "status", "Conditions"},
    {"PodDisruptionBudget", "status", "Conditions"},
    {"APIService", "status", "Conditions"},
    {"MutatingWebhookConfiguration", "webhooks", "", true, "name"},
    {"ValidatingWebhookConfiguration", "webhooks", "", true, "name"},
};

constexpr MergeRule metadata_rule{"", "metadata", "ObjectMeta"};

template <std::size_t N>
bool is_one_of(std::string_view text, const std::string_view (&words)[N]) {
  return std::find(std::begin(words), std::end(words), text) != std::end(words);
}

bool is_root(std::string_view type) {
  return type == "Object" || is_one_of(type, core_kinds) || is_one_of(type, other_kinds);
}

}  // namespace

bool is_built_in_group(std::string_view group) {
  static constexpr std::string_view short_groups[] = {"", "apps", "batch", "autoscaling", "policy", "extensions"};
  static constexpr std::string_view groups[] = {"admissionregistration.k8s.io",
                                                "apiextensions.k8s.io",
                                                "apiregistration.k8s.io",
                                                "authentication.k8s.io",
                                                "authorization.k8s.io",
                                                "certificates.k8s.io",
                                                "coordination.k8s.io",
                                                "discovery.k8s.io",
                                                "events.k8s.io",
                                                "flowcontrol.apiserver.k8s.io",
                                                "internal.apiserver.k8s.io",
                                                "networking.k8s.io",
                                                "node.k8s.io",
                                                "rbac.authorization.k8s.io",
                                                "resource.k8s.io",
                                                "scheduling.k8s.io",
                                                "storage.k8s.io",
                                                "storagemigration.k8s.io"};
  return is_one_of(group, short_groups) || is_one_of(group, groups);
}

std::string_view root_type_of(std::string_view group, std::string_view kind) {
  const bool known =
      group.empty() ? is_one_of(kind, core_kinds) : is_built_in_group(group) && is_one_of(kind, other_kinds);
  if (!known) return "Object";
  const auto at =
      std::find_if(std::begin(rules), std::end(rules), [&](const MergeRule& rule) { return rule.type == kind; });
  return at == std::end(rules) ? std::string_view("Object") : at->type;
}

const MergeRule* merge_rule_for(std::string_view type, std::string_view member) {
  for (const MergeRule& rule : rules)
    if (rule.type == type && rule.member == member) return &rule;
  return member == "metadata" && is_root(type) ? &metadata_rule : nullptr;
}

}  // namespace sluice::kube
