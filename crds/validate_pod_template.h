// What the API server would refuse in the template of a ReplicaSet, told before one is made.
#pragma once

#include <string>

#include "crds/pod_template.h"
#include "kube/label_selector.h"
#include "kube/mistake.h"

namespace sluice::crds {

// The mistakes that people make most: labels that the selector does not match, containers without a name or an image,
// names used twice, ports, quantities, mounts of volumes that do not exist. What is not looked at here the API server
// refuses when the ReplicaSet is made. `at` is the path of the template; a null template counts as an empty one.
kube::Mistakes validate_pod_template(const PodTemplatePointer& pod_template, const kube::LabelSelector& selector,
                                     const std::string& at);

}  // namespace sluice::crds
