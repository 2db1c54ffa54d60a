// One step further in a running sync operation.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "crds/application.h"
#include "gitops/assessment.h"
#include "gitops/events.h"
#include "gitops/live_cluster.h"
#include "gitops/operation.h"
#include "gitops/sync_executor.h"
#include "kube/clock.h"

namespace sluice::gitops {

struct OperationProgress {
  std::optional<kube::Time> look_again;  // besides whenever a live object changes
  std::optional<Notice> notice;          // when the operation has ended
};

class OperationRun {
 public:
  // Everything outlives it.
  OperationRun(kube::Clock& clock, LiveCluster& live, SyncExecutor& executor)
      : clock_(clock), live_(live), executor_(executor) {}

  // Goes on as far as possible without waiting, and writes down how far that is in status.operation_state and, when the
  // operation has succeeded, in status.history. `instance` must be current in the live cluster.
  net::awaitable<OperationProgress> advance(const crds::Application& application, std::string instance,
                                            const Assessment& assessment, crds::ApplicationStatus& status);

 private:
  struct Attempt;
  net::awaitable<OperationProgress> carry_out(Attempt& attempt);
  net::awaitable<bool> prepare(Attempt& attempt, OperationProgress& result);
  net::awaitable<void> finish(Attempt& attempt, SyncStep step, OperationProgress& result);
  net::awaitable<void> take_steps(Attempt& attempt, OperationProgress& result);
  void judge_running(Attempt& attempt) const;
  void end(Attempt& attempt, SyncOutcome outcome, std::string message, bool may_retry, OperationProgress& result);
  void wait_for_the_world(Attempt& attempt, const kube::Error& error, OperationProgress& result);

  kube::Clock& clock_;
  LiveCluster& live_;
  SyncExecutor& executor_;
};

}  // namespace sluice::gitops
