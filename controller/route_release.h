// Gives routes back that no Rollout uses any more: all requests go to the stable side, and the Rollout's own header and
// mirror routes go.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "controller/stores.h"
#include "kube/client.h"
#include "kube/clock.h"
#include "kube/events.h"
#include "kube/log.h"
#include "kube/work_queue.h"
#include "traffic/route.h"

namespace sluice::controller {

// A route is given back when the Rollout that named it is gone, or follows a spec that does not name it any more. What
// was left while no process led stays as it is. All references outlive the object, and it outlives its task.
class RouteRelease {
 public:
  RouteRelease(kube::Client& client, Stores& stores, kube::EventRecorder& events, kube::Clock& clock,
               const kube::Log& log);
  void start(kube::Tasks& tasks);

 private:
  struct Left {
    traffic::RoutePointer route;  // as the former spec has it
    kube::ObjectReference rollout;
    std::string stable_service;
    std::string canary_service;
    int max_weight = 100;
    std::string told;  // the newest reason why it is not given back yet, as an Event tells it
  };
  enum class Outcome { done, waits };

  void leave(const crds::Rollout& before, const crds::Rollout* after);
  kube::net::awaitable<void> work();
  kube::net::awaitable<kube::Result<Outcome>> look_at(kube::ObjectKey name);
  // Some Rollout names the route and divides between the same Services.
  bool is_named(const Left& left) const;
  // Why the stable side cannot take all requests yet; "" when it can.
  std::string missing_capacity(const Left& left) const;
  int published(const std::string& ns, const std::string& service) const;

  kube::Client& client_;
  Stores& stores_;
  kube::EventRecorder& events_;
  const kube::Log& log_;
  kube::Clock& clock_;
  kube::WorkQueue queue_;
  std::map<kube::ObjectKey, Left> left_;  // by "<kind>/<name>"
  bool is_started_ = false;
};

}  // namespace sluice::controller
