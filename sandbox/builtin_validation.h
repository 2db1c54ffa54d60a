// What makes an object of a built-in kind invalid.
#pragma once

#include <vector>

#include <boost/json/fwd.hpp>

#include "sandbox/kinds.h"
#include "sandbox/refusal.h"

namespace sluice::sandbox {

// `before` is the object that is replaced, nullptr for a new one.
std::vector<Cause> check_builtin(const Kind& kind, const json::value& object, const json::value* before);

// Mistakes of a pod's specification that stands at `path` ("spec.template.spec"). (sandbox/pod_validation.cc)
void check_pod_spec(const json::value& spec, const std::string& path, std::vector<Cause>& causes);

}  // namespace sluice::sandbox
