// Following fieldsV1 through an object: "f:" names a member, "k:" an element by its keys, "v:" an element by value.
#include "gitops/applied_fields.h"

#include <algorithm>

#include <boost/json.hpp>

#include "kube/json.h"
#include "kube/patch.h"

namespace sluice::gitops {
namespace {

bool has_keys(const json::value& element, const json::value& keys) {
  return element.is_object() && keys.is_object() && std::ranges::all_of(keys.get_object(), [&](const auto& key) {
           const json::value* value = element.get_object().if_contains(key.key());
           return value && kube::same_json(*value, key.value());
         });
}

json::value project(const json::value& live, const json::object& fields);

json::value project_list(const json::array& live, const json::object& fields) {
  json::array owned;
  for (const auto& field : fields) {
    const std::string_view name = field.key();
    if (!name.starts_with("k:") && !name.starts_with("v:")) continue;
    const auto wanted = kube::parse_json(name.substr(2));
    if (!wanted || !field.value().is_object()) continue;
    const bool by_keys = name.starts_with("k:");
    for (const json::value& element : live)
      if (by_keys ? has_keys(element, *wanted) : kube::same_json(element, *wanted)) {
        owned.push_back(by_keys ? project(element, field.value().get_object()) : element);
        break;
      }
  }
  return owned;
}

json::value project(const json::value& live, const json::object& fields) {
  if (fields.empty()) return live;
  if (live.is_array()) return project_list(live.get_array(), fields);
  if (!live.is_object()) return live;
  json::object owned;
  for (const auto& field : fields) {
    const std::string_view name = field.key();
    if (!name.starts_with("f:") || !field.value().is_object()) continue;
    if (const json::value* value = live.get_object().if_contains(name.substr(2)))
      owned[name.substr(2)] = project(*value, field.value().get_object());
  }
  return owned;
}

}  // namespace

json::value applied_by(const json::value& live, std::string_view manager) {
  const json::value* entries = kube::find_at(live, {"metadata", "managedFields"});
  if (!entries || !entries->is_array()) return nullptr;
  for (const json::value& entry : entries->get_array()) {
    const json::value* fields = kube::find_at(entry, {"fieldsV1"});
    if (kube::text_at(entry, {"manager"}) == manager && kube::text_at(entry, {"operation"}) == "Apply" &&
        kube::text_at(entry, {"subresource"}).empty() && fields && fields->is_object())
      return project(live, fields->get_object());
  }
  return nullptr;
}

}  // namespace sluice::gitops
