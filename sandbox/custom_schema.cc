// Reading openAPIV3Schema.
#include "sandbox/custom_schema.h"

#include <boost/json.hpp>

#include "kube/json.h"
#include "sandbox/object_parts.h"

namespace sluice::sandbox {
namespace {

Schema::Type type_in(std::string_view text) {
  if (text == "object") return Schema::Type::object;
  if (text == "array") return Schema::Type::array;
  if (text == "string") return Schema::Type::string;
  if (text == "integer") return Schema::Type::integer;
  if (text == "number") return Schema::Type::number;
  if (text == "boolean") return Schema::Type::boolean;
  return Schema::Type::any;
}

bool flag_in(const json::object& from, std::string_view name) {
  const json::value* found = from.if_contains(name);
  return found && found->is_bool() && found->get_bool();
}

void read_number(const json::object& from, std::string_view name, std::optional<double>& to) {
  if (const json::value* found = from.if_contains(name); found && found->is_number()) to = found->to_number<double>();
}

void read_count(const json::object& from, std::string_view name, std::optional<std::int64_t>& to) {
  if (const json::value* found = from.if_contains(name); found && found->is_number())
    to = found->to_number<std::int64_t>();
}

std::vector<SchemaPtr> schemas_in(const json::object& from, std::string_view name) {
  std::vector<SchemaPtr> schemas;
  const json::value* list = from.if_contains(name);
  if (!list || !list->is_array()) return schemas;
  for (const json::value& part : list->get_array()) schemas.push_back(custom_schema(part));
  return schemas;
}

void read_limits(const json::object& from, Schema& to) {
  if (const std::string_view pattern = text_of(from, "pattern"); !pattern.empty()) to.pattern = make_pattern(pattern);
  read_number(from, "minimum", to.minimum);
  read_number(from, "maximum", to.maximum);
  read_number(from, "multipleOf", to.multiple_of);
  to.exclusive_minimum = flag_in(from, "exclusiveMinimum");
  to.exclusive_maximum = flag_in(from, "exclusiveMaximum");
  read_count(from, "minLength", to.min_length);
  read_count(from, "maxLength", to.max_length);
  read_count(from, "minItems", to.min_items);
  read_count(from, "maxItems", to.max_items);
  read_count(from, "minProperties", to.min_properties);
  read_count(from, "maxProperties", to.max_properties);
  to.unique_items = flag_in(from, "uniqueItems");
  if (const json::value* choices = from.if_contains("enum"); choices && choices->is_array())
    to.choices.assign(choices->get_array().begin(), choices->get_array().end());
}

void read_grouping(const json::object& from, Schema& to) {
  if (to.type == Schema::Type::array) to.grouping = Grouping::whole;
  const std::string_view list = text_of(from, "x-kubernetes-list-type");
  if (list == "set") to.grouping = Grouping::set;
  if (list == "map") to.grouping = Grouping::keyed;
  if (text_of(from, "x-kubernetes-map-type") == "atomic") to.grouping = Grouping::whole;
  if (const json::value* keys = from.if_contains("x-kubernetes-list-map-keys"); keys && keys->is_array())
    for (const json::value& key : keys->get_array())
      if (key.is_string()) to.keys.emplace_back(key.get_string());
}

void read_rules(const json::object& from, Schema& to) {
  const json::value* rules = from.if_contains("x-kubernetes-validations");
  if (!rules || !rules->is_array()) return;
  for (const json::value& rule : rules->get_array())
    to.rules.push_back({std::string(kube::text_at(rule, {"rule"})), std::string(kube::text_at(rule, {"message"})),
                        std::string(kube::text_at(rule, {"reason"}))});
}

}  // namespace

SchemaPtr custom_schema(const json::value& open_api) {
  auto schema = std::make_shared<Schema>();
  if (!open_api.is_object()) return schema;
  const json::object& from = open_api.get_object();
  schema->type = type_in(text_of(from, "type"));
  schema->format = text_of(from, "format");
  schema->description = text_of(from, "description");
  schema->nullable = flag_in(from, "nullable");
  schema->int_or_string = flag_in(from, "x-kubernetes-int-or-string");
  schema->preserve_unknown = flag_in(from, "x-kubernetes-preserve-unknown-fields");
  schema->embedded = flag_in(from, "x-kubernetes-embedded-resource");
  read_limits(from, *schema);
  read_grouping(from, *schema);
  read_rules(from, *schema);
  if (const json::value* given = from.if_contains("default")) schema->default_value = *given;
  if (const json::value* required = from.if_contains("required"); required && required->is_array())
    for (const json::value& name : required->get_array())
      if (name.is_string()) schema->required.emplace_back(name.get_string());
  if (const json::value* properties = from.if_contains("properties"); properties && properties->is_object())
    for (const auto& member : properties->get_object())
      schema->properties[std::string(member.key())] = custom_schema(member.value());
  if (const json::value* items = from.if_contains("items")) schema->items = custom_schema(*items);
  if (const json::value* additional = from.if_contains("additionalProperties")) {
    if (additional->is_object())
      schema->additional = custom_schema(*additional);
    else if (additional->is_bool() && additional->get_bool())
      schema->preserve_unknown = true;
  }
  schema->all_of = schemas_in(from, "allOf");
  schema->any_of = schemas_in(from, "anyOf");
  schema->one_of = schemas_in(from, "oneOf");
  if (const json::value* none = from.if_contains("not")) schema->none_of = custom_schema(*none);
  return schema;
}

}  // namespace sluice::sandbox
