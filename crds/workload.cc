// JSON -> the workloads that a Rollout may take its pod template from.
#include "crds/workload.h"

#include "crds/convert.h"
#include "crds/decode.h"

namespace sluice::crds {
namespace {

struct OnlyMetadata {
  kube::ObjectMeta meta;
  static void fields(auto& self, auto& visit) { visit("metadata", self.meta); }
};

struct Body {
  Workload& workload;
  static void fields(auto& self, auto& visit) {
    visit("replicas", self.workload.replicas);
    visit("selector", self.workload.selector);
    visit("template", self.workload.pod_template);
  }
};

}  // namespace

std::optional<WorkloadKind> workload_kind(std::string_view api_version, std::string_view kind) {
  const std::size_t slash = api_version.find('/');
  const std::string_view group = slash == std::string_view::npos ? "" : api_version.substr(0, slash);
  if (group == "apps" && kind == "Deployment") return WorkloadKind::deployment;
  if (group == "apps" && kind == "ReplicaSet") return WorkloadKind::replica_set;
  if (group.empty() && kind == "PodTemplate") return WorkloadKind::pod_template;
  return std::nullopt;
}

std::string_view name_of(WorkloadKind kind) {
  switch (kind) {
    case WorkloadKind::deployment:
      return "Deployment";
    case WorkloadKind::replica_set:
      return "ReplicaSet";
    case WorkloadKind::pod_template:
      break;
  }
  return "PodTemplate";
}

std::string_view resource_name_of(WorkloadKind kind) {
  switch (kind) {
    case WorkloadKind::deployment:
      return "deployments.apps";
    case WorkloadKind::replica_set:
      return "replicasets.apps";
    case WorkloadKind::pod_template:
      break;
  }
  return "podtemplates";
}

std::shared_ptr<const Workload> decode_workload(const json::value& object, kube::Mistakes& mistakes) {
  auto workload = std::make_shared<Workload>();
  workload->meta = read_object<OnlyMetadata>(object, mistakes)->meta;
  const json::value* body = kube::find_at(object, {"spec"});
  Body read{*workload};
  kube::Convert<Body>::read(body ? *body : object, read, mistakes, kube::JsonPath{});
  return workload;
}

}  // namespace sluice::crds
