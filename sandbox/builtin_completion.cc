// Defaults of built-in types that depend on other fields: by type, wherever it occurs, and by kind.
#include <functional>
#include <map>

#include <boost/json.hpp>

#include "kube/base64.h"
#include "sandbox/completion.h"
#include "sandbox/definitions.h"
#include "sandbox/object_parts.h"
#include "sandbox/schema.h"

namespace sluice::sandbox {
namespace {

using Step = void (*)(json::object&);

void set_if_absent(json::object& object, std::string_view name, json::value value) {
  if (!object.contains(name)) object[name] = std::move(value);
}

// By type.

void complete_container(json::object& container) {
  if (!text_of(container, "imagePullPolicy").empty()) return;
  std::string_view image = text_of(container, "image");
  const bool by_digest = image.find('@') != std::string_view::npos;
  image = image.substr(image.rfind('/') == std::string_view::npos ? 0 : image.rfind('/') + 1);
  const std::size_t colon = image.find(':');
  const bool latest = !by_digest && (colon == std::string_view::npos || image.substr(colon + 1) == "latest");
  container["imagePullPolicy"] = latest ? "Always" : "IfNotPresent";
}

void complete_pod_spec(json::object& spec) {
  const std::string account(text_of(spec, "serviceAccountName").empty() ? text_of(spec, "serviceAccount")
                                                                        : text_of(spec, "serviceAccountName"));
  if (!account.empty()) {
    spec["serviceAccountName"] = account;
    spec["serviceAccount"] = account;
  }
}

void complete_deployment_strategy(json::object& strategy) {
  if (text_of(strategy, "type") != "RollingUpdate") return;
  json::object& rolling = object_in(strategy, "rollingUpdate");
  set_if_absent(rolling, "maxUnavailable", "25%");
  set_if_absent(rolling, "maxSurge", "25%");
}

void complete_daemon_strategy(json::object& strategy) {
  if (text_of(strategy, "type") != "RollingUpdate") return;
  json::object& rolling = object_in(strategy, "rollingUpdate");
  set_if_absent(rolling, "maxUnavailable", 1);
  set_if_absent(rolling, "maxSurge", 0);
}

void complete_stateful_strategy(json::object& strategy) {
  if (text_of(strategy, "type") == "RollingUpdate") set_if_absent(object_in(strategy, "rollingUpdate"), "partition", 0);
}

void complete_service_port(json::object& port) {
  const json::value* target = port.if_contains("targetPort");
  const bool absent = !target || target->is_null() || *target == json::value(0) || *target == json::value("");
  if (const json::value* number = port.if_contains("port"); number && absent) port["targetPort"] = *number;
}

void complete_service_spec(json::object& spec) {
  const std::string type(text_of(spec, "type"));
  if (type == "ExternalName") return;
  set_if_absent(spec, "internalTrafficPolicy", "Cluster");
  if (type == "NodePort" || type == "LoadBalancer") set_if_absent(spec, "externalTrafficPolicy", "Cluster");
  if (type == "LoadBalancer") set_if_absent(spec, "allocateLoadBalancerNodePorts", true);
}

void complete_subject(json::object& subject) {
  const std::string_view kind = text_of(subject, "kind");
  if (kind == "User" || kind == "Group") set_if_absent(subject, "apiGroup", "rbac.authorization.k8s.io");
}

// By kind.

void complete_pod(json::object& pod) {
  json::object& spec = object_in(pod, "spec");
  set_if_absent(spec, "enableServiceLinks", true);
  for (const char* list : {"containers", "initContainers"}) {
    json::value* containers = spec.if_contains(list);
    if (!containers || !containers->is_array()) continue;
    for (json::value& container : containers->get_array()) {
      if (!container.is_object()) continue;
      json::object& resources = object_in(container.get_object(), "resources");
      const json::value* limits = resources.if_contains("limits");
      if (!limits || !limits->is_object() || limits->get_object().empty()) continue;
      const json::object copied = limits->get_object();
      json::object& requests = object_in(resources, "requests");
      for (const auto& [name, amount] : copied) set_if_absent(requests, name, amount);
    }
  }
}

void complete_job(json::object& job) {
  json::object& spec = object_in(job, "spec");
  const json::value template_labels = object_in(object_in(object_in(spec, "template"), "metadata"), "labels");
  if (json::object& labels = object_in(object_in(job, "metadata"), "labels"); labels.empty())
    labels = template_labels.get_object();
  if (!spec.contains("completions") && !spec.contains("parallelism")) {
    spec["completions"] = 1;
    spec["parallelism"] = 1;
  }
  set_if_absent(spec, "parallelism", 1);
  if (!spec.contains("backoffLimit")) {
    const bool per_index = spec.contains("backoffLimitPerIndex");
    spec["backoffLimit"] = per_index ? 2147483647 : 6;
  }
  set_if_absent(spec, "completionMode", "NonIndexed");
  set_if_absent(spec, "suspend", false);
  set_if_absent(spec, "manualSelector", false);
  set_if_absent(spec, "podReplacementPolicy", spec.contains("podFailurePolicy") ? "Failed" : "TerminatingOrFailed");
}

void complete_namespace(json::object& ns) {
  json::object& metadata = object_in(ns, "metadata");
  const std::string name(text_of(metadata, "name"));
  if (!name.empty()) object_in(metadata, "labels")["kubernetes.io/metadata.name"] = name;
}

void complete_secret(json::object& secret) {
  const json::value* texts = secret.if_contains("stringData");
  if (!texts || !texts->is_object()) return;
  const json::object given = texts->get_object();
  erase_member(secret, "stringData");
  json::object& data = object_in(secret, "data");
  for (const auto& [name, text] : given) {
    if (!text.is_string()) continue;
    data[name] = kube::encode_base64(text.get_string());
  }
}

void complete_autoscaler(json::object& autoscaler) {
  json::object& spec = object_in(autoscaler, "spec");
  if (const json::value* metrics = spec.if_contains("metrics");
      metrics && metrics->is_array() && !metrics->get_array().empty())
    return;
  const json::object target{{"type", "Utilization"}, {"averageUtilization", 80}};
  const json::object resource{{"name", "cpu"}, {"target", target}};
  json::array metrics;
  metrics.push_back(json::object{{"type", "Resource"}, {"resource", resource}});
  spec["metrics"] = std::move(metrics);
}

void complete_network_policy(json::object& policy) {
  json::object& spec = object_in(policy, "spec");
  if (spec.contains("policyTypes")) return;
  json::array types;
  types.push_back("Ingress");
  if (spec.contains("egress")) types.push_back("Egress");
  spec["policyTypes"] = std::move(types);
}

void complete_daemon_set(json::object& set) {
  set_if_absent(object_in(object_in(set, "metadata"), "annotations"), "deprecated.daemonset.template.generation", "1");
}

const std::map<std::string_view, Step>& steps_by_type() {
  static const std::map<std::string_view, Step> steps = {
      {"core.v1.Container", complete_container},
      {"core.v1.EphemeralContainer", complete_container},
      {"core.v1.PodSpec", complete_pod_spec},
      {"core.v1.ServicePort", complete_service_port},
      {"core.v1.ServiceSpec", complete_service_spec},
      {"apps.v1.DeploymentStrategy", complete_deployment_strategy},
      {"apps.v1.DaemonSetUpdateStrategy", complete_daemon_strategy},
      {"apps.v1.StatefulSetUpdateStrategy", complete_stateful_strategy},
      {"rbac.v1.Subject", complete_subject},
  };
  return steps;
}

const std::map<std::string_view, Step>& steps_by_kind() {
  static const std::map<std::string_view, Step> steps = {
      {"Pod", complete_pod},
      {"Job.batch", complete_job},
      {"Namespace", complete_namespace},
      {"Secret", complete_secret},
      {"HorizontalPodAutoscaler.autoscaling", complete_autoscaler},
      {"NetworkPolicy.networking.k8s.io", complete_network_policy},
      {"DaemonSet.apps", complete_daemon_set},
      {"CustomResourceDefinition.apiextensions.k8s.io", complete_definition},
  };
  return steps;
}

void visit_types(const Schema& schema, json::value& value) {
  if (value.is_array() && schema.items)
    for (json::value& item : value.get_array()) visit_types(*schema.items, item);
  if (!value.is_object()) return;
  if (!schema.name.empty()) {
    const auto step = steps_by_type().find(schema.name);
    if (step != steps_by_type().end()) step->second(value.get_object());
  }
  for (auto& member : value.get_object())
    if (const Schema* part = schema.member(member.key())) visit_types(*part, member.value());
}

}  // namespace

void complete_builtin(const Kind& kind, json::value& object) {
  visit_types(*kind.schema, object);
  const auto step = steps_by_kind().find(kind.kind_name());
  if (step != steps_by_kind().end()) step->second(object.as_object());
}

}  // namespace sluice::sandbox
