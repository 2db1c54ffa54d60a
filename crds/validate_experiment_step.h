// What is wrong with the experiment step of a canary by itself.
#pragma once

#include <cstdint>
#include <string>

#include "crds/canary_step.h"
#include "crds/pod_template.h"
#include "kube/mistake.h"

namespace sluice::crds {

// `at` is the path of the step's experiment. `canary_template` is that of the Rollout, null when it is unknown.
// `canary_weight` is the share of the canary at this step, of `max_weight`.
kube::Mistakes validate_experiment_step(const ExperimentStep& step, const std::string& at,
                                        const PodTemplatePointer& canary_template, std::int32_t canary_weight,
                                        std::int32_t max_weight);

}  // namespace sluice::crds
