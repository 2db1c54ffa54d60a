// CustomResourceDefinitions: what they register, and what the server writes into them.
#pragma once

#include <vector>

#include <boost/json/fwd.hpp>

#include "sandbox/api_state.h"
#include "sandbox/kinds.h"
#include "sandbox/refusal.h"

namespace sluice::sandbox {

// The kinds of all served versions. Versions of an equal schema text share one description of it.
std::vector<Kind> kinds_of(const json::value& definition);

// Names that were left out, and the conversion that was not asked for.
void complete_definition(json::object& definition);
// The conditions and names by which clients see that a definition is in force.
void accept_definition(const ApiState& state, json::object& definition);
std::vector<Cause> check_definition(const json::value& definition);

// From now on kinds follow the definitions in the store, and objects go with the definition of their kind.
void keep_definitions(ApiState& state);

}  // namespace sluice::sandbox
