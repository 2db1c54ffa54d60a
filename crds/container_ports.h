// The ports of a pod template's containers as the ports of a Service that leads to them.
#pragma once

#include <vector>

#include "crds/pod_template.h"
#include "crds/workloads.h"

namespace sluice::crds {

// One for each port number and protocol, in the order of the containers; port and targetPort are the container's. When
// there are several, each has a name, as a Service needs it: the container port's own, else "tcp-8080". Empty when no
// container declares a port.
std::vector<ServicePort> container_ports(const PodTemplate& pod_template);

}  // namespace sluice::crds
