// Reading stored objects as JSON.
#include "sandbox/workloads/reading.h"

#include <algorithm>

#include <boost/json.hpp>

namespace sluice::sandbox {
namespace {

bool holds(const json::object& rule, const json::object& labels) {
  const std::string_view key = text_of(rule, "key");
  const std::string_view op = text_of(rule, "operator");
  const json::value* label = labels.if_contains(key);
  if (op == "Exists") return label;
  if (op == "DoesNotExist") return !label;
  const json::value* listed = rule.if_contains("values");
  const bool among = label && listed && listed->is_array() &&
                     std::ranges::find(listed->get_array(), *label) != listed->get_array().end();
  return op == "In" ? among : op == "NotIn" && !among;
}

}  // namespace

const json::object& object_at(const json::value& value, std::initializer_list<std::string_view> path) {
  static const json::object none;
  const json::value* found = kube::find_at(value, path);
  return found && found->is_object() ? found->get_object() : none;
}

const json::array& array_at(const json::value& value, std::initializer_list<std::string_view> path) {
  static const json::array none;
  const json::value* found = kube::find_at(value, path);
  return found && found->is_array() ? found->get_array() : none;
}

bool flag_at(const json::value& value, std::initializer_list<std::string_view> path) {
  const json::value* found = kube::find_at(value, path);
  return found && found->is_bool() && found->get_bool();
}

std::optional<kube::Time> time_at(const json::value& value, std::initializer_list<std::string_view> path) {
  const std::string_view text = kube::text_at(value, path);
  if (text.empty()) return std::nullopt;
  const kube::Result<kube::Time> time = kube::parse_time(text);
  return time ? std::optional(*time) : std::nullopt;
}

std::string_view uid_of(const json::value& object) { return kube::text_at(object, {"metadata", "uid"}); }

const json::object& labels_of(const json::value& object) { return object_at(object, {"metadata", "labels"}); }

std::string_view annotation_of(const json::value& object, std::string_view name) {
  return text_of(object_at(object, {"metadata", "annotations"}), name);
}

bool has_finalizer(const json::value& object, std::string_view finalizer) {
  const std::vector<std::string_view> names = finalizers_of(object);
  return std::ranges::find(names, finalizer) != names.end();
}

const json::object* controller_of(const json::value& object) {
  for (const json::value& owner : array_at(object, {"metadata", "ownerReferences"}))
    if (flag_at(owner, {"controller"})) return &owner.get_object();
  return nullptr;
}

std::string_view controller_uid_of(const json::value& object) {
  const json::object* owner = controller_of(object);
  return owner ? text_of(*owner, "uid") : std::string_view();
}

const json::object* condition_of(const json::value& object, std::string_view type) {
  for (const json::value& condition : array_at(object, {"status", "conditions"}))
    if (condition.is_object() && kube::text_at(condition, {"type"}) == type) return &condition.get_object();
  return nullptr;
}

bool is_true(const json::object* condition) { return condition && text_of(*condition, "status") == "True"; }

bool has_labels(const json::object& labels, const json::object& wanted) {
  return std::ranges::all_of(wanted, [&](const auto& label) {
    const json::value* found = labels.if_contains(label.key());
    return found && *found == label.value();
  });
}

bool selects(const json::value& selector, const json::object& labels) {
  if (!has_labels(labels, object_at(selector, {"matchLabels"}))) return false;
  return std::ranges::all_of(array_at(selector, {"matchExpressions"}), [&](const json::value& rule) {
    return rule.is_object() && holds(rule.get_object(), labels);
  });
}

bool is_finished(const json::value& pod) {
  const std::string_view phase = phase_of(pod);
  return phase == "Succeeded" || phase == "Failed";
}

bool is_ready(const json::value& pod) { return is_true(condition_of(pod, "Ready")); }

}  // namespace sluice::sandbox
