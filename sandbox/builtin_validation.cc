// Validation of built-in kinds, one function a kind.
#include "sandbox/builtin_validation.h"

#include <algorithm>
#include <map>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "kube/json.h"
#include "kube/patch.h"
#include "sandbox/definitions.h"
#include "sandbox/metadata_rules.h"
#include "sandbox/schema.h"
#include "sandbox/schema_validation.h"

namespace sluice::sandbox {
namespace {

struct Subject {
  const json::value& object;
  const json::value* before;
  std::vector<Cause>& causes;

  const json::value* at(std::initializer_list<std::string_view> path) const { return kube::find_at(object, path); }
};

void must_not_be_negative(const Subject& subject, std::initializer_list<std::string_view> path, std::string field) {
  const std::int64_t number = kube::number_at(subject.object, path);
  if (number < 0)
    subject.causes.push_back(
        invalid_value(std::move(field), std::to_string(number), "must be greater than or equal to 0"));
}

void must_stay(const Subject& subject, std::initializer_list<std::string_view> path, std::string field) {
  if (!subject.before) return;
  const json::value* old_value = kube::find_at(*subject.before, path);
  const json::value* new_value = kube::find_at(subject.object, path);
  const bool same = old_value && new_value ? kube::same_json(*old_value, *new_value) : old_value == new_value;
  if (!same)
    subject.causes.push_back(
        invalid_value(std::move(field), new_value ? shown(*new_value) : "null", "field is immutable"));
}

// A label selector as an object has it, judged on labels.
bool selects(const json::value& selector, const json::value* labels) {
  const auto value_of = [&](std::string_view key) -> const json::value* {
    return labels && labels->is_object() ? labels->get_object().if_contains(key) : nullptr;
  };
  if (const json::value* pairs = kube::find_at(selector, {"matchLabels"}); pairs && pairs->is_object())
    for (const auto& [key, wanted] : pairs->get_object())
      if (const json::value* found = value_of(key); !found || *found != wanted) return false;
  const json::value* parts = kube::find_at(selector, {"matchExpressions"});
  if (!parts || !parts->is_array()) return true;
  for (const json::value& part : parts->get_array()) {
    const json::value* found = value_of(kube::text_at(part, {"key"}));
    const std::string_view op = kube::text_at(part, {"operator"});
    const json::value* values = kube::find_at(part, {"values"});
    const bool listed =
        found && values && values->is_array() &&
        std::find(values->get_array().begin(), values->get_array().end(), *found) != values->get_array().end();
    if ((op == "In" && !listed) || (op == "NotIn" && listed) || (op == "Exists" && !found) ||
        (op == "DoesNotExist" && found))
      return false;
  }
  return true;
}

bool is_empty_selector(const json::value& selector) {
  const auto empty = [&](std::string_view name) {
    const json::value* part = kube::find_at(selector, {name});
    return !part || (part->is_object() && part->get_object().empty()) ||
           (part->is_array() && part->get_array().empty());
  };
  return empty("matchLabels") && empty("matchExpressions");
}

// spec.selector and spec.template of what makes pods.
void check_selector_and_template(const Subject& subject, std::string_view only_restart_policy) {
  const json::value* selector = subject.at({"spec", "selector"});
  const json::value* labels = subject.at({"spec", "template", "metadata", "labels"});
  if (!selector || selector->is_null()) {
    subject.causes.push_back(required_value("spec.selector"));
  } else if (is_empty_selector(*selector)) {
    subject.causes.push_back(
        invalid_value("spec.selector", kube::print_json(*selector), "empty selector is invalid for deployment"));
  }
  if (!selector || !selects(*selector, labels) || is_empty_selector(*selector))
    subject.causes.push_back(invalid_value("spec.template.metadata.labels", labels ? kube::print_json(*labels) : "null",
                                           "`selector` does not match template `labels`"));
  const json::value* spec = subject.at({"spec", "template", "spec"});
  static const json::value none = json::object();
  check_pod_spec(spec ? *spec : none, "spec.template.spec", subject.causes);
  if (labels) check_labels(*labels, "spec.template.labels", subject.causes);
  const std::string_view policy = kube::text_at(subject.object, {"spec", "template", "spec", "restartPolicy"});
  if (!only_restart_policy.empty() && policy != only_restart_policy)
    subject.causes.push_back(
        unsupported_value("spec.template.spec.restartPolicy", quoted(policy), quoted(only_restart_policy)));
}

void check_deployment(const Subject& subject) {
  must_not_be_negative(subject, {"spec", "replicas"}, "spec.replicas");
  must_not_be_negative(subject, {"spec", "minReadySeconds"}, "spec.minReadySeconds");
  check_selector_and_template(subject, "Always");
  must_stay(subject, {"spec", "selector"}, "spec.selector");
}

void check_stateful_set(const Subject& subject) {
  must_not_be_negative(subject, {"spec", "replicas"}, "spec.replicas");
  check_selector_and_template(subject, "Always");
  must_stay(subject, {"spec", "selector"}, "spec.selector");
}

void check_daemon_set(const Subject& subject) {
  check_selector_and_template(subject, "Always");
  must_stay(subject, {"spec", "selector"}, "spec.selector");
}

void check_job(const Subject& subject) {
  for (const char* name :
       {"parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished"})
    must_not_be_negative(subject, {"spec", name}, std::string("spec.") + name);
  const json::value* spec = subject.at({"spec", "template", "spec"});
  static const json::value none = json::object();
  check_pod_spec(spec ? *spec : none, "spec.template.spec", subject.causes);
  const std::string_view policy = kube::text_at(subject.object, {"spec", "template", "spec", "restartPolicy"});
  if (policy != "Never" && policy != "OnFailure")
    subject.causes.push_back(
        policy == "Always"
            ? required_value("spec.template.spec.restartPolicy", R"(valid values: "OnFailure", "Never")")
            : unsupported_value("spec.template.spec.restartPolicy", quoted(policy), R"("OnFailure", "Never")"));
  must_stay(subject, {"spec", "completions"}, "spec.completions");
  must_stay(subject, {"spec", "selector"}, "spec.selector");
  must_stay(subject, {"spec", "completionMode"}, "spec.completionMode");
  const json::value* suspended = subject.before ? kube::find_at(*subject.before, {"spec", "suspend"}) : nullptr;
  if (!suspended || !suspended->is_bool() || !suspended->get_bool())
    must_stay(subject, {"spec", "template"}, "spec.template");
}

// A pod's containers may change their images, nothing else.
void check_pod(const Subject& subject) {
  const json::value* spec = subject.at({"spec"});
  static const json::value none = json::object();
  check_pod_spec(spec ? *spec : none, "spec", subject.causes);
  if (!subject.before || !spec) return;
  json::value old_spec = subject.before->at("spec");
  json::value new_spec = *spec;
  for (json::value* one : {&old_spec, &new_spec}) {
    for (const char* list : {"containers", "initContainers"}) {
      json::value* containers = one->as_object().if_contains(list);
      if (!containers || !containers->is_array()) continue;
      for (json::value& container : containers->get_array())
        if (container.is_object()) container.get_object()["image"] = "";
    }
    one->as_object()["activeDeadlineSeconds"] = nullptr;
    one->as_object()["tolerations"] = nullptr;
    one->as_object()["schedulingGates"] = nullptr;
  }
  // Binding a pod to a node writes its name once.
  if (kube::text_at(old_spec, {"nodeName"}).empty())
    old_spec.as_object()["nodeName"] = kube::text_at(new_spec, {"nodeName"});
  if (kube::text_at(new_spec, {"nodeName"}).empty()) new_spec.as_object()["nodeName"] = "";
  if (!kube::same_json(old_spec, new_spec))
    subject.causes.push_back(forbidden_field(
        "spec",
        "pod updates may not change fields other than "
        "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` "
        "(only "
        "additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was "
        "previously negative)"));
}

void check_port_number(const json::value* number, const std::string& field, std::vector<Cause>& causes) {
  if (!number || !number->is_number()) return;
  const auto port = number->to_number<std::int64_t>();
  if (port < 1 || port > 65535)
    causes.push_back(invalid_value(field, std::to_string(port), "must be between 1 and 65535, inclusive"));
}

void check_service(const Subject& subject) {
  const std::string_view type = kube::text_at(subject.object, {"spec", "type"});
  const json::value* ports = subject.at({"spec", "ports"});
  const std::size_t count = ports && ports->is_array() ? ports->get_array().size() : 0;
  const bool headless = kube::text_at(subject.object, {"spec", "clusterIP"}) == "None";
  if (count == 0 && type != "ExternalName" && !headless) subject.causes.push_back(required_value("spec.ports"));
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < count; ++i) {
    const json::value& port = ports->get_array()[i];
    const std::string here = item_path("spec.ports", i);
    const std::string_view name = kube::text_at(port, {"name"});
    if (name.empty()) {
      if (count > 1) subject.causes.push_back(required_value(here + ".name"));
    } else if (const std::string mistake = dns_label_mistake(name); !mistake.empty()) {
      subject.causes.push_back(invalid_value(here + ".name", quoted(name), mistake));
    } else if (std::find(names.begin(), names.end(), name) != names.end()) {
      subject.causes.push_back(duplicate_value(here + ".name", quoted(name)));
    }
    names.push_back(name);
    static const json::value zero = 0;
    const json::value* number = kube::find_at(port, {"port"});
    check_port_number(number ? number : &zero, here + ".port", subject.causes);
    check_port_number(kube::find_at(port, {"targetPort"}), here + ".targetPort", subject.causes);
  }
  if (const json::value* selector = subject.at({"spec", "selector"}))
    check_labels(*selector, "spec.selector", subject.causes);
  if (type == "ExternalName" && kube::text_at(subject.object, {"spec", "externalName"}).empty())
    subject.causes.push_back(required_value("spec.externalName"));
  const std::string_view old_type = subject.before ? kube::text_at(*subject.before, {"spec", "type"}) : "";
  if (!old_type.empty() && old_type != "ExternalName" && type != "ExternalName" &&
      kube::text_at(*subject.before, {"spec", "clusterIP"}) != kube::text_at(subject.object, {"spec", "clusterIP"}))
    subject.causes.push_back(invalid_value("spec.clusterIPs[0]", shown(subject.object.at("spec").at("clusterIPs")),
                                           "may not change once set"));
}

void check_keys(const Subject& subject, std::string_view member) {
  const json::value* entries = subject.at({member});
  if (!entries || !entries->is_object()) return;
  for (const auto& [key, value] : entries->get_object()) {
    const bool good = !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
             c == '.';
    });
    if (!good)
      subject.causes.push_back(invalid_value(fmt::format("{}[{}]", member, std::string_view(key)), quoted(key),
                                             "a valid config key must consist of alphanumeric characters, '-', '_' or "
                                             "'.' (e.g. 'key.name',  or 'KEY_NAME',  "
                                             "or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"));
  }
}

void check_immutable(const Subject& subject, std::initializer_list<std::string_view> members) {
  const json::value* immutable = subject.before ? kube::find_at(*subject.before, {"immutable"}) : nullptr;
  if (!immutable || !immutable->is_bool() || !immutable->get_bool()) return;
  for (const std::string_view member : members) {
    const json::value* old_value = kube::find_at(*subject.before, {member});
    const json::value* new_value = subject.at({member});
    const bool same = old_value && new_value ? *old_value == *new_value : old_value == new_value;
    if (!same)
      subject.causes.push_back(forbidden_field(std::string(member), "field is immutable when `immutable` is set"));
  }
}

void check_config_map(const Subject& subject) {
  check_keys(subject, "data");
  check_keys(subject, "binaryData");
  check_immutable(subject, {"immutable", "data", "binaryData"});
}

void check_secret(const Subject& subject) {
  check_keys(subject, "data");
  check_immutable(subject, {"immutable", "data"});
  must_stay(subject, {"type"}, "type");
}

void check_disruption_budget(const Subject& subject) {
  const json::value* spec = subject.at({"spec"});
  if (spec && spec->is_object() && spec->get_object().contains("minAvailable") &&
      spec->get_object().contains("maxUnavailable"))
    subject.causes.push_back(
        invalid_value("spec", kube::print_json(*spec), "minAvailable and maxUnavailable cannot be both set"));
}

void check_autoscaler(const Subject& subject) {
  const std::int64_t least = kube::number_at(subject.object, {"spec", "minReplicas"}, 1);
  const std::int64_t most = kube::number_at(subject.object, {"spec", "maxReplicas"});
  if (least < 1)
    subject.causes.push_back(
        invalid_value("spec.minReplicas", std::to_string(least), "must be greater than or equal to 1"));
  if (most < 1)
    subject.causes.push_back(invalid_value("spec.maxReplicas", std::to_string(most), "must be greater than 0"));
  if (most < least)
    subject.causes.push_back(
        invalid_value("spec.maxReplicas", std::to_string(most), "must be greater than or equal to `minReplicas`"));
}

void check_event(const Subject& subject) {
  const std::string_view about = kube::text_at(subject.object, {"involvedObject", "namespace"});
  const std::string_view ns = kube::text_at(subject.object, {"metadata", "namespace"});
  if (about.empty() ? ns != "default" : ns != about)
    subject.causes.push_back(
        invalid_value("involvedObject.namespace", quoted(about), "does not match event.namespace"));
}

void check_lease(const Subject& subject) {
  const json::value* length = subject.at({"spec", "leaseDurationSeconds"});
  if (length && length->is_number() && length->to_number<std::int64_t>() <= 0)
    subject.causes.push_back(
        invalid_value("spec.leaseDurationSeconds", kube::print_json(*length), "must be greater than 0"));
}

void check_custom_definition(const Subject& subject) {
  std::vector<Cause> causes = check_definition(subject.object);
  subject.causes.insert(subject.causes.end(), causes.begin(), causes.end());
}

using Check = void (*)(const Subject&);

const std::map<std::string_view, Check>& checks() {
  static const std::map<std::string_view, Check> table = {
      {"Deployment.apps", check_deployment},
      {"ReplicaSet.apps", check_deployment},
      {"StatefulSet.apps", check_stateful_set},
      {"DaemonSet.apps", check_daemon_set},
      {"Job.batch", check_job},
      {"Pod", check_pod},
      {"Service", check_service},
      {"ConfigMap", check_config_map},
      {"Secret", check_secret},
      {"PodDisruptionBudget.policy", check_disruption_budget},
      {"HorizontalPodAutoscaler.autoscaling", check_autoscaler},
      {"Event", check_event},
      {"CustomResourceDefinition.apiextensions.k8s.io", check_custom_definition},
      {"Lease.coordination.k8s.io", check_lease},
  };
  return table;
}

}  // namespace

std::vector<Cause> check_builtin(const Kind& kind, const json::value& object, const json::value* before) {
  std::vector<Cause> causes;
  const auto check = checks().find(kind.kind_name());
  if (check != checks().end()) check->second({object, before, causes});
  if (!kind.schema) return causes;
  for (Cause& cause : check_choices(*kind.schema, object)) {
    // A rule of the kind may have said it already.
    const bool said =
        std::any_of(causes.begin(), causes.end(), [&](const Cause& other) { return other.field == cause.field; });
    if (!said) causes.push_back(std::move(cause));
  }
  return causes;
}

}  // namespace sluice::sandbox
