// A workload that a Rollout may take its pod template from: a Deployment, a ReplicaSet or a PodTemplate.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "crds/pod_template.h"
#include "crds/seldom.h"
#include "kube/label_selector.h"
#include "kube/metadata.h"
#include "kube/mistake.h"

namespace sluice::crds {

struct WorkloadReference;

enum class WorkloadKind { deployment, replica_set, pod_template };

// nullopt for a kind that carries no pod template which a Rollout could take. The version is not looked at.
std::optional<WorkloadKind> workload_kind(std::string_view api_version, std::string_view kind);
// "Deployment", "ReplicaSet", "PodTemplate".
std::string_view name_of(WorkloadKind kind);
// How the API server names the kind when it is missing: "deployments.apps".
std::string_view resource_name_of(WorkloadKind kind);

// What is read of the three kinds.
struct Workload {
  kube::ObjectMeta meta;
  std::optional<std::int32_t> replicas;  // spec.replicas; a PodTemplate has none
  Seldom<kube::LabelSelector> selector;  // a PodTemplate has none
  PodTemplatePointer pod_template;
  static void fields(auto& self, auto& visit) {
    visit("metadata", self.meta);
    visit("replicas", self.replicas);
    visit("selector", self.selector);
    visit("template", self.pod_template);
  }
};

// Reads spec.replicas, spec.selector and spec.template, or `template` where there is no spec.
std::shared_ptr<const Workload> decode_workload(const json::value& object, kube::Mistakes& mistakes);

}  // namespace sluice::crds
