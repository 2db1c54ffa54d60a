// Why one Rollout stands where it stands: what its controller sees and would decide, put into an explanation.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "kube/client.h"
#include "kube/clock.h"
#include "kube/result.h"
#include "view/explanation.h"

namespace sluice::kubectl {

// Reads what decisions rest on, and the pods; writes nothing. Fault::not_found names the Rollout.
kube::net::awaitable<kube::Result<view::Explanation>> explain_rollout(kube::Client& client, kube::Clock& clock,
                                                                      kube::ObjectKey rollout);

}  // namespace sluice::kubectl
