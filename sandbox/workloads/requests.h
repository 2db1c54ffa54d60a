// Writes of the behaviours, made as ordinary requests to the sandbox's API.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <boost/json/fwd.hpp>

#include "kube/log.h"
#include "sandbox/api.h"

namespace sluice::sandbox {

// Each answers whether the write was committed or is not needed any more. A refusal is logged with the server's
// message; a patch that changes nothing is logged for debugging, because whoever sent it should have known.
class Requests {
 public:
  // `user` is the name in managedFields, such as "kube-controller-manager". `api` and `log` outlive it.
  Requests(Api& api, const kube::Log& log, std::string user) : api_(api), log_(log), user_(std::move(user)) {}

  // False also when an object of that name exists.
  bool create(const kube::Resource& resource, std::string_view ns, const json::object& body);
  // Merge patches. An object that is gone is not a failure.
  bool patch(const kube::Resource& resource, const kube::ObjectKey& key, const json::object& body);
  // Replaces the members of `status` that are named and removes those that are null.
  bool patch_status(const kube::Resource& resource, const kube::ObjectKey& key, json::object status);
  // Only when the object still has this uid. `policy` is "", "Background", "Foreground" or "Orphan".
  bool remove(const kube::Resource& resource, const kube::ObjectKey& key, std::string_view uid,
              std::string_view policy = {}, std::optional<int> grace_seconds = {});

  // The answer to the last create that failed: the HTTP status and the server's message.
  unsigned refused_with() const { return refused_with_; }
  const std::string& refusal() const { return refusal_; }

 private:
  bool send_patch(std::string target, const json::object& body);
  bool judge(const kube::ApiRequest& request, const kube::ApiResponse& response);

  Api& api_;
  const kube::Log& log_;
  std::string user_;
  unsigned refused_with_ = 0;
  std::string refusal_;
};

}  // namespace sluice::sandbox
