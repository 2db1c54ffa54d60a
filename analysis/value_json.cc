// Values of the condition language from JSON, as a provider's answer holds them, and back.
#include "analysis/value_json.h"

#include <cmath>

#include <boost/json.hpp>

namespace sluice::analysis {

using expression::Kind;
using expression::List;
using expression::Map;
using expression::Value;

Value value_from_json(const kube::json::value& json) {
  if (json.is_bool()) return json.get_bool();
  if (json.is_number()) return json.to_number<double>();
  if (json.is_string()) return std::string(json.get_string());
  if (json.is_array()) {
    List list;
    for (const kube::json::value& item : json.get_array()) list.items.push_back(value_from_json(item));
    return list;
  }
  if (json.is_object()) {
    Map map;
    for (const auto& [key, item] : json.get_object()) map.insert_or_assign(std::string(key), value_from_json(item));
    return map;
  }
  return {};
}

kube::json::value json_from_value(const Value& value) {
  switch (value.kind()) {
    case Kind::nil:
      return nullptr;
    case Kind::boolean:
      return value.boolean();
    case Kind::integer:
      return value.integer();
    case Kind::floating:
      if (std::isfinite(value.floating())) return value.floating();
      return kube::json::value(expression::print_decimal(value.floating()));
    case Kind::list: {
      kube::json::array items;
      for (const Value& item : value.list().items) items.push_back(json_from_value(item));
      return items;
    }
    case Kind::map: {
      kube::json::object members;
      for (const auto& [key, item] : value.map()) members[key] = json_from_value(item);
      return members;
    }
    default:
      return kube::json::value(expression::print_plain(value));
  }
}

}  // namespace sluice::analysis
