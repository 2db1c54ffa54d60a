// What is wrong with an Experiment by itself.
#pragma once

#include <string>

#include "kube/mistake.h"

namespace sluice::crds {

struct Experiment;

// Every mistake of the spec at once. What its analyses lack is told when their templates are looked at.
kube::Mistakes validate_experiment(const Experiment& experiment);

// The message of the condition InvalidSpec.
std::string invalid_experiment_message(const std::string& name, const kube::Mistakes& mistakes);

// The name of the ReplicaSet for one template, and of its Service unless that is given a name.
std::string experiment_object_name(const std::string& experiment, const std::string& template_name);

}  // namespace sluice::crds
