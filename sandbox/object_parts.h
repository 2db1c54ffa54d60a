// The parts that every object has, for reading and for changing.
#pragma once

#include <string_view>
#include <vector>

#include <boost/json.hpp>

#include "kube/json.h"

namespace sluice::sandbox {

namespace json = boost::json;

// A member that is an object; made when it is absent or something else.
inline json::object& object_in(json::object& from, std::string_view name) {
  json::value& member = from[name];
  if (!member.is_object()) member = json::object();
  return member.get_object();
}

// `object` is a JSON object. Its metadata, made when absent.
inline json::object& metadata_of(json::value& object) { return object_in(object.as_object(), "metadata"); }

// A member's text, "" when absent or not a string.
inline std::string_view text_of(const json::object& from, std::string_view name) {
  const json::value* found = from.if_contains(name);
  if (!found || !found->is_string()) return {};
  return found->get_string();
}

inline std::vector<std::string_view> finalizers_of(const json::value& object) {
  std::vector<std::string_view> names;
  const json::value* list = kube::find_at(object, {"metadata", "finalizers"});
  if (!list || !list->is_array()) return names;
  for (const json::value& name : list->get_array())
    if (name.is_string()) names.emplace_back(name.get_string());
  return names;
}

inline bool is_terminating(const json::value& object) {
  return !kube::text_at(object, {"metadata", "deletionTimestamp"}).empty();
}

// Makes `to`'s member what `from`'s is, also absent.
inline void copy_member(const json::object& from, json::object& to, std::string_view name) {
  if (const json::value* found = from.if_contains(name))
    to[name] = *found;
  else if (to.contains(name))
    to.stable_erase(to.find(name));
}

inline void erase_member(json::object& from, std::string_view name) {
  const auto at = from.find(name);
  if (at != from.end()) from.stable_erase(at);
}

}  // namespace sluice::sandbox
