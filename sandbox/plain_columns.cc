// The columns of built-in kinds that run nothing.
#include <algorithm>
#include <map>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "kube/json.h"
#include "sandbox/object_parts.h"
#include "sandbox/selector_text.h"
#include "sandbox/table.h"

namespace sluice::sandbox {
namespace {

using kube::number_at;
using kube::text_at;

const json::array* list_at(const json::value& from, std::initializer_list<std::string_view> path) {
  const json::value* found = kube::find_at(from, path);
  return found ? found->if_array() : nullptr;
}

json::value name(const json::value& object, kube::Time) { return json::value(text_at(object, {"metadata", "name"})); }
json::value age(const json::value& object, kube::Time now) {
  return json::value(age_cell(object, {"metadata", "creationTimestamp"}, now));
}
json::value created(const json::value& object, kube::Time) {
  return json::value(text_at(object, {"metadata", "creationTimestamp"}));
}

std::size_t members_at(const json::value& object, std::string_view member) {
  const json::value* found = kube::find_at(object, {member});
  return found && found->is_object() ? found->get_object().size() : 0;
}

// A list of texts, cut after the third.
std::string shortened(const std::vector<std::string>& texts) {
  constexpr std::size_t most = 3;
  std::string shown;
  for (std::size_t i = 0; i < std::min(most, texts.size()); ++i) shown += (shown.empty() ? "" : ",") + texts[i];
  if (texts.size() > most) shown += fmt::format(" + {} more...", texts.size() - most);
  return shown;
}

// Services.

json::value service_type(const json::value& service, kube::Time) {
  return json::value(text_at(service, {"spec", "type"}));
}
json::value service_address(const json::value& service, kube::Time) {
  return json::value(text_or(text_at(service, {"spec", "clusterIP"}), "<none>"));
}
json::value service_external(const json::value& service, kube::Time) {
  const std::string_view type = text_at(service, {"spec", "type"});
  if (type == "ExternalName") return json::value(text_at(service, {"spec", "externalName"}));
  if (type != "LoadBalancer") return "<none>";
  std::string addresses;
  if (const json::array* list = list_at(service, {"status", "loadBalancer", "ingress"}))
    for (const json::value& one : *list)
      addresses += (addresses.empty() ? "" : ",") + text_or(text_at(one, {"ip"}), text_at(one, {"hostname"}));
  return json::value(text_or(addresses, "<pending>"));
}
json::value service_ports(const json::value& service, kube::Time) {
  std::string shown;
  if (const json::array* list = list_at(service, {"spec", "ports"}))
    for (const json::value& port : *list) {
      const std::int64_t node = number_at(port, {"nodePort"});
      shown += (shown.empty() ? "" : ",") + std::to_string(number_at(port, {"port"})) +
               (node ? fmt::format(":{}", node) : "") + "/" + std::string(text_at(port, {"protocol"}));
    }
  return json::value(text_or(shown, "<none>"));
}
json::value service_selector(const json::value& service, kube::Time) {
  const json::value* found = kube::find_at(service, {"spec", "selector"});
  return json::value(text_or(found ? selector_text(*found) : "", "<none>"));
}

// Endpoints and slices.

json::value slice_type(const json::value& slice, kube::Time) { return json::value(text_at(slice, {"addressType"})); }
json::value slice_ports(const json::value& slice, kube::Time) {
  std::vector<std::string> ports;
  if (const json::array* list = list_at(slice, {"ports"}))
    for (const json::value& port : *list) ports.push_back(std::to_string(number_at(port, {"port"})));
  return json::value(text_or(shortened(ports), "<unset>"));
}
json::value slice_endpoints(const json::value& slice, kube::Time) {
  std::vector<std::string> addresses;
  if (const json::array* list = list_at(slice, {"endpoints"}))
    for (const json::value& endpoint : *list)
      if (const json::array* own = list_at(endpoint, {"addresses"}))
        for (const json::value& address : *own) addresses.emplace_back(address.as_string());
  return json::value(text_or(shortened(addresses), "<unset>"));
}

// Events.

std::string event_age(const json::value& event, std::initializer_list<std::string_view> path, kube::Time now) {
  return text_at(event, path).empty() ? age_cell(event, {"eventTime"}, now) : age_cell(event, path, now);
}
json::value event_last(const json::value& event, kube::Time now) {
  return json::value(event_age(event, {"lastTimestamp"}, now));
}
json::value event_first(const json::value& event, kube::Time now) {
  return json::value(event_age(event, {"firstTimestamp"}, now));
}
json::value event_type(const json::value& event, kube::Time) { return json::value(text_at(event, {"type"})); }
json::value event_reason(const json::value& event, kube::Time) { return json::value(text_at(event, {"reason"})); }
json::value event_object(const json::value& event, kube::Time) {
  std::string kind(text_at(event, {"involvedObject", "kind"}));
  std::transform(kind.begin(), kind.end(), kind.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return json::value(fmt::format("{}/{}", kind, text_at(event, {"involvedObject", "name"})));
}
json::value event_part(const json::value& event, kube::Time) {
  return json::value(text_at(event, {"involvedObject", "fieldPath"}));
}
json::value event_source(const json::value& event, kube::Time) {
  const std::string component =
      text_or(text_at(event, {"source", "component"}), text_at(event, {"reportingComponent"}));
  const std::string_view host = text_at(event, {"source", "host"});
  return json::value(host.empty() ? component : fmt::format("{}, {}", component, host));
}
json::value event_message(const json::value& event, kube::Time) {
  std::string_view text = text_at(event, {"message"});
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  return json::value(text);
}
json::value event_count(const json::value& event, kube::Time) {
  return std::max<std::int64_t>(1, number_at(event, {"count"}));
}

// Others.

json::value data_entries(const json::value& map, kube::Time) {
  return static_cast<std::int64_t>(members_at(map, "data") + members_at(map, "binaryData"));
}
json::value secret_type(const json::value& secret, kube::Time) { return json::value(text_at(secret, {"type"})); }
json::value account_secrets(const json::value& account, kube::Time) {
  const json::array* list = list_at(account, {"secrets"});
  return static_cast<std::int64_t>(list ? list->size() : 0);
}
json::value phase(const json::value& object, kube::Time) {
  return json::value(is_terminating(object) ? std::string_view("Terminating") : text_at(object, {"status", "phase"}));
}
json::value lease_holder(const json::value& lease, kube::Time) {
  return json::value(text_at(lease, {"spec", "holderIdentity"}));
}
json::value node_status(const json::value& node, kube::Time) {
  std::string shown = "Unknown";
  if (const json::array* conditions = list_at(node, {"status", "conditions"}))
    for (const json::value& condition : *conditions)
      if (text_at(condition, {"type"}) == "Ready")
        shown = text_at(condition, {"status"}) == "True" ? "Ready" : "NotReady";
  const json::value* closed = kube::find_at(node, {"spec", "unschedulable"});
  if (closed && closed->is_bool() && closed->get_bool()) shown += ",SchedulingDisabled";
  return json::value(shown);
}
json::value node_roles(const json::value& node, kube::Time) {
  constexpr std::string_view prefix = "node-role.kubernetes.io/";
  std::string roles;
  const json::value* labels = kube::find_at(node, {"metadata", "labels"});
  if (labels && labels->is_object())
    for (const auto& label : labels->get_object())
      if (std::string_view(label.key()).starts_with(prefix))
        roles += (roles.empty() ? "" : ",") + std::string(label.key()).substr(prefix.size());
  return json::value(text_or(roles, "<none>"));
}
json::value node_version(const json::value& node, kube::Time) {
  return json::value(text_at(node, {"status", "nodeInfo", "kubeletVersion"}));
}
std::string amount_at(const json::value& object, std::initializer_list<std::string_view> path,
                      std::string_view otherwise) {
  const json::value* found = kube::find_at(object, path);
  if (!found) return std::string(otherwise);
  return found->is_string() ? std::string(found->get_string()) : kube::print_json(*found);
}
json::value budget_least(const json::value& budget, kube::Time) {
  return json::value(amount_at(budget, {"spec", "minAvailable"}, "N/A"));
}
json::value budget_most(const json::value& budget, kube::Time) {
  return json::value(amount_at(budget, {"spec", "maxUnavailable"}, "N/A"));
}
json::value budget_allowed(const json::value& budget, kube::Time) {
  return number_at(budget, {"status", "disruptionsAllowed"});
}
json::value scaler_reference(const json::value& scaler, kube::Time) {
  return json::value(fmt::format("{}/{}", text_at(scaler, {"spec", "scaleTargetRef", "kind"}),
                                 text_at(scaler, {"spec", "scaleTargetRef", "name"})));
}
json::value scaler_targets(const json::value& scaler, kube::Time) {
  std::string shown;
  if (const json::array* metrics = list_at(scaler, {"spec", "metrics"}))
    for (const json::value& metric : *metrics) {
      if (text_at(metric, {"type"}) != "Resource") continue;
      shown += fmt::format("{}{}: <unknown>/{}%", shown.empty() ? "" : ", ", text_at(metric, {"resource", "name"}),
                           number_at(metric, {"resource", "target", "averageUtilization"}));
    }
  return json::value(text_or(shown, "<none>"));
}
json::value scaler_least(const json::value& scaler, kube::Time) {
  return json::value(amount_at(scaler, {"spec", "minReplicas"}, "<unset>"));
}
json::value scaler_most(const json::value& scaler, kube::Time) { return number_at(scaler, {"spec", "maxReplicas"}); }
json::value scaler_current(const json::value& scaler, kube::Time) {
  return number_at(scaler, {"status", "currentReplicas"});
}
json::value ingress_class(const json::value& ingress, kube::Time) {
  return json::value(text_or(text_at(ingress, {"spec", "ingressClassName"}), "<none>"));
}
json::value ingress_hosts(const json::value& ingress, kube::Time) {
  std::vector<std::string> hosts;
  if (const json::array* rules = list_at(ingress, {"spec", "rules"}))
    for (const json::value& rule : *rules) hosts.push_back(text_or(text_at(rule, {"host"}), "*"));
  return json::value(text_or(shortened(hosts), "*"));
}
json::value ingress_address(const json::value& ingress, kube::Time) {
  std::vector<std::string> addresses;
  if (const json::array* list = list_at(ingress, {"status", "loadBalancer", "ingress"}))
    for (const json::value& one : *list) addresses.push_back(text_or(text_at(one, {"ip"}), text_at(one, {"hostname"})));
  return json::value(shortened(addresses));
}
json::value ingress_ports(const json::value& ingress, kube::Time) {
  const json::array* tls = list_at(ingress, {"spec", "tls"});
  return tls && !tls->empty() ? "80, 443" : "80";
}
json::value binding_role(const json::value& binding, kube::Time) {
  return json::value(
      fmt::format("{}/{}", text_at(binding, {"roleRef", "kind"}), text_at(binding, {"roleRef", "name"})));
}

const std::map<std::string_view, std::vector<Column>>& all_columns() {
  static const std::vector<Column> event = {
      {"Last Seen", "string", 0, event_last},  {"Type", "string", 0, event_type},
      {"Reason", "string", 0, event_reason},   {"Object", "string", 0, event_object},
      {"Subobject", "string", 1, event_part},  {"Source", "string", 1, event_source},
      {"Message", "string", 0, event_message}, {"First Seen", "string", 1, event_first},
      {"Count", "string", 1, event_count},     {"Name", "string", 1, name}};
  static const std::vector<Column> created_at = {{"Name", "string", 0, name}, {"Created At", "date", 0, created}};
  static const std::vector<Column> binding = {
      {"Name", "string", 0, name}, {"Role", "string", 0, binding_role}, {"Age", "string", 0, age}};
  static const std::map<std::string_view, std::vector<Column>> columns = {
      {"Service",
       {{"Name", "string", 0, name},
        {"Type", "string", 0, service_type},
        {"Cluster-IP", "string", 0, service_address},
        {"External-IP", "string", 0, service_external},
        {"Port(s)", "string", 0, service_ports},
        {"Age", "string", 0, age},
        {"Selector", "string", 1, service_selector}}},
      {"EndpointSlice.discovery.k8s.io",
       {{"Name", "string", 0, name},
        {"AddressType", "string", 0, slice_type},
        {"Ports", "string", 0, slice_ports},
        {"Endpoints", "string", 0, slice_endpoints},
        {"Age", "string", 0, age}}},
      {"Event", event},
      {"Event.events.k8s.io", event},
      {"ConfigMap", {{"Name", "string", 0, name}, {"Data", "string", 0, data_entries}, {"Age", "string", 0, age}}},
      {"Secret",
       {{"Name", "string", 0, name},
        {"Type", "string", 0, secret_type},
        {"Data", "string", 0, data_entries},
        {"Age", "string", 0, age}}},
      {"ServiceAccount",
       {{"Name", "string", 0, name}, {"Secrets", "string", 0, account_secrets}, {"Age", "string", 0, age}}},
      {"Namespace", {{"Name", "string", 0, name}, {"Status", "string", 0, phase}, {"Age", "string", 0, age}}},
      {"Node",
       {{"Name", "string", 0, name},
        {"Status", "string", 0, node_status},
        {"Roles", "string", 0, node_roles},
        {"Age", "string", 0, age},
        {"Version", "string", 0, node_version}}},
      {"Lease.coordination.k8s.io",
       {{"Name", "string", 0, name}, {"Holder", "string", 0, lease_holder}, {"Age", "string", 0, age}}},
      {"PodDisruptionBudget.policy",
       {{"Name", "string", 0, name},
        {"Min Available", "string", 0, budget_least},
        {"Max Unavailable", "string", 0, budget_most},
        {"Allowed Disruptions", "integer", 0, budget_allowed},
        {"Age", "string", 0, age}}},
      {"HorizontalPodAutoscaler.autoscaling",
       {{"Name", "string", 0, name},
        {"Reference", "string", 0, scaler_reference},
        {"Targets", "string", 0, scaler_targets},
        {"MinPods", "string", 0, scaler_least},
        {"MaxPods", "string", 0, scaler_most},
        {"Replicas", "string", 0, scaler_current},
        {"Age", "string", 0, age}}},
      {"Ingress.networking.k8s.io",
       {{"Name", "string", 0, name},
        {"Class", "string", 0, ingress_class},
        {"Hosts", "string", 0, ingress_hosts},
        {"Address", "string", 0, ingress_address},
        {"Ports", "string", 0, ingress_ports},
        {"Age", "string", 0, age}}},
      {"CustomResourceDefinition.apiextensions.k8s.io", created_at},
      {"ClusterRole.rbac.authorization.k8s.io", created_at},
      {"Role.rbac.authorization.k8s.io", created_at},
      {"RoleBinding.rbac.authorization.k8s.io", binding},
      {"ClusterRoleBinding.rbac.authorization.k8s.io", binding},
  };
  return columns;
}

}  // namespace

const std::vector<Column>* plain_columns(std::string_view kind_name) {
  const auto at = all_columns().find(kind_name);
  return at == all_columns().end() ? nullptr : &at->second;
}

}  // namespace sluice::sandbox
