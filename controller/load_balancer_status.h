// status.alb and status.albs: which load balancers and target groups stand behind the Ingresses of a Rollout.
#pragma once

#include "controller/draft.h"

namespace sluice::controller {

// As the load balancers' API told it; what was told before stays while there is no answer. Nothing where no load
// balancer is asked. A Rollout without Ingresses keeps what its status says.
void record_load_balancers(Draft& draft);

}  // namespace sluice::controller
