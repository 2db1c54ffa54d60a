// Reading: one object, or a consistent page of many.
#pragma once

#include "kube/transport.h"
#include "sandbox/api_state.h"
#include "sandbox/refusal.h"
#include "sandbox/request.h"

namespace sluice::sandbox {

Outcome<kube::ApiResponse> get_object(ApiState& state, const Request& request);
// limit and continue, selectors, resourceVersion and resourceVersionMatch are obeyed.
Outcome<kube::ApiResponse> list_objects(ApiState& state, const Request& request);

// The refusal of a version that is newer than anything committed; nothing for one that can be served.
Outcome<> check_not_future(const ApiState& state, std::string_view version);

}  // namespace sluice::sandbox
