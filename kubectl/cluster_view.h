// What the controller would see of one Rollout now, read from the cluster into the stores that it uses.
#pragma once

#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "controller/decision.h"
#include "controller/observation.h"
#include "kube/client.h"
#include "kube/clock.h"
#include "kube/result.h"

namespace sluice::kubectl {

struct SeenByController {
  controller::RolloutObservation seen;
  controller::Decision decision;    // what would be decided of it now; nothing of it is carried out
  std::vector<std::string> unread;  // kinds that could not be read in time, so that the decision knows none of them
};

// Reads the kinds that decisions rest on, in the Rollout's namespace. Fault::not_found names the Rollout.
kube::net::awaitable<kube::Result<SeenByController>> see_as_controller(kube::Client& client, kube::Clock& clock,
                                                                       kube::ObjectKey rollout);

}  // namespace sluice::kubectl
