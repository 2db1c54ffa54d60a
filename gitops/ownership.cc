// Collecting what Rollouts and autoscalers own, and lending it to desired objects.
#include "gitops/ownership.h"

#include <boost/json.hpp>

#include "kube/json.h"

namespace sluice::gitops {
namespace {

constexpr std::string_view hash_label = "rollouts-pod-template-hash";
constexpr std::string_view managed_by = "argo-rollouts.argoproj.io/managed-by-rollouts";
constexpr std::string_view gateway_plugin = "argoproj-labs/gatewayAPI";

void add_name(std::map<std::string, std::set<std::string>>& to, std::string_view ns, std::string_view name) {
  if (!name.empty()) to[std::string(ns)].emplace(name);
}

bool holds(const std::map<std::string, std::set<std::string>>& names, std::string_view ns, std::string_view name) {
  const auto at = names.find(std::string(ns));
  return at != names.end() && at->second.contains(std::string(name));
}

json::object& object_at(json::object& of, std::string_view name) {
  json::value& member = of[name];
  if (!member.is_object()) member = json::object();
  return member.get_object();
}

bool lend_selector(json::value& desired, const json::value& live) {
  const std::string_view hash = kube::text_at(live, {"spec", "selector", hash_label});
  json::object& selector = object_at(object_at(desired.get_object(), "spec"), "selector");
  if (hash.empty())
    selector.stable_erase(hash_label);
  else
    selector[hash_label] = hash;
  const std::string_view owner = annotation(live, managed_by);
  if (!owner.empty()) object_at(object_at(desired.get_object(), "metadata"), "annotations")[managed_by] = owner;
  return true;
}

const json::array* backends_of(const json::value& rule) {
  const json::value* backends = kube::find_at(rule, {"backendRefs"});
  return backends && backends->is_array() ? &backends->get_array() : nullptr;
}

// The live weight of the backend of that name; nullptr when there is none.
const json::value* live_weight(const json::array& backends, std::string_view name) {
  for (const json::value& backend : backends)
    if (kube::text_at(backend, {"name"}) == name) return kube::find_at(backend, {"weight"});
  return nullptr;
}

}  // namespace

void Ownership::add(const json::value& live) {
  const ResourceId id = id_of(live);
  if (id.group == "argoproj.io" && id.kind == "Rollout") add_rollout(live);
  if (id.group == "autoscaling" && id.kind == "HorizontalPodAutoscaler") add_autoscaler(live);
}

void Ownership::add_rollout(const json::value& rollout) {
  const std::string_view ns = kube::text_at(rollout, {"metadata", "namespace"});
  for (const auto& [strategy, service] : {std::pair<std::string_view, std::string_view>{"blueGreen", "activeService"},
                                          {"blueGreen", "previewService"},
                                          {"canary", "stableService"},
                                          {"canary", "canaryService"}})
    add_name(services_, ns, kube::text_at(rollout, {"spec", "strategy", strategy, service}));
  if (kube::find_at(rollout, {"spec", "strategy", "canary", "trafficRouting"})) {
    const std::string_view routes = kube::text_at(
        rollout, {"spec", "strategy", "canary", "trafficRouting", "plugins", gateway_plugin, "namespace"});
    for (const std::string_view service : {"stableService", "canaryService"})
      add_name(weighted_, routes.empty() ? ns : routes,
               kube::text_at(rollout, {"spec", "strategy", "canary", service}));
  }
  const std::string_view workload = kube::text_at(rollout, {"spec", "workloadRef", "name"});
  if (!workload.empty())
    scaled_.insert({std::string(group_of(kube::text_at(rollout, {"spec", "workloadRef", "apiVersion"}))),
                    std::string(kube::text_at(rollout, {"spec", "workloadRef", "kind"})), std::string(ns),
                    std::string(workload)});
}

void Ownership::add_autoscaler(const json::value& autoscaler) {
  const auto target = [&](std::string_view member) {
    return kube::text_at(autoscaler, {"spec", "scaleTargetRef", member});
  };
  scaled_.insert({std::string(group_of(target("apiVersion"))), std::string(target("kind")),
                  std::string(kube::text_at(autoscaler, {"metadata", "namespace"})), std::string(target("name"))});
}

bool Ownership::lend(json::value& desired, const json::value& live) const {
  const ResourceId id = id_of(live);
  bool lent = false;
  if (scaled_.contains(id)) {
    const json::value* replicas = kube::find_at(live, {"spec", "replicas"});
    json::object& spec = object_at(desired.get_object(), "spec");
    if (replicas)
      spec["replicas"] = *replicas;
    else
      spec.stable_erase("replicas");
    lent = true;
  }
  const bool service = id.group.empty() && id.kind == "Service";
  if (service && (holds(services_, id.ns, id.name) || !annotation(live, managed_by).empty()))
    lent = lend_selector(desired, live) || lent;
  const bool route = id.group == "gateway.networking.k8s.io" && weighted_.contains(id.ns);
  json::value* rules = nullptr;
  if (route)
    if (json::value* spec = desired.get_object().if_contains("spec"); spec && spec->is_object())
      rules = spec->get_object().if_contains("rules");
  const json::value* live_rules = kube::find_at(live, {"spec", "rules"});
  if (!rules || !rules->is_array() || !live_rules || !live_rules->is_array()) return lent;
  const std::size_t count = std::min(rules->get_array().size(), live_rules->get_array().size());
  for (std::size_t at = 0; at < count; ++at) {
    const json::array* from = backends_of(live_rules->get_array()[at]);
    if (!from || !backends_of(rules->get_array()[at])) continue;
    for (json::value& backend : rules->get_array()[at].at("backendRefs").get_array()) {
      const std::string_view name = kube::text_at(backend, {"name"});
      if (!backend.is_object() || !holds(weighted_, id.ns, name)) continue;
      if (const json::value* weight = live_weight(*from, name)) {
        backend.get_object()["weight"] = *weight;
        lent = true;
      }
    }
  }
  return lent;
}

}  // namespace sluice::gitops
