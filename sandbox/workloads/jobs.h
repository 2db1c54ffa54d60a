// Jobs run pods until enough of them have succeeded or too many have failed.
#pragma once

#include <memory>

#include "sandbox/workloads/behaviour.h"
#include "sandbox/workloads/world.h"

namespace sluice::sandbox {

// `world` outlives it. Failed pods that somebody deletes stay counted; pods that somebody deletes while they run are
// replaced and not counted.
std::unique_ptr<Behaviour> make_jobs(World& world);

}  // namespace sluice::sandbox
