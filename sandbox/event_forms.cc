// Renaming the members of Events.
#include "sandbox/event_forms.h"

#include <string_view>
#include <utility>

#include <boost/json.hpp>

#include "sandbox/object_parts.h"

namespace sluice::sandbox {
namespace {

constexpr std::pair<std::string_view, std::string_view> names[] = {
    {"involvedObject", "regarding"},
    {"message", "note"},
    {"source", "deprecatedSource"},
    {"firstTimestamp", "deprecatedFirstTimestamp"},
    {"lastTimestamp", "deprecatedLastTimestamp"},
    {"count", "deprecatedCount"},
    {"reportingComponent", "reportingController"},
};

void rename(json::object& event, std::string_view from, std::string_view to) {
  const json::value* found = event.if_contains(from);
  if (!found) return;
  json::value moved = *found;
  erase_member(event, from);
  const bool empty = moved.is_null() || (moved.is_string() && moved.get_string().empty());
  if (!empty) event[to] = std::move(moved);
}

}  // namespace

void to_core_event(json::object& event) {
  for (const auto& [core, other] : names) rename(event, other, core);
  event["apiVersion"] = "v1";
}

void from_core_event(json::object& event) {
  for (const auto& [core, other] : names) rename(event, core, other);
  if (text_of(event, "reportingInstance").empty()) erase_member(event, "reportingInstance");
  event["apiVersion"] = "events.k8s.io/v1";
}

}  // namespace sluice::sandbox
