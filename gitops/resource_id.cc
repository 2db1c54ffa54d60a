// Reading identities and marks from objects.
#include "gitops/resource_id.h"

#include <boost/json/value.hpp>
#include <fmt/format.h>

#include "kube/json.h"

namespace sluice::gitops {

std::string text_of(const ResourceId& id) {
  const std::string kind = id.group.empty() ? id.kind : id.group + "/" + id.kind;
  return id.ns.empty() ? fmt::format("{} {}", kind, id.name) : fmt::format("{} {}/{}", kind, id.ns, id.name);
}

std::string_view group_of(std::string_view api_version) {
  const std::size_t slash = api_version.find('/');
  return slash == std::string_view::npos ? std::string_view() : api_version.substr(0, slash);
}

std::string_view version_of(std::string_view api_version) {
  const std::size_t slash = api_version.find('/');
  return slash == std::string_view::npos ? api_version : api_version.substr(slash + 1);
}

ResourceId id_of(const json::value& object) {
  return {.group = std::string(group_of(kube::text_at(object, {"apiVersion"}))),
          .kind = std::string(kube::text_at(object, {"kind"})),
          .ns = std::string(kube::text_at(object, {"metadata", "namespace"})),
          .name = std::string(kube::text_at(object, {"metadata", "name"}))};
}

std::string_view annotation(const json::value& object, std::string_view name) {
  return kube::text_at(object, {"metadata", "annotations", name});
}

std::string_view label(const json::value& object, std::string_view name) {
  return kube::text_at(object, {"metadata", "labels", name});
}

}  // namespace sluice::gitops
