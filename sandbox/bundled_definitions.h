// The definitions that the sandbox brings along: Sluice's own custom resources.
#pragma once

#include "sandbox/api_state.h"

namespace sluice::sandbox {

// Stores the definitions and serves their kinds. They are read once per process.
void install_bundled_definitions(ApiState& state);

}  // namespace sluice::sandbox
