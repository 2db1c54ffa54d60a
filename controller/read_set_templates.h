// Pod templates as the API server has them, which no store keeps.
#pragma once

#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "controller/observation.h"
#include "kube/client.h"
#include "kube/result.h"

namespace sluice::controller {

// Fills seen.set_templates for these ReplicaSets in the Rollout's namespace, as Decision.wants_templates_of names them;
// the decision is then taken again. `seen` outlives the call. Fault::not_found when one has gone.
kube::net::awaitable<kube::Result<>> read_set_templates(kube::Client& client, RolloutObservation& seen,
                                                        std::vector<std::string> sets);

}  // namespace sluice::controller
