// What is wrong with an Application by itself.
#pragma once

#include "kube/mistake.h"

namespace sluice::crds {

struct Application;

// Every mistake of the spec at once, with paths, and the fields that this version does not act on.
kube::Mistakes validate_application(const Application& application);

}  // namespace sluice::crds
