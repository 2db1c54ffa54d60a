// Gives Services back that no Rollout uses any more: the hash goes from their selector, and the mark of the Rollout.
#pragma once

#include <map>
#include <set>
#include <string>

#include "controller/stores.h"
#include "kube/client.h"
#include "kube/clock.h"
#include "kube/log.h"
#include "kube/work_queue.h"

namespace sluice::controller {

// A Service is given back when the Rollout that marked it is gone or does not name it any more. One that was never
// marked is given back only when the Rollout that left it had a set with the hash that it selects. All references
// outlive the object, and it outlives its task.
class ServiceRelease {
 public:
  ServiceRelease(kube::Client& client, Stores& stores, kube::Clock& clock, const kube::Log& log);
  void start(kube::Tasks& tasks);

 private:
  void leave(const crds::Rollout& before, const crds::Rollout* after);
  kube::net::awaitable<void> work();
  kube::net::awaitable<kube::Result<>> look_at(kube::ObjectKey key);
  kube::net::awaitable<kube::Result<bool>> is_named_by(kube::ObjectKey rollout, std::string service);

  kube::Client& client_;
  Stores& stores_;
  const kube::Log& log_;
  kube::WorkQueue queue_;
  std::map<kube::ObjectKey, std::set<std::string>> left_;  // Services, and hashes of the Rollout that left them
};

}  // namespace sluice::controller
