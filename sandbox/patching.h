// PATCH: what the four kinds of patches make of an object.
#pragma once

#include <boost/json/value.hpp>

#include "sandbox/api_state.h"
#include "sandbox/refusal.h"
#include "sandbox/request.h"

namespace sluice::sandbox {

// The object after the patch of the request's body; 415 for a content type that is no patch.
Outcome<json::value> patched(const Request& request, const json::value& before);

// The configuration of a server-side apply, checked as far as it can be without the object.
Outcome<json::value> configuration_in_body(const Request& request);

}  // namespace sluice::sandbox
