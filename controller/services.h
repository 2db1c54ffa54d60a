// The Services of a Rollout: which set each one selects, and moving them.
#pragma once

#include <optional>
#include <string>

#include "controller/draft.h"

namespace sluice::controller {

// nullptr for the name "" and for a Service that does not exist.
const ObservedService* find_service(const Draft& draft, const std::string& name);
// The pod-template-hash that the Service selects; "" when it selects by other labels only, or does not exist.
std::string selected_hash(const ObservedService* service);
bool is_managed(const ObservedService* service);
// Ready pods of the set that the Service sends to: what its EndpointSlices publish where that is known, else the
// available pods; 0 when the Service does not select the set.
int reachable_pods(const ObservedService* service, const ReplicaSetPointer& set);

// Writes the selector, and the managed-by annotation when it is absent. Nothing when both are there already.
void switch_service(Draft& draft, const ObservedService& service, const std::string& hash);

}  // namespace sluice::controller
