// What namespaces bring with them and take with them.
#pragma once

#include "sandbox/api_state.h"

namespace sluice::sandbox {

// Creates the namespaces that every cluster has, and from then on: gives each new namespace its default
// ServiceAccount, empties one that is being deleted, and removes it when nothing is left in it.
void keep_namespaces(ApiState& state);

}  // namespace sluice::sandbox
