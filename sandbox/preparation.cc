// Server-written parts of built-in kinds.
#include "sandbox/preparation.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include "sandbox/definitions.h"
#include "sandbox/object_parts.h"

namespace sluice::sandbox {
namespace {

void set_if_absent(json::object& object, std::string_view name, json::value value) {
  const json::value* found = object.if_contains(name);
  if (!found || found->is_null()) object[name] = std::move(value);
}

// Guaranteed when every container's requests equal its limits for both cpu and memory; BestEffort when none asks.
const char* quality_of_service(const json::object& spec) {
  bool any = false;
  bool all = true;
  for (const char* list : {"containers", "initContainers"}) {
    const json::value* containers = spec.if_contains(list);
    if (!containers || !containers->is_array()) continue;
    for (const json::value& container : containers->get_array()) {
      for (const char* resource : {"cpu", "memory"}) {
        const std::string_view request = kube::text_at(container, {"resources", "requests", resource});
        const std::string_view limit = kube::text_at(container, {"resources", "limits", resource});
        any = any || !request.empty() || !limit.empty();
        all = all && !limit.empty() && (request.empty() || request == limit);
      }
    }
  }
  if (!any) return "BestEffort";
  return all ? "Guaranteed" : "Burstable";
}

// What admission adds to every pod.
void prepare_pod(json::object& pod) {
  json::object& spec = object_in(pod, "spec");
  if (text_of(spec, "serviceAccountName").empty()) {
    spec["serviceAccountName"] = "default";
    spec["serviceAccount"] = "default";
  }
  set_if_absent(spec, "priority", 0);
  set_if_absent(spec, "preemptionPolicy", "PreemptLowerPriority");
  json::value& tolerations = spec["tolerations"];
  if (!tolerations.is_array()) tolerations = json::array();
  for (const char* key : {"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"}) {
    bool tolerated = false;
    for (const json::value& one : tolerations.get_array())
      tolerated = tolerated || (kube::text_at(one, {"key"}) == key && kube::text_at(one, {"effect"}) != "NoSchedule");
    if (!tolerated)
      tolerations.get_array().push_back(
          json::object{{"key", key}, {"operator", "Exists"}, {"effect", "NoExecute"}, {"tolerationSeconds", 300}});
  }
  json::object& status = object_in(pod, "status");
  status["phase"] = "Pending";
  status["qosClass"] = quality_of_service(spec);
}

Outcome<> check_service_account(const ApiState& state, const Kind& kind, const json::value& pod) {
  const std::string account(kube::text_at(pod, {"spec", "serviceAccountName"}));
  const std::string ns(kube::text_at(pod, {"metadata", "namespace"}));
  if (state.store.find("/serviceaccounts", {ns, account})) return {};
  return forbidden(
      kind, kube::text_at(pod, {"metadata", "name"}),
      fmt::format("error looking up service account {}/{}: serviceaccount {} not found", ns, account, quoted(account)));
}

void prepare_job(json::object& job) {
  json::object& spec = object_in(job, "spec");
  const json::value* manual = spec.if_contains("manualSelector");
  if (manual && manual->is_bool() && manual->get_bool()) return;
  const json::object& metadata = object_in(job, "metadata");
  const std::string uid(text_of(metadata, "uid"));
  const std::string name(text_of(metadata, "name"));
  json::object& labels = object_in(object_in(object_in(spec, "template"), "metadata"), "labels");
  json::object& own_labels = object_in(object_in(job, "metadata"), "labels");
  const std::pair<const char*, const std::string&> pairs[] = {{"batch.kubernetes.io/controller-uid", uid},
                                                              {"batch.kubernetes.io/job-name", name},
                                                              {"controller-uid", uid},
                                                              {"job-name", name}};
  for (const auto& [label, value] : pairs) {
    labels[label] = value;
    own_labels[label] = value;
  }
  object_in(object_in(spec, "selector"), "matchLabels")["batch.kubernetes.io/controller-uid"] = uid;
}

void prepare_namespace(json::object& ns) {
  json::array finalizers;
  finalizers.push_back("kubernetes");
  object_in(ns, "spec")["finalizers"] = std::move(finalizers);
  object_in(ns, "status")["phase"] = "Active";
}

void prepare_claim(json::object& claim) {
  json::array finalizers;
  finalizers.push_back("kubernetes.io/pvc-protection");
  object_in(claim, "metadata")["finalizers"] = std::move(finalizers);
  object_in(claim, "status")["phase"] = "Pending";
}

}  // namespace

Outcome<> prepare_creation(ApiState& state, const Kind& kind, json::value& object) {
  const std::string name = kind.kind_name();
  if (name == "Pod") {
    prepare_pod(object.as_object());
    const Outcome<> account = check_service_account(state, kind, object);
    if (!account) return account.error();
  }
  if (name == "Job.batch") prepare_job(object.as_object());
  if (name == "Namespace") prepare_namespace(object.as_object());
  if (name == "PersistentVolumeClaim") prepare_claim(object.as_object());
  if (name == "CustomResourceDefinition.apiextensions.k8s.io") accept_definition(state, object.as_object());
  if (name == "Service") {
    give_addresses(state, nullptr, object);
    object_in(object_in(object.as_object(), "status"), "loadBalancer");
  }
  return {};
}

void prepare_change(ApiState& state, const Kind& kind, const json::value& before, json::value& object) {
  if (kind.kind_name() == "Service") give_addresses(state, &before, object);
  if (kind.kind_name() == "CustomResourceDefinition.apiextensions.k8s.io") accept_definition(state, object.as_object());
}

}  // namespace sluice::sandbox
