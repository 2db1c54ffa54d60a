// JSON merge patch: applying one, and finding the smallest one.
#include <boost/json.hpp>

#include "kube/patch.h"

namespace sluice::kube {
namespace {

bool same_number(const json::value& left, const json::value& right) {
  if (left.is_double() || right.is_double()) {
    boost::system::error_code error;
    return left.to_number<double>(error) == right.to_number<double>(error);
  }
  return left == right;
}

const json::value* present(const json::object& object, json::string_view name) {
  const json::value* value = object.if_contains(name);
  return value && !value->is_null() ? value : nullptr;
}

// A value as a merge patch leaves it behind: without members that are null. Lists are kept as they are.
json::value without_nulls(const json::value& value) {
  if (!value.is_object()) return value;
  json::object kept;
  for (const auto& member : value.get_object())
    if (!member.value().is_null()) kept[member.key()] = without_nulls(member.value());
  return json::value(std::move(kept));
}

// Equality under which a member that is null is absent.
bool same_but_for_nulls(const json::value& left, const json::value& right) {
  if (left.is_object() && right.is_object()) return same_json(without_nulls(left), without_nulls(right));
  return same_json(left, right);
}

json::object difference(const json::object& before, const json::object& after) {
  json::object patch;
  for (const auto& member : before)
    if (!member.value().is_null() && !present(after, member.key())) patch[member.key()] = nullptr;
  for (const auto& member : after) {
    if (member.value().is_null()) continue;
    const json::value* old = present(before, member.key());
    if (!old || old->is_object() != member.value().is_object()) {
      patch[member.key()] = without_nulls(member.value());
    } else if (member.value().is_object()) {
      json::object inner = difference(old->get_object(), member.value().get_object());
      if (!inner.empty()) patch[member.key()] = std::move(inner);
    } else if (!same_json(*old, member.value())) {
      patch[member.key()] = member.value();
    }
  }
  return patch;
}

}  // namespace

bool same_json(const json::value& left, const json::value& right) {
  if (left.is_number() && right.is_number()) return same_number(left, right);
  if (left.is_object() && right.is_object()) {
    const json::object& one = left.get_object();
    const json::object& other = right.get_object();
    if (one.size() != other.size()) return false;
    for (const auto& member : one) {
      const json::value* found = other.if_contains(member.key());
      if (!found || !same_json(member.value(), *found)) return false;
    }
    return true;
  }
  if (left.is_array() && right.is_array()) {
    const json::array& one = left.get_array();
    const json::array& other = right.get_array();
    if (one.size() != other.size()) return false;
    for (std::size_t i = 0; i < one.size(); ++i)
      if (!same_json(one[i], other[i])) return false;
    return true;
  }
  return left == right;
}

json::value apply_merge_patch(json::value target, const json::value& patch) {
  if (!patch.is_object()) return patch;
  if (!target.is_object()) target = json::object();
  json::object& object = target.get_object();
  for (const auto& member : patch.get_object()) {
    if (member.value().is_null()) {
      if (const auto at = object.find(member.key()); at != object.end()) object.stable_erase(at);
      continue;
    }
    json::value& place = object[member.key()];
    place = apply_merge_patch(std::move(place), member.value());
  }
  return target;
}

std::optional<json::value> merge_difference(const json::value& before, const json::value& after) {
  if (!before.is_object() || !after.is_object()) {
    if (same_but_for_nulls(before, after)) return std::nullopt;
    return without_nulls(after);
  }
  json::object patch = difference(before.get_object(), after.get_object());
  if (patch.empty()) return std::nullopt;
  return json::value(std::move(patch));
}

}  // namespace sluice::kube
