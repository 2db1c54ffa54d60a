// Carrying out the tasks of a sync.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "gitops/apply.h"
#include "gitops/assessment.h"
#include "gitops/live_cluster.h"
#include "gitops/served_kinds.h"
#include "gitops/sync_plan.h"
#include "kube/client.h"

namespace sluice::gitops {

// One sync of one application. Everything it refers to outlives the calls.
struct SyncWork {
  std::string instance;
  std::string run;  // names this attempt, so that a hook that it made is known again
  const SyncPlan& plan;
  const Assessment& assessment;
};

class SyncExecutor {
 public:
  SyncExecutor(kube::Client& client, ServedKinds& kinds, LiveCluster& live)
      : client_(client), kinds_(kinds), live_(live) {}

  // Makes the namespace of the destination if the options ask for it and it is not there.
  net::awaitable<kube::Result<>> ensure_namespace(std::string name);

  // Lets the server check every object that is to be written. Refusals become failed tasks in `progress`. The error is
  // a fault of the world, and says nothing about any object.
  net::awaitable<kube::Result<>> dry_run(SyncWork work, std::vector<TaskProgress>& progress);

  // Runs tasks in this order. A refusal becomes a failed task; nothing is pruned after one. The error is a fault of the
  // world: the tasks that were not reached stay pending.
  net::awaitable<kube::Result<>> run(SyncWork work, std::vector<std::size_t> tasks,
                                     std::vector<TaskProgress>& progress);

  // Deletes the hooks that are running, because the sync is given up.
  net::awaitable<kube::Result<>> stop_hooks(SyncWork work, std::vector<TaskProgress> progress);

  // Deletes the hooks whose policy says so after this outcome.
  net::awaitable<kube::Result<>> clean_up_hooks(SyncWork work, SyncOutcome outcome);

 private:
  ApplyRequest request_for(const SyncTask& task, const SyncWork& work, const kube::Resource& resource) const;
  net::awaitable<kube::Result<>> apply_task(const SyncTask& task, const SyncWork& work, TaskProgress& progress);
  net::awaitable<kube::Result<>> prune_task(const SyncTask& task, const SyncWork& work, TaskProgress& progress);
  net::awaitable<kube::Result<>> run_hook(const SyncTask& task, const SyncWork& work, TaskProgress& progress);
  net::awaitable<kube::Result<>> remove(const SyncTask& task, const SyncWork& work, PruneOrder propagation);

  kube::Client& client_;
  ServedKinds& kinds_;
  LiveCluster& live_;
};

}  // namespace sluice::gitops
