// Structural validation of custom resources.
#include "sandbox/schema_validation.h"

#include <algorithm>
#include <cmath>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "kube/json.h"
#include "kube/time.h"

namespace sluice::sandbox {
namespace {

constexpr const char* nowhere = "<nil>";

std::string_view type_name(Schema::Type type) {
  switch (type) {
    case Schema::Type::any:
      return "any";
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
  return "";
}

std::string_view type_of(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return "null";
    case json::kind::bool_:
      return "boolean";
    case json::kind::int64:
    case json::kind::uint64:
      return "integer";
    case json::kind::double_:
      return "number";
    case json::kind::string:
      return "string";
    case json::kind::array:
      return "array";
    case json::kind::object:
      return "object";
  }
  return "";
}

bool is_whole(const json::value& value) {
  return value.is_int64() || value.is_uint64() ||
         (value.is_double() && std::floor(value.get_double()) == value.get_double());
}

bool fits(Schema::Type type, const json::value& value) {
  switch (type) {
    case Schema::Type::any:
      return true;
    case Schema::Type::integer:
      return is_whole(value);
    case Schema::Type::number:
      return value.is_number();
    default:
      return type_of(value) == type_name(type);
  }
}

Cause wrong_type(const std::string& path, std::string_view wanted, const json::value& value) {
  return {"FieldValueTypeInvalid",
          fmt::format("Invalid value: \"{0}\": {1} in body must be of type {2}: \"{0}\"", type_of(value), path, wanted),
          path};
}

std::string number_text(double number) { return kube::print_json(json::value(number)); }

bool has_rules(const Schema& schema) {
  if (!schema.rules.empty()) return true;
  if (schema.items && has_rules(*schema.items)) return true;
  if (schema.additional && has_rules(*schema.additional)) return true;
  return std::any_of(schema.properties.begin(), schema.properties.end(),
                     [](const auto& property) { return has_rules(*property.second); });
}

std::size_t characters_in(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

class Checker {
 public:
  std::vector<Cause> causes;

  void check(const Schema& schema, const json::value& value, const std::string& path) {
    if (value.is_null() && schema.nullable) return;
    if (schema.int_or_string) {
      if (!is_whole(value) && !value.is_string()) causes.push_back(wrong_type(path, "integer,string", value));
    } else if (!fits(schema.type, value)) {
      causes.push_back(wrong_type(path, type_name(schema.type), value));
      return;
    }
    check_alternatives(schema, value, path);
    if (!schema.choices.empty() &&
        std::find(schema.choices.begin(), schema.choices.end(), value) == schema.choices.end())
      causes.push_back(unsupported_value(path, shown(value), choices_of(schema)));
    if (value.is_string()) check_text(schema, value.get_string(), path);
    if (value.is_number()) check_number(schema, value, path);
    if (value.is_array()) check_list(schema, value.get_array(), path);
    if (value.is_object()) check_object(schema, value.get_object(), path);
  }

 private:
  static std::string choices_of(const Schema& schema) {
    std::string text;
    for (const json::value& choice : schema.choices) text += (text.empty() ? "" : ", ") + shown(choice);
    return text;
  }

  static bool passes(const Schema& schema, const json::value& value) {
    Checker checker;
    checker.check(schema, value, "");
    return checker.causes.empty();
  }

  void check_alternatives(const Schema& schema, const json::value& value, const std::string& path) {
    const auto passing = [&](const auto& alternatives) {
      return std::count_if(alternatives.begin(), alternatives.end(),
                           [&](const SchemaPtr& alternative) { return passes(*alternative, value); });
    };
    const auto complain = [&](std::string_view what) {
      causes.push_back({"FieldValueInvalid", fmt::format("Invalid value: \"\": \"{}\" {}", path, what), nowhere});
    };
    if (!schema.any_of.empty() && passing(schema.any_of) == 0) {
      complain("must validate at least one schema (anyOf)");
      check(*schema.any_of.front(), value, path);
    }
    if (!schema.one_of.empty()) {
      const auto count = passing(schema.one_of);
      if (count != 1)
        complain(fmt::format("must validate one and only one schema (oneOf). {}",
                             count == 0 ? "Found none valid" : fmt::format("Found {} valid alternatives", count)));
      if (count == 0) check(*schema.one_of.front(), value, path);
    }
    if (static_cast<std::size_t>(passing(schema.all_of)) != schema.all_of.size()) {
      complain("must validate all the schemas (allOf)");
      for (const SchemaPtr& part : schema.all_of) check(*part, value, path);
    }
    if (schema.none_of && passes(*schema.none_of, value)) complain("must not validate the schema (not)");
  }

  void check_text(const Schema& schema, std::string_view text, const std::string& path) {
    const auto length = static_cast<std::int64_t>(characters_in(text));
    const auto complain = [&](std::string_view what) {
      causes.push_back(invalid_value(path, quoted(text), fmt::format("{} in body {}", path, what)));
    };
    if (schema.max_length && length > *schema.max_length) {
      causes.push_back(
          {"FieldValueTooLong", fmt::format("Too long: may not be more than {} bytes", *schema.max_length), path});
    } else if (schema.min_length && length < *schema.min_length) {
      complain(fmt::format("should be at least {} chars long", *schema.min_length));
    } else if (schema.pattern && !matches(*schema.pattern, text)) {
      complain(fmt::format("should match '{}'", text_of(*schema.pattern)));
    } else if (schema.format == "date-time" && !kube::parse_time(text)) {
      complain(fmt::format("must be of type date-time: {}", quoted(text)));
    }
  }

  void check_number(const Schema& schema, const json::value& value, const std::string& path) {
    const auto number = value.to_number<double>();
    const auto complain = [&](std::string_view what) {
      causes.push_back(invalid_value(path, shown(value), fmt::format("{} in body should be {}", path, what)));
    };
    if (schema.multiple_of && std::fmod(number, *schema.multiple_of) != 0)
      complain(fmt::format("a multiple of {}", number_text(*schema.multiple_of)));
    if (schema.maximum && (schema.exclusive_maximum ? number >= *schema.maximum : number > *schema.maximum))
      complain(
          fmt::format("less than {}{}", schema.exclusive_maximum ? "" : "or equal to ", number_text(*schema.maximum)));
    if (schema.minimum && (schema.exclusive_minimum ? number <= *schema.minimum : number < *schema.minimum))
      complain(fmt::format("greater than {}{}", schema.exclusive_minimum ? "" : "or equal to ",
                           number_text(*schema.minimum)));
  }

  void check_list(const Schema& schema, const json::array& list, const std::string& path) {
    const auto size = static_cast<std::int64_t>(list.size());
    if (schema.min_items && size < *schema.min_items)
      causes.push_back(invalid_value(path, std::to_string(size),
                                     fmt::format("{} in body should have at least {} items", path, *schema.min_items)));
    if (schema.max_items && size > *schema.max_items)
      causes.push_back({"FieldValueTooMany",
                        fmt::format("Too many: {}: must have at most {} items", size, *schema.max_items), path});
    if (schema.items)
      for (std::size_t i = 0; i < list.size(); ++i) check(*schema.items, list[i], item_path(path, i));
    check_differences(schema, list, path);
  }

  // Items of a set and keys of a keyed list are different.
  void check_differences(const Schema& schema, const json::array& list, const std::string& path) {
    if (schema.grouping != Grouping::set && schema.grouping != Grouping::keyed && !schema.unique_items) return;
    std::vector<json::value> seen;
    for (std::size_t i = 0; i < list.size(); ++i) {
      json::value identity = list[i];
      if (schema.grouping == Grouping::keyed) {
        if (!list[i].is_object()) continue;
        json::object keys;
        for (const std::string& key : schema.keys)
          if (const json::value* found = list[i].get_object().if_contains(key)) keys[key] = *found;
        identity = std::move(keys);
      }
      if (std::find(seen.begin(), seen.end(), identity) != seen.end())
        causes.push_back(duplicate_value(item_path(path, i), kube::print_json(identity)));
      else
        seen.push_back(std::move(identity));
    }
  }

  void check_object(const Schema& schema, const json::object& object, const std::string& path) {
    const auto size = static_cast<std::int64_t>(object.size());
    if (schema.min_properties && size < *schema.min_properties)
      causes.push_back(
          invalid_value(path, std::to_string(size),
                        fmt::format("{} in body should have at least {} properties", path, *schema.min_properties)));
    if (schema.max_properties && size > *schema.max_properties)
      causes.push_back({"FieldValueTooMany",
                        fmt::format("Too many: {}: must have at most {} items", size, *schema.max_properties), path});
    for (const std::string& name : schema.required)
      if (!object.contains(name)) causes.push_back(required_value(member_path(path, name)));
    for (const auto& member : object)
      if (const Schema* part = schema.member(member.key()))
        check(*part, member.value(), member_path(path, member.key()));
  }
};

// Rules that compare a value with the one it replaces.
void check_transitions(const Schema& schema, const json::value& value, const json::value* before,
                       const std::string& path, std::vector<Cause>& causes) {
  for (const Rule& rule : schema.rules) {
    if (rule.expression != "self == oldSelf" || !before || *before == value) continue;
    causes.push_back({rule.reason.empty() ? "FieldValueInvalid" : rule.reason,
                      fmt::format("Invalid value: {}: {}", quoted(type_of(value)),
                                  rule.message.empty() ? "failed rule: " + rule.expression : rule.message),
                      path});
  }
  if (!value.is_object()) return;
  for (const auto& member : value.get_object()) {
    const Schema* part = schema.member(member.key());
    const json::value* earlier =
        before && before->is_object() ? before->get_object().if_contains(member.key()) : nullptr;
    if (part && earlier) check_transitions(*part, member.value(), earlier, member_path(path, member.key()), causes);
  }
}

}  // namespace

std::string shown(const json::value& value) {
  return value.is_string() ? quoted(value.get_string()) : kube::print_json(value);
}

std::vector<Cause> check_schema(const Schema& schema, const json::value& value, const json::value* before) {
  Checker checker;
  checker.check(schema, value, "");
  if (checker.causes.empty()) {
    check_transitions(schema, value, before, "", checker.causes);
  } else if (has_rules(schema)) {
    checker.causes.push_back(invalid_value(nowhere, "null",
                                           "some validation rules were not checked because the object was invalid; "
                                           "correct the existing errors to complete validation"));
  }
  return std::move(checker.causes);
}

}  // namespace sluice::sandbox
