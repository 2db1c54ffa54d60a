// Questions about who one is and what one may do. In the sandbox everybody who is known may do everything.
#pragma once

#include "kube/transport.h"
#include "sandbox/refusal.h"
#include "sandbox/request.h"

namespace sluice::sandbox {

// The answer to a POST of a review kind: the object itself, with its status.
Outcome<kube::ApiResponse> serve_review(const Request& request);

}  // namespace sluice::sandbox
