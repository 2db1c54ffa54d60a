// The patch of a Service.
#include "traffic/service.h"

#include <boost/json.hpp>

#include "kube/json.h"

namespace sluice::traffic {

namespace json = boost::json;

std::string service_patch(const std::string& hash, const std::string& managed_by, const std::string& uid,
                          const std::string& resource_version) {
  json::object body;
  json::object metadata;
  if (!uid.empty()) metadata["uid"] = uid;
  if (!resource_version.empty()) metadata["resourceVersion"] = resource_version;
  if (!managed_by.empty()) metadata["annotations"] = json::object{{managed_by_key, managed_by}};
  if (!metadata.empty()) body["metadata"] = std::move(metadata);
  body["spec"] = json::object{{"selector", json::object{{hash_key, hash}}}};
  return kube::print_json(body);
}

std::string service_release_patch(const std::string& uid, const std::string& resource_version) {
  json::object metadata{{"uid", uid}, {"resourceVersion", resource_version}};
  metadata["annotations"] = json::object{{managed_by_key, nullptr}};
  json::object body;
  body["metadata"] = std::move(metadata);
  body["spec"] = json::object{{"selector", json::object{{hash_key, nullptr}}}};
  return kube::print_json(body);
}

}  // namespace sluice::traffic
