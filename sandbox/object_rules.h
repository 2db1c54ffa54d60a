// What the server does to an object between reading it and storing it: defaults, pruning, validation, managed fields.
#pragma once

#include <boost/json/fwd.hpp>

#include "sandbox/api_state.h"
#include "sandbox/refusal.h"
#include "sandbox/writes.h"

namespace sluice::sandbox {

// Completes and checks an object that is about to be created.
Outcome<> prepare_new(ApiState& state, const Kind& kind, json::value& object, const WriteTerms& terms);
// The same for one that is about to replace `before`.
Outcome<> prepare_changed(ApiState& state, const Kind& kind, const json::value& before, json::value& object,
                          const WriteTerms& terms);

}  // namespace sluice::sandbox
