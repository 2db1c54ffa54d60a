// The loop of the Rollouts: whatever changes in the stores leads to the Rollouts concerned; each is observed, decided
// about, and the decision is applied.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "controller/apply.h"
#include "controller/decide.h"
#include "controller/metrics_page.h"
#include "controller/own_writes.h"
#include "controller/reconcile_record.h"
#include "controller/references.h"
#include "controller/route_release.h"
#include "controller/service_release.h"
#include "controller/stores.h"
#include "controller/update_durations.h"
#include "kube/clock.h"
#include "kube/tasks.h"
#include "kube/work_queue.h"

namespace sluice::controller {

struct RolloutControllerOptions {
  DecideOptions decide;
  int workers = 10;  // Rollouts whose writes are under way at the same time
};

// All references outlive the controller, and it outlives its tasks.
class RolloutController {
 public:
  RolloutController(kube::Client& client, Stores& stores, kube::EventRecorder& events, kube::Clock& clock,
                    const kube::Log& log, RolloutControllerOptions options);

  // Starts the workers. Before it, changes are only noted; call it when this process leads and the stores are synced.
  void start(kube::Tasks& tasks);

  // Why a Rollout stands where it stands, as its last decision said; empty when it is settled or unknown.
  std::vector<Reason> reasons_of(const kube::ObjectKey& rollout) const;
  void add_metrics(MetricFamilies& families) const;

 private:
  // What is remembered of one Rollout between two decisions. Losing it costs a needless look, nothing else.
  struct Memory {
    ReconcileRecord record;
    std::optional<kube::Time> status_since;  // first decision that asked for a status which may wait
    // The spec that was followed before the present one, which is wrong; null when the present one is followed.
    std::shared_ptr<const crds::RolloutSpec> last_valid;
    bool is_followed = false;  // the last decision found nothing wrong with the spec
    int conflicts = 0;         // in a row: decisions that ended because somebody else was first
  };

  void watch_stores();
  void look_at_all(References::Name name);
  void tell_of_deletion(const kube::ObjectKey& key);
  kube::net::awaitable<void> work();
  kube::net::awaitable<void> reconcile(kube::ObjectKey key);
  kube::net::awaitable<kube::Result<>> decide_and_apply(std::shared_ptr<const crds::Rollout> rollout);
  void tell_of_empty_workload(const crds::Rollout& gone);
  void remember_spec(const kube::ObjectKey& key, const crds::Rollout& before);
  RolloutObservation observe_last_valid(const crds::Rollout& rollout, kube::Mistakes mistakes);
  kube::net::awaitable<void> tell_failed_creation(std::shared_ptr<const crds::Rollout> rollout, RolloutObservation seen,
                                                  std::string set, std::string error);
  kube::net::awaitable<void> count_collision(std::shared_ptr<const crds::Rollout> rollout, RolloutObservation seen,
                                             std::string set);
  bool status_is_due(const kube::ObjectKey& key, const Decision& decision);

  kube::Client& client_;
  Stores& stores_;
  kube::EventRecorder& events_;
  kube::Clock& clock_;
  const kube::Log& log_;
  RolloutControllerOptions options_;
  kube::WorkQueue queue_;
  OwnWrites own_writes_;
  References references_;
  ServiceRelease services_;
  RouteRelease routes_;
  UpdateDurations durations_;
  std::unordered_map<kube::ObjectKey, Memory, kube::ObjectKeyHash> memory_;
  bool is_started_ = false;
  std::map<kube::ObjectKey, std::string> deleted_;  // uids, until that is told
};

}  // namespace sluice::controller
