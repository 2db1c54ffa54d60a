// Additions to a pod template.
#include "crds/pod_additions.h"

#include <boost/json.hpp>

#include "crds/pod_template_hash.h"
#include "kube/json.h"

namespace sluice::crds {
namespace {

constexpr std::string_view required_terms = "requiredDuringSchedulingIgnoredDuringExecution";
constexpr std::string_view preferred_terms = "preferredDuringSchedulingIgnoredDuringExecution";

json::object& object_at(json::value& parent, std::string_view name) {
  if (!parent.is_object()) parent.emplace_object();
  json::value& child = parent.get_object()[name];
  if (!child.is_object()) child.emplace_object();
  return child.get_object();
}

void set_all(json::object& to, const kube::StringMap& values) {
  for (const auto& [key, value] : values) to[key] = value;
}

json::object term_of(const KeepAway& away) {
  json::object expression{{"key", hash_label}, {"operator", "In"}};
  expression["values"] = json::array{json::value(away.from)};
  json::array expressions;
  expressions.push_back(std::move(expression));
  json::object selector;
  selector["matchExpressions"] = std::move(expressions);
  json::object term;
  term["labelSelector"] = std::move(selector);
  json::array namespaces;
  namespaces.push_back(json::value(away.ns));
  term["namespaces"] = std::move(namespaces);
  term["topologyKey"] = "kubernetes.io/hostname";
  return term;
}

void add_term(json::value& pod_template, const KeepAway& away) {
  if (away.from.empty()) return;
  object_at(pod_template, "spec");
  json::value& spec = pod_template.get_object()["spec"];
  object_at(spec, "affinity");
  json::object& terms = object_at(spec.get_object()["affinity"], "podAntiAffinity");
  json::value& list = terms[away.weight ? preferred_terms : required_terms];
  if (!list.is_array()) list.emplace_array();
  if (!away.weight) {
    list.get_array().push_back(term_of(away));
    return;
  }
  json::object weighted;
  weighted["podAffinityTerm"] = term_of(away);
  weighted["weight"] = *away.weight;
  list.get_array().push_back(std::move(weighted));
}

// The only value of a term that selects by the hash; "" for any other term.
std::string hash_in(const json::value& term) {
  const json::value* expressions = kube::find_at(term, {"labelSelector", "matchExpressions"});
  if (!expressions || !expressions->is_array()) return "";
  for (const json::value& expression : expressions->get_array()) {
    if (kube::text_at(expression, {"key"}) != hash_label) continue;
    const json::value* values = kube::find_at(expression, {"values"});
    if (values && values->is_array() && !values->get_array().empty() && values->get_array().front().is_string())
      return std::string(std::string_view(values->get_array().front().get_string()));
  }
  return "";
}

}  // namespace

PodTemplatePointer with_additions(const PodTemplate& pod_template, const Metadata& metadata, const KeepAway& away) {
  json::value changed = to_json(pod_template);
  if (!metadata.labels.empty() || !metadata.annotations.empty()) object_at(changed, "metadata");
  if (!metadata.labels.empty()) set_all(object_at(changed.get_object()["metadata"], "labels"), metadata.labels);
  if (!metadata.annotations.empty())
    set_all(object_at(changed.get_object()["metadata"], "annotations"), metadata.annotations);
  add_term(changed, away);
  return make_pod_template(changed);
}

json::value affinity_patch(const PodTemplate& pod_template, const KeepAway& away) {
  json::value wanted = to_json(pod_template);
  add_term(wanted, away);
  const json::value* affinity = kube::find_at(wanted, {"spec", "affinity"});
  if (!affinity || !affinity->is_object() || affinity->get_object().empty()) return nullptr;
  json::value patch = *affinity;
  json::value& terms = patch.get_object()["podAntiAffinity"];
  if (!terms.is_object()) return patch;  // null: what was added before goes
  for (const std::string_view list : {required_terms, preferred_terms})
    if (!terms.get_object().contains(list)) terms.get_object()[list] = nullptr;
  return patch;
}

std::string kept_away_from(const json::value& pod_template) {
  for (const std::string_view list : {required_terms, preferred_terms}) {
    const json::value* terms = kube::find_at(pod_template, {"spec", "affinity", "podAntiAffinity", list});
    if (!terms || !terms->is_array()) continue;
    for (const json::value& term : terms->get_array()) {
      const json::value* inner = kube::find_at(term, {"podAffinityTerm"});
      if (std::string hash = hash_in(inner ? *inner : term); !hash.empty()) return hash;
    }
  }
  return "";
}

}  // namespace sluice::crds
