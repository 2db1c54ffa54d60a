// The pods of a Rollout as the API server has them, which no store keeps.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "controller/observation.h"
#include "kube/client.h"
#include "kube/result.h"

namespace sluice::controller {

// Fills seen.pods by the Rollout's selector, as a decision wants them when needs_pods() says so. `seen` outlives the
// call.
kube::net::awaitable<kube::Result<>> read_pods(kube::Client& client, RolloutObservation& seen);

}  // namespace sluice::controller
