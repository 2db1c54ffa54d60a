// The JSON patch between two values.
#include "kube/json_difference.h"

#include <string>

#include <boost/json.hpp>

#include "kube/patch.h"

namespace sluice::kube {
namespace {

std::string escaped(std::string_view member) {
  std::string text;
  for (const char c : member) {
    if (c == '~')
      text += "~0";
    else if (c == '/')
      text += "~1";
    else
      text += c;
  }
  return text;
}

void note(json::array& operations, std::string_view op, const std::string& path, const json::value* value) {
  json::object operation{{"op", op}, {"path", path}};
  if (value) operation["value"] = *value;
  operations.push_back(std::move(operation));
}

void compare(const json::value& before, const json::value& after, const std::string& path, json::array& operations) {
  if (same_json(before, after)) return;
  if (before.is_object() && after.is_object()) {
    for (const auto& member : before.get_object())
      if (!after.get_object().contains(member.key()))
        note(operations, "remove", path + "/" + escaped(member.key()), nullptr);
    for (const auto& member : after.get_object()) {
      const std::string at = path + "/" + escaped(member.key());
      if (const json::value* known = before.get_object().if_contains(member.key()))
        compare(*known, member.value(), at, operations);
      else
        note(operations, "add", at, &member.value());
    }
  } else if (before.is_array() && after.is_array() && before.get_array().size() == after.get_array().size()) {
    for (std::size_t i = 0; i < after.get_array().size(); ++i)
      compare(before.get_array()[i], after.get_array()[i], path + "/" + std::to_string(i), operations);
  } else {
    note(operations, "replace", path, &after);
  }
}

}  // namespace

json::array json_difference(const json::value& before, const json::value& after) {
  json::array operations;
  compare(before, after, "", operations);
  return operations;
}

}  // namespace sluice::kube
