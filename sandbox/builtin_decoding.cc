// Reading built-in types as Go does: the first value of a wrong type refuses the object.
#include <algorithm>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "kube/base64.h"
#include "kube/json.h"
#include "kube/time.h"
#include "sandbox/schema_validation.h"

namespace sluice::sandbox {
namespace {

std::string go_type(const Schema& schema) {
  switch (schema.type) {
    case Schema::Type::string:
      return "string";
    case Schema::Type::integer:
      return schema.format;
    case Schema::Type::number:
      return "float64";
    case Schema::Type::boolean:
      return "bool";
    case Schema::Type::array:
      return "[]" + (schema.items ? go_type(*schema.items) : std::string("interface {}"));
    case Schema::Type::object: {
      if (schema.name.empty())
        return "map[string]" + (schema.additional ? go_type(*schema.additional) : std::string("interface {}"));
      // "core.v1.PodSpec" is v1.PodSpec in Go.
      return schema.name.substr(schema.name.find('.') + 1);
    }
    case Schema::Type::any:
      return "interface {}";
  }
  return "";
}

std::string_view json_type(const json::value& value) {
  if (value.is_string()) return "string";
  if (value.is_bool()) return "bool";
  if (value.is_number()) return "number";
  return value.is_array() ? "array" : "object";
}

bool fits(const Schema& schema, const json::value& value) {
  switch (schema.type) {
    case Schema::Type::any:
      return !schema.int_or_string || value.is_string() || value.is_number();
    case Schema::Type::string:
      return value.is_string() || (schema.format == "quantity" && value.is_number());
    case Schema::Type::integer:
      return value.is_int64() || value.is_uint64();
    case Schema::Type::number:
      return value.is_number();
    case Schema::Type::boolean:
      return value.is_bool();
    case Schema::Type::array:
      return value.is_array();
    case Schema::Type::object:
      return value.is_object();
  }
  return false;
}

struct Where {
  std::string_view owner;  // the struct that holds the field
  std::string path;
};

// Where a text ceases to be base64; npos when it does not.
std::size_t first_illegal_byte(std::string_view text) {
  if (kube::decode_base64(text)) return std::string_view::npos;
  const auto is_good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '/' ||
           c == '=';
  };
  const auto at = std::find_if_not(text.begin(), text.end(), is_good);
  return static_cast<std::size_t>(at - text.begin());
}

std::string mistake(const Schema& schema, const json::value& value, const Where& where) {
  if (value.is_null()) return "";
  if (!fits(schema, value)) {
    const std::string owner(where.owner.substr(where.owner.rfind('.') + 1));
    const std::string number = value.is_double() ? " " + kube::print_json(value) : "";
    return fmt::format("json: cannot unmarshal {}{} into Go struct field {}.{} of type {}", json_type(value), number,
                       owner, where.path, go_type(schema));
  }
  if (schema.format == "date-time" && !value.get_string().empty() && !kube::parse_time(value.get_string()))
    return fmt::format("parsing time {} as \"2006-01-02T15:04:05Z07:00\": cannot parse {} as \"2006\"", shown(value),
                       shown(value));
  if (schema.format == "byte") {
    const std::size_t at = first_illegal_byte(value.get_string());
    if (at != std::string_view::npos) return fmt::format("illegal base64 data at input byte {}", at);
  }
  if (value.is_array() && schema.items) {
    for (const json::value& item : value.get_array())
      if (std::string found = mistake(*schema.items, item, where); !found.empty()) return found;
  }
  if (value.is_object()) {
    for (const auto& member : value.get_object()) {
      const Schema* part = schema.member(member.key());
      if (!part) continue;
      const Where inner{schema.name.empty() ? where.owner : std::string_view(schema.name),
                        schema.name.empty() ? where.path : member_path(where.path, member.key())};
      if (std::string found = mistake(*part, member.value(), inner); !found.empty()) return found;
    }
  }
  return "";
}

void choices_below(const Schema& schema, const json::value& value, const std::string& path,
                   std::vector<Cause>& causes) {
  if (value.is_string() && !schema.choices.empty() && !value.get_string().empty() &&
      std::find(schema.choices.begin(), schema.choices.end(), value) == schema.choices.end()) {
    std::string choices;
    for (const json::value& choice : schema.choices) choices += (choices.empty() ? "" : ", ") + shown(choice);
    causes.push_back(unsupported_value(path, shown(value), choices));
  }
  if (value.is_array() && schema.items)
    for (std::size_t i = 0; i < value.get_array().size(); ++i)
      choices_below(*schema.items, value.get_array()[i], item_path(path, i), causes);
  if (value.is_object())
    for (const auto& member : value.get_object())
      if (const Schema* part = schema.member(member.key()))
        choices_below(*part, member.value(), member_path(path, member.key()), causes);
}

}  // namespace

std::string decoding_mistake(const Schema& schema, const json::value& value) { return mistake(schema, value, {}); }

std::vector<Cause> check_choices(const Schema& schema, const json::value& value) {
  std::vector<Cause> causes;
  choices_below(schema, value, "", causes);
  return causes;
}

}  // namespace sluice::sandbox
