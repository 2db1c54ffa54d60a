// The loop of the Experiments: whatever changes in the stores leads to those concerned; each is observed, decided
// about, and the decision is applied.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "controller/apply.h"
#include "controller/experiment.h"
#include "controller/metrics_page.h"
#include "controller/own_writes.h"
#include "controller/reconcile_record.h"
#include "controller/references.h"
#include "controller/stores.h"
#include "kube/clock.h"
#include "kube/tasks.h"
#include "kube/work_queue.h"

namespace sluice::controller {

struct ExperimentControllerOptions {
  std::string instance_id;
  int workers = 4;  // Experiments whose writes are under way at the same time
};

// All references outlive the controller, and it outlives its tasks.
class ExperimentController {
 public:
  ExperimentController(kube::Client& client, Stores& stores, kube::EventRecorder& events, kube::Clock& clock,
                       const kube::Log& log, ExperimentControllerOptions options);

  // Starts the workers. Before it, changes are only noted; call it when this process leads and the stores are synced.
  void start(kube::Tasks& tasks);

  // Why an Experiment stands where it stands, as its last decision said; empty when it has ended or is unknown.
  std::vector<Reason> reasons_of(const kube::ObjectKey& experiment) const;
  void add_metrics(MetricFamilies& families) const;

 private:
  struct Refusal {
    RefusedCreation what;
    int attempts = 0;
  };
  // What is remembered of one Experiment between two decisions. Losing it costs a needless request, nothing else.
  struct Memory {
    ReconcileRecord record;
    std::vector<Refusal> refused;
  };
  using ExperimentPointer = std::shared_ptr<const crds::Experiment>;

  void watch_stores();
  void look_at_all(References::Name name);
  void look_at_owner(const kube::ObjectMeta& meta);
  kube::net::awaitable<void> work();
  kube::net::awaitable<void> reconcile(kube::ObjectKey key);
  kube::net::awaitable<kube::Result<>> decide_and_apply(ExperimentPointer experiment);
  kube::net::awaitable<kube::Result<>> find_missing_runs(ExperimentObservation& seen);
  kube::net::awaitable<kube::Result<>> write_status(ExperimentPointer experiment, crds::ExperimentStatus status,
                                                    Applied& applied);
  kube::net::awaitable<bool> note_refusal(ExperimentPointer experiment, const Applied& applied);
  void tell(const ExperimentPointer& experiment, const ExperimentDecision& decision);

  kube::Client& client_;
  Stores& stores_;
  kube::EventRecorder& events_;
  kube::Clock& clock_;
  const kube::Log& log_;
  ExperimentControllerOptions options_;
  kube::WorkQueue queue_;
  OwnWrites own_writes_;
  References references_;
  std::unordered_map<kube::ObjectKey, Memory, kube::ObjectKeyHash> memory_;
};

}  // namespace sluice::controller
