// Comparing an object with the schema of its kind.
#include "crds/unknown_fields.h"

#include <map>
#include <string>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "embedded/crd_files.h"
#include "kube/json.h"
#include "kube/yaml.h"

namespace sluice::crds {
namespace {

using Schemas = std::map<std::string, json::value, std::less<>>;

Schemas read_schemas() {
  Schemas schemas;
  for (const auto& [name, text] : embedded::crd_files) {
    const auto definition = kube::parse_yaml(text);
    const json::value* versions = definition ? kube::find_at(*definition, {"spec", "versions"}) : nullptr;
    if (!versions) continue;  // a test proves that each of them can be read
    if (const json::value* schema = kube::find_at(versions->get_array().front(), {"schema", "openAPIV3Schema"}))
      schemas.emplace(kube::text_at(*definition, {"spec", "names", "kind"}), *schema);
  }
  return schemas;
}

// Where people put a field of one kind by mistake, and where it is meant to be.
struct Stray {
  std::string_view kind;
  std::string_view path;
  std::string_view belongs;
};
constexpr Stray strays[] = {
    {"Rollout", "spec.syncPolicy", "an Application, spec.syncPolicy"},
    {"Rollout", "spec.source", "an Application, spec.source"},
    {"Rollout", "spec.destination", "an Application, spec.destination"},
    {"Rollout", "spec.containers", "spec.template.spec.containers"},
    {"Rollout", "spec.blueGreen", "spec.strategy.blueGreen"},
    {"Rollout", "spec.canary", "spec.strategy.canary"},
    {"Rollout", "spec.steps", "spec.strategy.canary.steps"},
    {"Rollout", "spec.strategy.steps", "spec.strategy.canary.steps"},
    {"Rollout", "spec.strategy.rollingUpdate", "spec.strategy.canary, maxSurge and maxUnavailable"},
    {"Rollout", "spec.strategy.type", "spec.strategy, as one of the members blueGreen and canary"},
    {"Rollout", "spec.strategy.trafficRouting", "spec.strategy.canary.trafficRouting"},
    {"Rollout", "spec.strategy.canary.prePromotionAnalysis", "spec.strategy.blueGreen.prePromotionAnalysis"},
    {"Rollout", "spec.metrics", "an AnalysisTemplate, spec.metrics"},
    {"Rollout", "spec.template.containers", "spec.template.spec.containers"},
    {"Application", "spec.automated", "spec.syncPolicy.automated"},
    {"Application", "spec.repoURL", "spec.source.repoURL"},
    {"Application", "spec.path", "spec.source.path"},
    {"Application", "spec.strategy", "a Rollout, spec.strategy"},
};

class Search {
 public:
  Search(std::string_view kind, kube::Mistakes& found) : kind_(kind), found_(found) {}

  void look(const json::value& value, const json::value& schema, const std::string& path) {
    if (value.is_array()) {
      if (const json::value* items = kube::find_at(schema, {"items"}))
        for (std::size_t at = 0; at < value.get_array().size(); ++at)
          look(value.get_array()[at], *items, fmt::format("{}[{}]", path, at));
    } else if (value.is_object()) {
      look_into(value.get_object(), schema, path);
    }
  }

 private:
  void look_into(const json::object& object, const json::value& schema, const std::string& path) {
    const json::value* properties = kube::find_at(schema, {"properties"});
    const json::value* of_any_name = kube::find_at(schema, {"additionalProperties"});
    const json::value* keeps_all = kube::find_at(schema, {"x-kubernetes-preserve-unknown-fields"});
    for (const auto& member : object) {
      const std::string name(member.key());
      const std::string at = path.empty() ? name : path + "." + name;
      const json::value* known = properties ? properties->get_object().if_contains(name) : nullptr;
      if (!known) known = of_any_name;
      if (known)
        look(member.value(), *known, at);
      else if (!keeps_all)
        report(at);
    }
  }

  void report(const std::string& path) {
    for (const Stray& stray : strays)
      if (stray.kind == kind_ && stray.path == path) {
        found_.push_back({path, fmt::format("is not a field of a {}: it belongs in {}", kind_, stray.belongs)});
        return;
      }
    found_.push_back({path, fmt::format("is not a field of a {}: the API server drops it", kind_)});
  }

  std::string_view kind_;
  kube::Mistakes& found_;
};

}  // namespace

const json::value* schema_of(std::string_view kind) {
  static const Schemas schemas = read_schemas();
  const auto found = schemas.find(kind);
  return found == schemas.end() ? nullptr : &found->second;
}

kube::Mistakes find_unknown_fields(const json::value& object) {
  kube::Mistakes found;
  const std::string_view kind = kube::text_at(object, {"kind"});
  if (!kube::text_at(object, {"apiVersion"}).starts_with("argoproj.io/")) return found;
  const json::value* schema = schema_of(kind);
  if (!schema || !object.is_object()) return found;
  json::value ours = object;
  ours.get_object().stable_erase("metadata");  // the API server has its own schema for it
  Search(kind, found).look(ours, *schema, {});
  return found;
}

}  // namespace sluice::crds
