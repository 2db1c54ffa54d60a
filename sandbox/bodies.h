// The objects that requests carry.
#pragma once

#include <boost/json/value.hpp>

#include "sandbox/refusal.h"
#include "sandbox/request.h"

namespace sluice::sandbox {

// The body as an object of the request's kind: JSON or YAML, with apiVersion and kind set.
Outcome<json::value> object_in_body(const Request& request);
// The body as any JSON or YAML value.
Outcome<json::value> value_in_body(const Request& request);

}  // namespace sluice::sandbox
