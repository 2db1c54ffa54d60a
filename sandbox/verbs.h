// The verbs on resources: which function answers a request about a kind.
#pragma once

#include "sandbox/api_state.h"
#include "sandbox/refusal.h"
#include "sandbox/request.h"

namespace sluice::sandbox {

// Answers any request about objects of a served kind except a watch.
Outcome<kube::ApiResponse> serve_resource(ApiState& state, const Request& request);

// True when the request asks to watch.
bool is_watch(const Request& request);

}  // namespace sluice::sandbox
