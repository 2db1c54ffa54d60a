// Schemas as OpenAPI 3 documents, for kubectl's explain and for its question whether a server validates fields.
#include <algorithm>
#include <set>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "sandbox/builtin_types.h"
#include "sandbox/discovery.h"
#include "sandbox/schema.h"

namespace sluice::sandbox {
namespace {

// Collects the named types that a document refers to while it writes schemas.
class Writer {
 public:
  json::value reference_to(std::string_view type) {
    wanted_.emplace(type);
    return json::object{{"$ref", "#/components/schemas/" + openapi_name(type)}};
  }

  // A part of a type: named ones by reference.
  json::value part(const Schema& schema) {
    if (!schema.name.empty()) {
      json::array all;
      all.push_back(reference_to(schema.name));
      return json::object{{"allOf", std::move(all)}};
    }
    return body(schema);
  }

  json::object body(const Schema& schema) {
    json::object to;
    if (!schema.description.empty()) to["description"] = schema.description;
    if (schema.int_or_string) {
      json::array one_of;
      one_of.push_back(json::object{{"type", "integer"}});
      one_of.push_back(json::object{{"type", "string"}});
      to["oneOf"] = std::move(one_of);
      to["format"] = "int-or-string";
      to["x-kubernetes-int-or-string"] = true;
      return to;
    }
    if (const char* type = type_name(schema.type)) to["type"] = type;
    if (schema.format == "micro-time")
      to["format"] = "date-time";
    else if (!schema.format.empty() && schema.format != "quantity")
      to["format"] = schema.format;
    if (schema.default_value) to["default"] = *schema.default_value;
    if (!schema.choices.empty()) to["enum"] = json::array(schema.choices.begin(), schema.choices.end());
    if (schema.preserve_unknown) to["x-kubernetes-preserve-unknown-fields"] = true;
    if (schema.nullable) to["nullable"] = true;
    if (schema.pattern) to["pattern"] = text_of(*schema.pattern);
    if (schema.minimum) to["minimum"] = *schema.minimum;
    if (schema.maximum) to["maximum"] = *schema.maximum;
    if (!schema.required.empty()) {
      json::array required;
      for (const std::string& name : schema.required) required.push_back(json::string(name));
      to["required"] = std::move(required);
    }
    json::object properties;
    for (const auto& [name, property] : schema.properties) properties[name] = part(*property);
    if (!properties.empty()) to["properties"] = std::move(properties);
    if (schema.items) to["items"] = part(*schema.items);
    if (schema.additional) to["additionalProperties"] = part(*schema.additional);
    add_grouping(schema, to);
    return to;
  }

  // All types that were referred to, directly or by each other.
  json::object components() {
    json::object schemas;
    while (!wanted_.empty()) {
      const std::string type = *wanted_.begin();
      wanted_.erase(wanted_.begin());
      if (!done_.insert(type).second) continue;
      const SchemaPtr schema = builtin_type(type);
      if (schema) schemas[openapi_name(type)] = body(*schema);
    }
    return schemas;
  }

 private:
  static const char* type_name(Schema::Type type) {
    switch (type) {
      case Schema::Type::any:
        return nullptr;
      case Schema::Type::object:
        return "object";
      case Schema::Type::array:
        return "array";
      case Schema::Type::string:
        return "string";
      case Schema::Type::integer:
        return "integer";
      case Schema::Type::number:
        return "number";
      case Schema::Type::boolean:
        return "boolean";
    }
    return nullptr;
  }

  static void add_grouping(const Schema& schema, json::object& to) {
    if (schema.type == Schema::Type::array) {
      to["x-kubernetes-list-type"] = schema.grouping == Grouping::set     ? "set"
                                     : schema.grouping == Grouping::keyed ? "map"
                                                                          : "atomic";
      json::array keys;
      for (const std::string& key : schema.keys) keys.push_back(json::string(key));
      if (!keys.empty()) to["x-kubernetes-list-map-keys"] = std::move(keys);
    } else if (schema.grouping == Grouping::whole) {
      to["x-kubernetes-map-type"] = "atomic";
    }
    if (!schema.merges) return;
    to["x-kubernetes-patch-strategy"] = schema.retains_keys ? "merge,retainKeys" : "merge";
    if (!schema.merge_key.empty()) to["x-kubernetes-patch-merge-key"] = schema.merge_key;
  }

  std::set<std::string, std::less<>> wanted_;
  std::set<std::string, std::less<>> done_;
};

// "dev.sluice.test.v1.Widget" for a kind of the group test.sluice.dev.
std::string custom_name(const Kind& kind) {
  std::string name;
  std::string_view rest = kind.group;
  while (!rest.empty()) {
    const std::size_t dot = rest.rfind('.');
    name += std::string(dot == std::string_view::npos ? rest : rest.substr(dot + 1)) + ".";
    rest = dot == std::string_view::npos ? "" : rest.substr(0, dot);
  }
  return name + kind.version + "." + kind.kind;
}

json::array group_version_kind(const Kind& kind) {
  json::array list;
  list.push_back(json::object{{"group", kind.group}, {"version", kind.version}, {"kind", kind.kind}});
  return list;
}

json::object parameter(const char* name, const char* type) {
  return {{"name", name}, {"in", "query"}, {"schema", json::object{{"type", type}, {"uniqueItems", true}}}};
}

json::object operation(const Kind& kind, const char* action, const std::string& schema_name) {
  json::object content{
      {"application/json", json::object{{"schema", json::object{{"$ref", "#/components/schemas/" + schema_name}}}}}};
  json::object done{{"description", "OK"}, {"content", std::move(content)}};
  json::array parameters;
  const std::string_view verb = action;
  if (verb == "post" || verb == "put" || verb == "patch") {
    for (const char* name : {"dryRun", "fieldManager", "fieldValidation"})
      parameters.push_back(parameter(name, "string"));
    if (verb == "patch") parameters.push_back(parameter("force", "boolean"));
  }
  json::object made{{"responses", json::object{{"200", std::move(done)}}},
                    {"x-kubernetes-action", action},
                    {"x-kubernetes-group-version-kind", group_version_kind(kind)[0]}};
  if (!parameters.empty()) made["parameters"] = std::move(parameters);
  return made;
}

void add_paths(const Kind& kind, const std::string& schema_name, json::object& paths) {
  const std::string root = kind.group.empty() ? "/api/" : "/apis/" + kind.group + "/";
  const std::string collection =
      root + kind.version + (kind.namespaced ? "/namespaces/{namespace}/" : "/") + kind.plural;
  json::object many{{"post", operation(kind, "post", schema_name)}};
  if (!kind.virtual_only) {
    many["get"] = operation(kind, "list", schema_name);
    many["delete"] = operation(kind, "deletecollection", schema_name);
    json::object one{{"get", operation(kind, "get", schema_name)},
                     {"put", operation(kind, "put", schema_name)},
                     {"patch", operation(kind, "patch", schema_name)},
                     {"delete", operation(kind, "delete", schema_name)}};
    paths[collection + "/{name}"] = std::move(one);
  }
  paths[collection] = std::move(many);
}

}  // namespace

json::value open_api_document(const ApiState& state, std::string_view group, std::string_view version) {
  Writer writer;
  json::object own_schemas;
  json::object paths;
  for (const KindPtr& kind : state.kinds.all()) {
    if (kind->group != group || kind->version != version) continue;
    const bool builtin = !kind->custom && kind->schema;
    const std::string name = builtin ? openapi_name(kind->schema->name) : custom_name(*kind);
    json::object schema = kind->schema ? writer.body(*kind->schema) : json::object{{"type", "object"}};
    if (!builtin) {
      json::value& properties = schema["properties"];
      if (!properties.is_object()) properties = json::object();
      properties.get_object()["apiVersion"] = json::object{{"type", "string"}};
      properties.get_object()["kind"] = json::object{{"type", "string"}};
      json::array all;
      all.push_back(writer.reference_to("meta.v1.ObjectMeta"));
      properties.get_object()["metadata"] = json::object{{"allOf", std::move(all)}};
    }
    schema["x-kubernetes-group-version-kind"] = group_version_kind(*kind);
    own_schemas[name] = std::move(schema);
    add_paths(*kind, name, paths);
  }
  json::object schemas = writer.components();
  for (auto& member : own_schemas) schemas[member.key()] = std::move(member.value());
  return json::object{{"openapi", "3.0.0"},
                      {"info", json::object{{"title", "Kubernetes"}, {"version", "1.34"}}},
                      {"paths", std::move(paths)},
                      {"components", json::object{{"schemas", std::move(schemas)}}}};
}

}  // namespace sluice::sandbox
