// The checks that every object passes on its way into the store, in their order.
#pragma once

#include <boost/json/fwd.hpp>

#include "sandbox/refusal.h"
#include "sandbox/writes.h"

namespace sluice::sandbox {

// Completes what a client has written and leaves warnings where the terms say.
Outcome<> complete_written(const Kind& kind, json::value& object, const WriteTerms& terms);
// Tidies what is about to be stored and refuses it with all its mistakes. `before` is what it replaces, or nullptr.
Outcome<> check_object(const Kind& kind, json::value& object, const json::value* before);

}  // namespace sluice::sandbox
