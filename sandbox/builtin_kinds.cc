// The kinds that every API server has, as a table.
#include <cctype>
#include <initializer_list>

#include "sandbox/builtin_types.h"
#include "sandbox/kinds.h"

namespace sluice::sandbox {
namespace {

enum Trait : unsigned {
  cluster = 1,         // not in a namespace
  status = 2,          // status subresource
  generation = 4,      // counts changes of the specification
  scale = 8,           // scale subresource on spec.replicas
  graceful = 16,       // deletion has a grace period
  returned = 32,       // DELETE answers the object
  put_creates = 64,    // PUT creates what is absent
  all = 128,           // in the category "all"
  extension = 256,     // in the category "api-extensions"
  answered_only = 512  // a review: answered, never stored
};

struct Row {
  const char* group;
  const char* version;
  const char* kind;
  const char* plural;
  unsigned traits;
  std::initializer_list<const char*> short_names;
  const char* storage;  // when shared with another group
};

const Row rows[] = {
    {"", "v1", "ConfigMap", "configmaps", 0, {"cm"}, ""},
    {"", "v1", "Endpoints", "endpoints", 0, {"ep"}, ""},
    {"", "v1", "Event", "events", put_creates, {"ev"}, ""},
    {"", "v1", "LimitRange", "limitranges", 0, {"limits"}, ""},
    {"", "v1", "Namespace", "namespaces", cluster | status, {"ns"}, ""},
    {"", "v1", "Node", "nodes", cluster | status, {"no"}, ""},
    {"", "v1", "PersistentVolumeClaim", "persistentvolumeclaims", status | returned, {"pvc"}, ""},
    {"", "v1", "PersistentVolume", "persistentvolumes", cluster | status | returned, {"pv"}, ""},
    {"", "v1", "Pod", "pods", status | generation | graceful | returned | all, {"po"}, ""},
    {"", "v1", "PodTemplate", "podtemplates", generation, {}, ""},
    {"", "v1", "ResourceQuota", "resourcequotas", status | returned, {"quota"}, ""},
    {"", "v1", "Secret", "secrets", 0, {}, ""},
    {"", "v1", "ServiceAccount", "serviceaccounts", returned, {"sa"}, ""},
    {"", "v1", "Service", "services", status | returned | all, {"svc"}, ""},
    {"apps", "v1", "ControllerRevision", "controllerrevisions", 0, {}, ""},
    {"apps", "v1", "DaemonSet", "daemonsets", status | generation | all, {"ds"}, ""},
    {"apps", "v1", "Deployment", "deployments", status | generation | scale | all, {"deploy"}, ""},
    {"apps", "v1", "ReplicaSet", "replicasets", status | generation | scale | all, {"rs"}, ""},
    {"apps", "v1", "StatefulSet", "statefulsets", status | generation | scale | all, {"sts"}, ""},
    {"events.k8s.io", "v1", "Event", "events", put_creates, {"ev"}, "/events"},
    {"authentication.k8s.io", "v1", "SelfSubjectReview", "selfsubjectreviews", cluster | answered_only, {}, ""},
    {"authentication.k8s.io", "v1", "TokenReview", "tokenreviews", cluster | answered_only, {}, ""},
    {"authorization.k8s.io", "v1", "LocalSubjectAccessReview", "localsubjectaccessreviews", answered_only, {}, ""},
    {"authorization.k8s.io",
     "v1",
     "SelfSubjectAccessReview",
     "selfsubjectaccessreviews",
     cluster | answered_only,
     {},
     ""},
    {"authorization.k8s.io",
     "v1",
     "SelfSubjectRulesReview",
     "selfsubjectrulesreviews",
     cluster | answered_only,
     {},
     ""},
    {"authorization.k8s.io", "v1", "SubjectAccessReview", "subjectaccessreviews", cluster | answered_only, {}, ""},
    {"autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", status | all, {"hpa"}, ""},
    {"batch", "v1", "CronJob", "cronjobs", status | generation | all, {"cj"}, ""},
    {"batch", "v1", "Job", "jobs", status | generation | all, {}, ""},
    {"networking.k8s.io", "v1", "IngressClass", "ingressclasses", cluster | generation, {}, ""},
    {"networking.k8s.io", "v1", "Ingress", "ingresses", status | generation, {"ing"}, ""},
    {"networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies", generation, {"netpol"}, ""},
    {"policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets", status | generation, {"pdb"}, ""},
    {"rbac.authorization.k8s.io", "v1", "ClusterRoleBinding", "clusterrolebindings", cluster, {}, ""},
    {"rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles", cluster, {}, ""},
    {"rbac.authorization.k8s.io", "v1", "RoleBinding", "rolebindings", 0, {}, ""},
    {"rbac.authorization.k8s.io", "v1", "Role", "roles", 0, {}, ""},
    {"storage.k8s.io", "v1", "StorageClass", "storageclasses", cluster | returned, {"sc"}, ""},
    {"apiextensions.k8s.io",
     "v1",
     "CustomResourceDefinition",
     "customresourcedefinitions",
     cluster | status | generation | extension,
     {"crd", "crds"},
     ""},
    {"scheduling.k8s.io", "v1", "PriorityClass", "priorityclasses", cluster | generation, {"pc"}, ""},
    {"coordination.k8s.io", "v1", "Lease", "leases", put_creates, {}, ""},
    {"discovery.k8s.io", "v1", "EndpointSlice", "endpointslices", generation, {}, ""},
};

// Custom resources that are served before anybody installs their definitions, without a schema.
const Row custom_rows[] = {
    {"gateway.networking.k8s.io", "v1", "GatewayClass", "gatewayclasses", cluster | status, {"gc"}, ""},
    {"gateway.networking.k8s.io", "v1", "Gateway", "gateways", status, {"gtw"}, ""},
    {"gateway.networking.k8s.io", "v1", "HTTPRoute", "httproutes", status, {}, ""},
};

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

Kind kind_of(const Row& row) {
  const auto has = [&](Trait trait) { return (row.traits & trait) != 0; };
  Kind kind;
  kind.group = row.group;
  kind.version = row.version;
  kind.kind = row.kind;
  kind.plural = row.plural;
  kind.singular = lower(row.kind);
  for (const char* name : row.short_names) kind.short_names.emplace_back(name);
  if (has(all)) kind.categories.emplace_back("all");
  if (has(extension)) kind.categories.emplace_back("api-extensions");
  kind.namespaced = !has(cluster);
  kind.has_status = has(status);
  kind.has_generation = has(generation);
  kind.graceful = has(graceful);
  kind.returns_deleted = has(returned);
  kind.create_on_update = has(put_creates);
  kind.virtual_only = has(answered_only);
  if (has(scale)) kind.scale = ScalePaths{"spec.replicas", "status.replicas", "spec.selector"};
  kind.storage = row.storage;
  return kind;
}

}  // namespace

void add_builtin_kinds(Kinds& kinds) {
  for (const Row& row : rows) {
    Kind kind = kind_of(row);
    kind.schema = builtin_schema(kind.group, kind.version, kind.kind);
    kinds.add(std::move(kind));
  }
  for (const Row& row : custom_rows) {
    Kind kind = kind_of(row);
    kind.custom = true;
    kinds.add(std::move(kind));
  }
}

}  // namespace sluice::sandbox
