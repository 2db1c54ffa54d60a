// What all kinds of routes have in common: who wrote them last, and the patch that changes them.
#include "traffic/route.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include "kube/json.h"
#include "kube/json_difference.h"
#include "kube/patch.h"

namespace sluice::traffic {
namespace {

namespace json = boost::json;

constexpr std::string_view our_name = "sluice";

LastWriter writer_of(const json::value& object) {
  LastWriter writer;
  const json::value* fields = kube::find_at(object, {"metadata", "managedFields"});
  if (!fields || !fields->is_array()) return writer;
  for (const json::value& entry : fields->get_array()) {
    if (!kube::text_at(entry, {"subresource"}).empty()) continue;
    const kube::Result<kube::Time> at = kube::parse_time(kube::text_at(entry, {"time"}));
    if (!at) continue;
    const std::string_view name = kube::text_at(entry, {"manager"});
    const bool is_ours = name == our_name;
    if (is_ours && (!writer.ours_at || *at > *writer.ours_at)) writer.ours_at = *at;
    // Times are whole seconds: of two writers within one, the other one counts as later.
    const bool is_later = !writer.at || *at > *writer.at || (*at == *writer.at && !is_ours);
    if (!is_later) continue;
    writer.at = *at;
    writer.name = is_ours ? "" : name;
  }
  return writer;
}

// A status that is written again without a change keeps its time.
std::optional<kube::Time> status_written_at(const json::value& object) {
  std::optional<kube::Time> latest;
  const json::value* fields = kube::find_at(object, {"metadata", "managedFields"});
  if (!fields || !fields->is_array()) return latest;
  for (const json::value& entry : fields->get_array()) {
    if (kube::text_at(entry, {"subresource"}) != "status") continue;
    const kube::Result<kube::Time> at = kube::parse_time(kube::text_at(entry, {"time"}));
    if (at && (!latest || *at > *latest)) latest = *at;
  }
  return latest;
}

}  // namespace

ObservedRoute Route::observe(const json::value* object) const {
  ObservedRoute seen;
  seen.kind = kind_;
  seen.key = key_;
  if (!object) {
    seen.error = fmt::format("{} \"{}\" not found", kind_, key_.name);
    return seen;
  }
  seen.resource_version = kube::text_at(*object, {"metadata", "resourceVersion"});
  seen.writer = writer_of(*object);
  read(*object, seen);
  if (seen.depth == Depth::reported) seen.confirmed_at = status_written_at(*object);
  if (!seen.error.empty() || part_->managed_names.empty()) return seen;
  seen.has_managed = has_managed(*object);
  Intent declared;
  declared.split = Split::of_canary(seen.largest_canary, part_->max_weight, seen.additional);
  declared.managed = part_->declared;
  const kube::Result<json::value> wanted = changed(*object, declared);
  seen.has_declared = wanted && kube::same_json(*wanted, *object);
  return seen;
}

kube::Result<std::string> plan_route(const Route& route, const json::value& object, const Intent& intent) {
  const kube::Result<json::value> after = route.changed(object, intent);
  if (!after) return after.error();
  json::array operations = kube::json_difference(object, *after);
  if (operations.empty()) return std::string();
  json::array patch;
  patch.push_back(json::object{{"op", "replace"},
                               {"path", "/metadata/resourceVersion"},
                               {"value", kube::text_at(object, {"metadata", "resourceVersion"})}});
  for (json::value& operation : operations) patch.push_back(std::move(operation));
  return kube::print_json(patch);
}

}  // namespace sluice::traffic
