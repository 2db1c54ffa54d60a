// Eviction: the deletion of a pod, unless a disruption budget needs it.
#pragma once

#include "kube/transport.h"
#include "sandbox/api_state.h"
#include "sandbox/refusal.h"
#include "sandbox/request.h"

namespace sluice::sandbox {

// POST of <pod>/eviction.
Outcome<kube::ApiResponse> serve_eviction(ApiState& state, const Request& request);

}  // namespace sluice::sandbox
