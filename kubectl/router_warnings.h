// Warns of routers that nobody can watch: what they do is assumed some time after it was written.
#pragma once

#include <vector>

#include "kubectl/findings.h"

namespace sluice::kubectl {

// One for each router of each Rollout among the manifests that does not tell by itself what is in force.
std::vector<Finding> warn_of_silent_routers(const std::vector<boost::json::value>& manifests);

}  // namespace sluice::kubectl
