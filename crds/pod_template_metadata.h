// Labels and annotations put on a pod template.
#pragma once

#include "crds/pod_template.h"

namespace sluice::crds {

// The template with these labels and annotations of its pods set besides.
PodTemplatePointer with_metadata(const PodTemplate& pod_template, const kube::StringMap& labels,
                                 const kube::StringMap& annotations);

}  // namespace sluice::crds
