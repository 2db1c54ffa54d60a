// The scale subresource: how many, whatever the kind.
#pragma once

#include "kube/transport.h"
#include "sandbox/api_state.h"
#include "sandbox/refusal.h"
#include "sandbox/request.h"

namespace sluice::sandbox {

// GET, PUT and PATCH of <object>/scale.
Outcome<kube::ApiResponse> serve_scale(ApiState& state, const Request& request);

}  // namespace sluice::sandbox
