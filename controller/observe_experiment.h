// Gathers from the stores what a decision about one Experiment rests on.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "controller/experiment.h"
#include "controller/references.h"
#include "controller/stores.h"

namespace sluice::controller {

// Everything but what the API server has refused.
ExperimentObservation observe_experiment(const Stores& stores, std::shared_ptr<const crds::Experiment> experiment,
                                         std::string instance_id);

// The objects whose change concerns this Experiment, whoever controls them.
std::vector<References::Name> names_of(const Stores& stores, const crds::Experiment& experiment);

// The Services that a Rollout's routes may send requests to besides its own two, as its status tells: a Service is
// noted there before it gets into a route, and until it was seen to be out of all of them.
std::vector<std::string> additional_services(const crds::Rollout& rollout);

}  // namespace sluice::controller
