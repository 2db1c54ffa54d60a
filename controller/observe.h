// Gathers from the stores what a decision about one Rollout rests on.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "controller/observation.h"
#include "controller/references.h"
#include "controller/stores.h"

namespace sluice::controller {

// Everything but the pods, which are not in a store.
RolloutObservation observe(const Stores& stores, std::shared_ptr<const crds::Rollout> rollout, DecideOptions options);

// The kinds of routing objects that this Rollout names.
std::set<std::string> route_kinds_of(const Stores& stores, const crds::Rollout& rollout);

// The objects whose change concerns this Rollout: its Services, those of its Experiments, routes and templates,
// nested ones included.
std::vector<References::Name> names_of(const Stores& stores, const crds::Rollout& rollout);

}  // namespace sluice::controller
