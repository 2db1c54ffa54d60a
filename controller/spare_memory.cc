// Waiting for quiet.
#include "controller/spare_memory.h"

#include <malloc.h>

namespace sluice::controller {
namespace {

constexpr kube::Duration quiet = std::chrono::seconds(10);

}  // namespace

void SpareMemory::note_activity() {
  was_active_ = true;
  if (waits_) return;
  waits_ = true;
  tasks_.start("giving memory back", give_back_when_quiet());
}

kube::net::awaitable<void> SpareMemory::give_back_when_quiet() {
  while (was_active_) {
    was_active_ = false;
    co_await clock_.sleep_for(quiet);
  }
  ::malloc_trim(0);
  waits_ = false;
}

}  // namespace sluice::controller
