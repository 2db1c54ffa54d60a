// A DestinationRule of a Rollout: its subsets select the pods of the canary and of the stable set by their hash.
#include <boost/json.hpp>
#include <fmt/format.h>

#include "kube/json.h"
#include "traffic/istio.h"
#include "traffic/istio_routes.h"
#include "traffic/service.h"

namespace sluice::traffic {
namespace {

namespace json = boost::json;
using kube::Error;
using kube::Fault;
using kube::Result;

const json::value* find_subset(const json::value& rule, std::string_view name) {
  const json::value* subsets = kube::find_at(rule, {"spec", "subsets"});
  if (!subsets || !subsets->is_array()) return nullptr;
  for (const json::value& subset : subsets->get_array())
    if (kube::text_at(subset, {"name"}) == name) return &subset;
  return nullptr;
}

class DestinationRuleRoute final : public Route {
 public:
  DestinationRuleRoute(kube::ObjectKey key, std::shared_ptr<const RoutingPart> part, crds::IstioDestinationRule rule)
      : Route("DestinationRule", std::move(key), std::move(part)), rule_(std::move(rule)) {}

  Result<json::value> changed(const json::value& object, const Intent& intent) const override {
    if (std::string wrong = error_in(object); !wrong.empty()) return Error{Fault::invalid, std::move(wrong)};
    json::value after = object;
    label(after, rule_.canary_subset_name, intent.canary_hash);
    label(after, rule_.stable_subset_name, intent.stable_hash);
    if (intent.canary_hash.empty() && intent.stable_hash.empty()) return after;
    json::value& annotations = after.at("metadata").get_object()["annotations"];
    if (!annotations.is_object()) annotations = json::object();
    annotations.get_object()[managed_by_key] = part().rollout;
    return after;
  }

 protected:
  void read(const json::value& object, ObservedRoute& seen) const override {
    seen.has_weights = false;
    seen.error = error_in(object);
    if (!seen.error.empty()) return;
    const auto hash_of = [&](const std::string& subset) {
      return std::string(kube::text_at(*find_subset(object, subset), {"labels", hash_key}));
    };
    ObservedSubsets subsets{hash_of(rule_.canary_subset_name), hash_of(rule_.stable_subset_name), "", false};
    json::object host{{"destination", {{"host", kube::text_at(object, {"spec", "host"})}}}};
    subsets.host = IstioBackends{key().ns, part(), nullptr}.service_of(host);
    subsets.is_managed = kube::text_at(object, {"metadata", "annotations", managed_by_key}) == part().rollout;
    seen.subsets = std::move(subsets);
    seen.is_uniform = true;
    seen.depth = Depth::written;
    seen.is_accepted = true;
    seen.propagation = istio_propagation;
  }

  bool has_managed(const json::value&) const override { return false; }

 private:
  std::string error_in(const json::value& object) const {
    for (const std::string& name : {rule_.canary_subset_name, rule_.stable_subset_name})
      if (!find_subset(object, name))
        return fmt::format("DestinationRule \"{}\" has no subset named {}", key().name, name);
    const std::string_view manager = kube::text_at(object, {"metadata", "annotations", managed_by_key});
    if (!manager.empty() && manager != part().rollout)
      return fmt::format("DestinationRule \"{}\" is managed by another Rollout ({})", key().name, manager);
    return {};
  }

  void label(json::value& object, const std::string& name, const std::string& hash) const {
    if (hash.empty()) return;
    for (json::value& subset : object.at_pointer("/spec/subsets").get_array()) {
      if (kube::text_at(subset, {"name"}) != name) continue;
      json::value& labels = subset.get_object()["labels"];
      if (!labels.is_object()) labels = json::object();
      labels.get_object()[hash_key] = hash;
    }
  }

  crds::IstioDestinationRule rule_;
};

}  // namespace

RoutePointer make_destination_rule(kube::ObjectKey key, std::shared_ptr<const RoutingPart> part,
                                   crds::IstioDestinationRule rule) {
  return std::make_shared<DestinationRuleRoute>(std::move(key), std::move(part), std::move(rule));
}

std::string destination_rule_release_patch(const json::value& rule) {
  json::array operations;
  operations.push_back(json::object{{"op", "replace"},
                                    {"path", "/metadata/resourceVersion"},
                                    {"value", kube::text_at(rule, {"metadata", "resourceVersion"})}});
  const auto remove = [&](std::string path) {
    operations.push_back(json::object{{"op", "remove"}, {"path", std::move(path)}});
  };
  if (const json::value* subsets = kube::find_at(rule, {"spec", "subsets"}); subsets && subsets->is_array())
    for (std::size_t at = 0; at < subsets->get_array().size(); ++at)
      if (kube::find_at(subsets->get_array()[at], {"labels", hash_key}))
        remove(fmt::format("/spec/subsets/{}/labels/{}", at, hash_key));
  if (kube::find_at(rule, {"metadata", "annotations", managed_by_key}))
    remove("/metadata/annotations/argo-rollouts.argoproj.io~1managed-by-rollouts");
  return operations.size() == 1 ? std::string() : kube::print_json(operations);
}

}  // namespace sluice::traffic
