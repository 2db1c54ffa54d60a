// The status of a Deployment: counts and the conditions Available and Progressing.
#pragma once

#include <optional>
#include <string>

#include <boost/json/fwd.hpp>

#include "kube/time.h"

namespace sluice::sandbox {

namespace json = boost::json;

struct DeploymentCounts {
  std::int64_t wanted = 0;    // spec.replicas
  std::int64_t replicas = 0;  // of all sets
  std::int64_t updated = 0;   // of the newest
  std::int64_t ready = 0;
  std::int64_t available = 0;
  std::int64_t max_unavailable = 0;
  std::string newest;  // name of the newest set; "" when there is none
};

// The members of status that have to change; null removes one. Empty when the status is right.
json::object status_changes(const json::value& deployment, const DeploymentCounts& counts, kube::Time now);

// When the update is given up (condition Progressing False); nullopt when it is over or has no deadline.
std::optional<kube::Time> progress_deadline(const json::value& deployment);

}  // namespace sluice::sandbox
