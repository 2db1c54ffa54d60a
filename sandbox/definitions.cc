// Registering kinds from CustomResourceDefinitions.
#include "sandbox/definitions.h"

#include <algorithm>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "kube/json.h"
#include "sandbox/custom_schema.h"
#include "sandbox/metadata_rules.h"
#include "sandbox/object_parts.h"
#include "sandbox/schema_validation.h"
#include "sandbox/writes.h"

namespace sluice::sandbox {
namespace {

std::string lower(std::string_view text) {
  std::string to(text);
  std::transform(to.begin(), to.end(), to.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return to;
}

const json::array* list_at(const json::value& from, std::initializer_list<std::string_view> path) {
  const json::value* found = kube::find_at(from, path);
  return found ? found->if_array() : nullptr;
}

std::vector<std::string> texts_at(const json::value& from, std::initializer_list<std::string_view> path) {
  std::vector<std::string> texts;
  const json::array* list = list_at(from, path);
  if (!list) return texts;
  for (const json::value& text : *list)
    if (text.is_string()) texts.emplace_back(text.get_string());
  return texts;
}

bool is_true(const json::value* value) { return value && value->is_bool() && value->get_bool(); }

std::string without_dot(std::string_view path) { return std::string(path.starts_with('.') ? path.substr(1) : path); }

std::vector<PrinterColumn> columns_of(const json::value& version) {
  std::vector<PrinterColumn> columns;
  const json::array* list = list_at(version, {"additionalPrinterColumns"});
  if (!list) return columns;
  for (const json::value& column : *list)
    columns.push_back(
        {std::string(kube::text_at(column, {"name"})), std::string(kube::text_at(column, {"type"})),
         std::string(kube::text_at(column, {"format"})), std::string(kube::text_at(column, {"description"})),
         std::string(kube::text_at(column, {"jsonPath"})), static_cast<int>(kube::number_at(column, {"priority"}))});
  return columns;
}

Kind kind_of(const json::value& definition, const json::value& version) {
  Kind kind;
  kind.custom = true;
  kind.has_generation = true;
  kind.group = kube::text_at(definition, {"spec", "group"});
  kind.version = kube::text_at(version, {"name"});
  kind.kind = kube::text_at(definition, {"spec", "names", "kind"});
  kind.plural = kube::text_at(definition, {"spec", "names", "plural"});
  kind.singular = kube::text_at(definition, {"spec", "names", "singular"});
  kind.list_kind = kube::text_at(definition, {"spec", "names", "listKind"});
  kind.short_names = texts_at(definition, {"spec", "names", "shortNames"});
  kind.categories = texts_at(definition, {"spec", "names", "categories"});
  kind.namespaced = kube::text_at(definition, {"spec", "scope"}) != "Cluster";
  kind.has_status = kube::find_at(version, {"subresources", "status"}) != nullptr;
  if (const json::value* scale = kube::find_at(version, {"subresources", "scale"}))
    kind.scale = ScalePaths{without_dot(kube::text_at(*scale, {"specReplicasPath"})),
                            without_dot(kube::text_at(*scale, {"statusReplicasPath"})),
                            without_dot(kube::text_at(*scale, {"labelSelectorPath"}))};
  if (const json::value* schema = kube::find_at(version, {"schema", "openAPIV3Schema"}))
    kind.schema = custom_schema(*schema);
  kind.columns = columns_of(version);
  return kind;
}

void remove_objects(ApiState& state, const std::string& group, const std::string& plural) {
  const std::string collection = group + "/" + plural;
  std::vector<kube::ObjectKey> keys;
  for (const auto& [key, object] : state.store.collection(collection).objects) keys.push_back(key);
  for (const kube::ObjectKey& key : keys) state.store.erase(collection, key);
}

void add_condition(json::array& conditions, const char* type, const char* reason, const char* message,
                   const std::string& now) {
  conditions.push_back(json::object{
      {"type", type}, {"status", "True"}, {"lastTransitionTime", now}, {"reason", reason}, {"message", message}});
}

}  // namespace

std::vector<Kind> kinds_of(const json::value& definition) {
  std::vector<Kind> kinds;
  const json::array* versions = list_at(definition, {"spec", "versions"});
  if (!versions) return kinds;
  for (const json::value& version : *versions)
    if (is_true(kube::find_at(version, {"served"}))) kinds.push_back(kind_of(definition, version));
  return kinds;
}

void complete_definition(json::object& definition) {
  json::object& spec = object_in(definition, "spec");
  json::object& names = object_in(spec, "names");
  const std::string kind(text_of(names, "kind"));
  if (text_of(names, "singular").empty()) names["singular"] = lower(kind);
  if (text_of(names, "listKind").empty()) names["listKind"] = kind + "List";
  json::object& conversion = object_in(spec, "conversion");
  if (text_of(conversion, "strategy").empty()) conversion["strategy"] = "None";
}

void accept_definition(const ApiState& state, json::object& definition) {
  json::object& status = object_in(definition, "status");
  if (!status.contains("conditions") || !status["conditions"].is_array() || status["conditions"].get_array().empty()) {
    const std::string now = kube::format_time(state.clock.now());
    json::array conditions;
    add_condition(conditions, "NamesAccepted", "NoConflicts", "no conflicts found", now);
    add_condition(conditions, "Established", "InitialNamesAccepted", "the initial names have been accepted", now);
    status["conditions"] = std::move(conditions);
  }
  status["acceptedNames"] = object_in(definition, "spec").at("names");
  json::array stored;
  const json::value* versions = object_in(definition, "spec").if_contains("versions");
  if (versions && versions->is_array())
    for (const json::value& version : versions->get_array())
      if (is_true(kube::find_at(version, {"storage"}))) stored.push_back(version.at("name"));
  status["storedVersions"] = std::move(stored);
}

std::vector<Cause> check_definition(const json::value& definition) {
  std::vector<Cause> causes;
  const std::string_view group = kube::text_at(definition, {"spec", "group"});
  const std::string_view plural = kube::text_at(definition, {"spec", "names", "plural"});
  const std::string_view name = kube::text_at(definition, {"metadata", "name"});
  const std::string_view scope = kube::text_at(definition, {"spec", "scope"});
  if (name != fmt::format("{}.{}", plural, group))
    causes.push_back(invalid_value("metadata.name", quoted(name), R"(must be spec.names.plural+"."+spec.group)"));
  if (group.empty()) causes.push_back(required_value("spec.group"));
  if (scope.empty())
    causes.push_back(required_value("spec.scope"));
  else if (scope != "Namespaced" && scope != "Cluster")
    causes.push_back(unsupported_value("spec.scope", quoted(scope), R"("Cluster", "Namespaced")"));
  if (plural.empty()) causes.push_back(required_value("spec.names.plural"));
  if (kube::text_at(definition, {"spec", "names", "kind"}).empty()) causes.push_back(required_value("spec.names.kind"));
  const json::array* versions = list_at(definition, {"spec", "versions"});
  std::size_t stored = 0;
  if (!versions || versions->empty()) {
    causes.push_back(required_value("spec.versions"));
    return causes;
  }
  for (std::size_t i = 0; i < versions->size(); ++i) {
    const json::value& version = (*versions)[i];
    if (is_true(kube::find_at(version, {"storage"}))) ++stored;
    if (!kube::find_at(version, {"schema", "openAPIV3Schema"}))
      causes.push_back(
          required_value(fmt::format("spec.versions[{}].schema.openAPIV3Schema", i), "schemas are required"));
  }
  if (stored != 1)
    causes.push_back(invalid_value("spec.versions", "null", "must have exactly one version marked as storage version"));
  return causes;
}

void keep_definitions(ApiState& state) {
  state.store.listen([&state](const Change& change) {
    if (change.plural != "customresourcedefinitions" || change.group != "apiextensions.k8s.io") return;
    const std::string group(kube::text_at(*change.after, {"spec", "group"}));
    const std::string plural(kube::text_at(*change.after, {"spec", "names", "plural"}));
    if (change.type == kube::WatchType::deleted) {
      remove_objects(state, group, plural);
      state.kinds.remove(group, plural);
      return;
    }
    // A change of the status alone leaves the kinds as they are.
    const json::value* specification = kube::find_at(*change.after, {"spec"});
    const json::value* earlier = change.before ? kube::find_at(*change.before, {"spec"}) : nullptr;
    if (specification && earlier && *specification == *earlier) return;
    state.kinds.remove(group, plural);
    for (Kind& kind : kinds_of(*change.after)) state.kinds.add(std::move(kind));
  });
}

}  // namespace sluice::sandbox
