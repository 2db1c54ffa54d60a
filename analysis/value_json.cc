// Values of the condition language from JSON, as a provider's answer holds them.
#include "analysis/value_json.h"

#include <boost/json.hpp>

namespace sluice::analysis {

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

}  // namespace sluice::analysis
