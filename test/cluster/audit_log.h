// What the API server says that it was asked, by whom, and what it answered.
#pragma once

#include <string>
#include <vector>

#include "kube/time.h"
#include "test/cluster/world.h"

namespace sluice::cluster_test {

struct AuditEvent {
  kube::Time received;
  std::string user;
  std::string credential;  // id of the token
  std::string verb;        // get, list, watch, create, update, patch, delete
  std::string resource;    // "rollouts/status"
  std::string group;
  std::string ns;
  std::string name;
  std::string uri;
  std::string user_agent;
  std::int64_t code = 0;  // HTTP status
  bool is_write() const { return verb != "get" && verb != "list" && verb != "watch"; }
  std::string text() const;  // for messages
};

// Requests of one user that have been answered, in the order in which they came in. A watch counts once, when it began.
std::vector<AuditEvent> audited(World& w, const std::string& user);

inline const std::string controller_user = "system:serviceaccount:sluice:sluice";

}  // namespace sluice::cluster_test
