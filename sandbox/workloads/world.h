// What every behaviour stands on.
#pragma once

#include "kube/clock.h"
#include "sandbox/api.h"
#include "sandbox/workloads/agenda.h"
#include "sandbox/workloads/index.h"
#include "sandbox/workloads/options.h"
#include "sandbox/workloads/requests.h"

namespace sluice::sandbox {

// All of it outlives the behaviours.
struct World {
  Api& api;
  kube::Clock& clock;
  Agenda& agenda;
  const Index& index;
  const WorkloadOptions& options;
  const kube::Log& log;

  kube::Time now() const { return clock.now(); }
};

}  // namespace sluice::sandbox
