// Writing and reading tracking ids.
#include "gitops/tracking.h"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>

#include "kube/json.h"

namespace sluice::gitops {
namespace {

json::object& member_object(json::object& of, std::string_view name) {
  json::value& member = of[name];
  if (!member.is_object()) member = json::object();
  return member.get_object();
}

}  // namespace

std::string instance_name(std::string_view ns, std::string_view name, std::string_view controller_ns) {
  return ns == controller_ns ? std::string(name) : fmt::format("{}_{}", ns, name);
}

std::string tracking_id(std::string_view instance, const ResourceId& id) {
  return fmt::format("{}:{}/{}:{}/{}", instance, id.group, id.kind, id.ns, id.name);
}

std::string owner_of(const json::value& live) {
  const std::string_view mark = annotation(live, annotations::tracking_id);
  const std::size_t colon = mark.find(':');
  if (colon == std::string_view::npos) return {};
  if (const json::value* owners = kube::find_at(live, {"metadata", "ownerReferences"});
      owners && owners->is_array() && !owners->get_array().empty())
    return {};
  const std::string_view instance = mark.substr(0, colon);
  const ResourceId id = id_of(live);
  if (mark == tracking_id(instance, id)) return std::string(instance);
  // Cluster-scoped objects are marked with the application's destination namespace by the reference.
  if (id.ns.empty()) {
    const std::string_view rest = mark.substr(colon + 1);
    const std::string kind = fmt::format("{}/{}:", id.group, id.kind);
    if (rest.starts_with(kind) && rest.substr(rest.rfind('/') + 1) == id.name) return std::string(instance);
  }
  return {};
}

void mark(json::value& desired, std::string_view instance) {
  const ResourceId id = id_of(desired);
  json::object& metadata = member_object(desired.as_object(), "metadata");
  member_object(metadata, "annotations")[annotations::tracking_id] = tracking_id(instance, id);
}

}  // namespace sluice::gitops
