// What the server itself writes into an object after its defaults: addresses, selectors, first states.
#pragma once

#include <boost/json/fwd.hpp>

#include "sandbox/api_state.h"
#include "sandbox/refusal.h"

namespace sluice::sandbox {

// For an object that is about to be created; it has its uid. Refused when what it relies on is missing.
Outcome<> prepare_creation(ApiState& state, const Kind& kind, json::value& object);
// For one that is about to replace `before`.
void prepare_change(ApiState& state, const Kind& kind, const json::value& before, json::value& object);

// Addresses and ports of Services. (sandbox/service_addresses.cc)
void give_addresses(ApiState& state, const json::value* before, json::value& service);

}  // namespace sluice::sandbox
