// Reading stored objects as JSON: metadata, labels, owners, conditions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <boost/json/fwd.hpp>

#include "kube/json.h"
#include "kube/metadata.h"
#include "kube/time.h"
#include "sandbox/object_parts.h"

namespace sluice::sandbox {

namespace json = boost::json;

// The object or array at a path; an empty one when it is absent or of another type.
const json::object& object_at(const json::value& value, std::initializer_list<std::string_view> path);
const json::array& array_at(const json::value& value, std::initializer_list<std::string_view> path);
bool flag_at(const json::value& value, std::initializer_list<std::string_view> path);
std::optional<kube::Time> time_at(const json::value& value, std::initializer_list<std::string_view> path);

std::string_view uid_of(const json::value& object);
const json::object& labels_of(const json::value& object);
std::string_view annotation_of(const json::value& object, std::string_view name);
bool has_finalizer(const json::value& object, std::string_view finalizer);
// The owner reference with controller: true; nullptr when there is none.
const json::object* controller_of(const json::value& object);
// The uid of that reference; "" when there is none.
std::string_view controller_uid_of(const json::value& object);
// The element of status.conditions of one type; nullptr when there is none.
const json::object* condition_of(const json::value& object, std::string_view type);
bool is_true(const json::object* condition);

// Whether all of these labels are there with these values, as the selector of a Service demands.
bool has_labels(const json::object& labels, const json::object& wanted);
// Whether a LabelSelector (matchLabels, matchExpressions) selects these labels. An empty one selects everything.
bool selects(const json::value& selector, const json::object& labels);

// Pods.
inline std::string_view phase_of(const json::value& pod) { return kube::text_at(pod, {"status", "phase"}); }
bool is_finished(const json::value& pod);
bool is_ready(const json::value& pod);

}  // namespace sluice::sandbox
