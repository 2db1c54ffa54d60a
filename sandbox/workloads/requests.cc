// Writes of the behaviours, made as ordinary requests.
#include "sandbox/workloads/requests.h"

#include <boost/json.hpp>

#include "kube/json.h"

namespace sluice::sandbox {

bool Requests::create(const kube::Resource& resource, std::string_view ns, const json::object& body) {
  const kube::ApiRequest request{"POST", resource.collection_path(ns), "application/json", kube::print_json(body), ""};
  return judge(request, api_.handle(request, user_));
}

bool Requests::patch(const kube::Resource& resource, const kube::ObjectKey& key, const json::object& body) {
  return send_patch(resource.object_path(key), body);
}

bool Requests::patch_status(const kube::Resource& resource, const kube::ObjectKey& key, json::object status) {
  json::object body;
  body["status"] = std::move(status);
  return send_patch(resource.object_path(key, "status"), body);
}

bool Requests::send_patch(std::string target, const json::object& body) {
  const kube::ApiRequest request{"PATCH", std::move(target), "application/merge-patch+json", kube::print_json(body),
                                 ""};
  const std::uint64_t version = api_.version();
  const kube::ApiResponse response = api_.handle(request, user_);
  if (response.status == 200 && api_.version() == version)
    log_.debug("the sandbox made a write that changed nothing", {{"target", request.target}, {"body", request.body}});
  return response.status == 404 || judge(request, response);
}

bool Requests::remove(const kube::Resource& resource, const kube::ObjectKey& key, std::string_view uid,
                      std::string_view policy, std::optional<int> grace_seconds) {
  json::object options{{"kind", "DeleteOptions"}, {"apiVersion", "v1"}};
  options["preconditions"] = json::object{{"uid", uid}};
  if (!policy.empty()) options["propagationPolicy"] = policy;
  if (grace_seconds) options["gracePeriodSeconds"] = *grace_seconds;
  const kube::ApiRequest request{"DELETE", resource.object_path(key), "application/json", kube::print_json(options),
                                 ""};
  const kube::ApiResponse response = api_.handle(request, user_);
  // 404: gone already; 409: another object of that name, so this one is gone.
  return response.status == 404 || response.status == 409 || judge(request, response);
}

bool Requests::judge(const kube::ApiRequest& request, const kube::ApiResponse& response) {
  if (response.status < 300) return true;
  refused_with_ = response.status;
  const kube::Result<json::value> status = kube::parse_json(response.body);
  refusal_ = status ? std::string(kube::text_at(*status, {"message"})) : response.body;
  log_.warning("the sandbox was refused a write",
               {{"request", request.method + " " + request.target}, {"answer", refusal_}});
  return false;
}

}  // namespace sluice::sandbox
