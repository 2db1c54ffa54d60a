// The paths of the Kubernetes API.
#include "kube/resource.h"

namespace sluice::kube {

std::string Resource::collection_path(std::string_view ns) const {
  std::string path = group.empty() ? "/api/" : "/apis/" + std::string(group) + "/";
  path += version;
  if (namespaced && !ns.empty()) path += "/namespaces/" + std::string(ns);
  return path + "/" + std::string(plural);
}

std::string Resource::object_path(const ObjectKey& key, std::string_view subresource) const {
  std::string path = collection_path(key.ns) + "/" + key.name;
  if (!subresource.empty()) path += "/" + std::string(subresource);
  return path;
}

}  // namespace sluice::kube
