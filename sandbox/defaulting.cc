// Defaults of schemas, and how Go writes structs.
#include "sandbox/defaulting.h"

#include <boost/json.hpp>

#include "crds/canonical_quantity.h"
#include "sandbox/object_parts.h"

namespace sluice::sandbox {
namespace {

bool is_struct(const Schema& schema) { return schema.type == Schema::Type::object && !schema.name.empty(); }

bool is_zero(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return true;
    case json::kind::bool_:
      return !value.get_bool();
    case json::kind::int64:
      return value.get_int64() == 0;
    case json::kind::uint64:
      return value.get_uint64() == 0;
    case json::kind::double_:
      return value.get_double() == 0;
    case json::kind::string:
      return value.get_string().empty();
    case json::kind::array:
      return value.get_array().empty();
    case json::kind::object:
      return value.get_object().empty();
  }
  return false;
}

// What Go writes for a member that was never set.
json::value zero_of(const Schema& schema) {
  if (is_struct(schema)) {
    json::value zero = json::object();
    write_as_go(schema, zero);
    return zero;
  }
  switch (schema.type) {
    case Schema::Type::string:
      if (schema.format == "date-time" || schema.format == "micro-time") return nullptr;
      return schema.format == "quantity" ? json::value("0") : json::value("");
    case Schema::Type::integer:
    case Schema::Type::number:
      return 0;
    case Schema::Type::boolean:
      return false;
    default:
      return schema.int_or_string ? json::value(0) : json::value(nullptr);
  }
}

}  // namespace

void fill_defaults(const Schema& schema, json::value& value) {
  if (value.is_array() && schema.items) {
    for (json::value& item : value.get_array()) fill_defaults(*schema.items, item);
    return;
  }
  if (!value.is_object()) return;
  json::object& object = value.get_object();
  for (const auto& [name, part] : schema.properties) {
    if (!part->default_value) continue;
    const json::value* given = object.if_contains(name);
    // Null means "not given" where null is not a value of its own; built-in texts also count as not given when empty.
    const bool empty_text =
        given && given->is_string() && given->get_string().empty() && !schema.name.empty() && !part->pointer;
    if (!given || (given->is_null() && !part->nullable) || empty_text) object[name] = *part->default_value;
  }
  for (auto& member : object)
    if (const Schema* part = schema.member(member.key())) fill_defaults(*part, member.value());
}

void write_as_go(const Schema& schema, json::value& value) {
  if (value.is_array() && schema.items) {
    for (json::value& item : value.get_array()) write_as_go(*schema.items, item);
    return;
  }
  if (value.is_string() && schema.format == "quantity") {
    value = crds::canonical_quantity(std::string(value.get_string()));
    return;
  }
  if (value.is_number() && schema.format == "quantity") {
    value = crds::canonical_quantity(kube::print_json(value));
    return;
  }
  if (!value.is_object()) return;
  json::object& object = value.get_object();
  std::vector<std::string> empty;
  for (auto& member : object) {
    const Schema* part = schema.member(member.key());
    if (!part) continue;
    if (member.value().is_null() && is_struct(*part) && !part->pointer) member.value() = json::object();
    write_as_go(*part, member.value());
    // Go keeps no empty list apart from none.
    const bool empty_list = member.value().is_array() && member.value().get_array().empty();
    if (empty_list && part->always_written && is_struct(schema)) member.value() = nullptr;
    const bool dropped = member.value().is_null() ||
                         (is_struct(schema) && !part->pointer && !is_struct(*part) && is_zero(member.value()));
    if (dropped && is_struct(schema) && !part->always_written) empty.emplace_back(member.key());
  }
  for (const std::string& name : empty) erase_member(object, name);
  if (!is_struct(schema)) return;
  for (const auto& [name, part] : schema.properties)
    if (part->always_written && !object.contains(name)) object[name] = zero_of(*part);
}

}  // namespace sluice::sandbox
