// EndpointSlices follow the pods that Services select.
#pragma once

#include <memory>

#include "sandbox/workloads/behaviour.h"
#include "sandbox/workloads/world.h"

namespace sluice::sandbox {

// `world` outlives it. A Service without a selector is left alone.
std::unique_ptr<Behaviour> make_endpoint_slices(World& world);

}  // namespace sluice::sandbox
