// Collects what nobody owns any more, and finishes deletions that wait for dependents.
#pragma once

#include <memory>

#include "sandbox/workloads/behaviour.h"
#include "sandbox/workloads/world.h"

namespace sluice::sandbox {

// `world` outlives it. Owners are known by uid: one that is gone, or that lives in another namespace, is absent, also
// when an object of its name exists. Deletions in the foreground wait by the finalizer `foregroundDeletion`, deletions
// that orphan by `orphan`; the API sets both.
std::unique_ptr<Behaviour> make_collector(World& world);

}  // namespace sluice::sandbox
