// Gives memory that is free back to the system once nothing happens any more, so that what a list or a wave of updates
// needed is not counted against the process for ever.
#pragma once

#include "kube/clock.h"
#include "kube/tasks.h"

namespace sluice::controller {

// While nothing happens no timer runs. `clock` and `tasks` outlive it, and it outlives the tasks.
class SpareMemory {
 public:
  SpareMemory(kube::Clock& clock, kube::Tasks& tasks) : clock_(clock), tasks_(tasks) {}
  // Something happened. The memory is given back when this has not been called for ten seconds.
  void note_activity();

 private:
  kube::net::awaitable<void> give_back_when_quiet();

  kube::Clock& clock_;
  kube::Tasks& tasks_;
  bool waits_ = false;
  bool was_active_ = false;
};

}  // namespace sluice::controller
