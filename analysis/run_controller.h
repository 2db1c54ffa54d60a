// The shell around assess(): watches AnalysisRuns, measures what is due, writes what was decided.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include <boost/asio/awaitable.hpp>

#include "analysis/assess.h"
#include "analysis/beat.h"
#include "analysis/job_object.h"
#include "analysis/job_provider.h"
#include "analysis/measure.h"
#include "analysis/plan.h"
#include "analysis/providers/table.h"
#include "crds/analysis.h"
#include "crds/workloads.h"
#include "kube/client.h"
#include "kube/clock.h"
#include "kube/events.h"
#include "kube/json.h"
#include "kube/log.h"
#include "kube/store.h"
#include "kube/tasks.h"
#include "kube/work_queue.h"

namespace sluice::analysis {

struct RunControllerOptions {
  std::string ns;                    // "" for all namespaces
  std::string prometheus_address;    // for metrics that name none (ARGO_ROLLOUTS_PROMETHEUS_ADDRESS)
  std::string controller_namespace;  // where the Secrets of providers are
  std::string job_namespace;         // where Jobs run; "" beside their run (ARGO_ROLLOUTS_ANALYSIS_JOB_NAMESPACE)
  FetchLimits fetch;                 // of all that is asked over HTTP
  int workers = 32;                  // runs looked at at the same time; most of them wait for the API server
  int measurements = 500;            // under way at the same time
  int measurements_per_namespace = 50;
  // Ready pods that a Rollout has with this pod template hash, for comparisons; nullopt when there is no such set. May
  // be absent.
  std::function<std::optional<int>(const kube::ObjectKey& rollout, const std::string& hash)> ready_pods;
};

// What has been done so far, for the metrics of the process.
struct RunCounters {
  // Upper bounds, in seconds, of the buckets of analysis_run_reconcile; the last bucket has none.
  static constexpr std::array<double, 5> bounds{0.01, 0.15, 0.25, 0.5, 1};
  std::array<std::uint64_t, 6> passes{};  // by how long they took, not cumulative
  double seconds = 0;                     // of all passes together
  std::uint64_t errors = 0;               // passes that could not do what was decided
  std::uint64_t measurements = 0;         // begun
  std::uint64_t writes = 0;               // of statuses
  // From the moment that a repeated measurement was due to its question; upper bounds in seconds.
  static constexpr std::array<double, 8> late_bounds{0.001, 0.005, 0.02, 0.05, 0.1, 0.25, 1, 10};
  std::array<std::uint64_t, 9> late{};  // not cumulative
  double late_seconds = 0;
};

class AnalysisRunController {
 public:
  // All references outlive the controller and its tasks. `runs` and `jobs` are kept up to date by their owner; `jobs`
  // must hold every Job with the label analysisrun.argoproj.io/uid. `fetch` is how metrics are asked over HTTP.
  AnalysisRunController(kube::Client& client, kube::Clock& clock, const kube::Log& log,
                        kube::Store<crds::AnalysisRun>& runs, kube::Store<crds::Job>& jobs, FetchHttp fetch,
                        kube::EventRecorder& events, RunControllerOptions options);
  AnalysisRunController(const AnalysisRunController&) = delete;
  AnalysisRunController& operator=(const AnalysisRunController&) = delete;

  // Starts the workers and the watch of the measuring pods. `tasks` outlives the controller's tasks.
  void start(kube::Tasks& tasks);

  const RunCounters& counters() const { return counters_; }
  // Runs that are waited for: measured right now, or due at a later time.
  std::size_t active() const { return states_.size(); }
  // How often backends have been asked so far.
  const FetchCounters& fetch_counters() const { return providers_.fetch_counters(); }

 private:
  // What is known of a run beyond the server: outcomes that are not written yet and measurements under way.
  struct State {
    std::string uid;
    RunPlan plan;
    std::vector<Outcome> outcomes;
    struct Operation {
      std::uint64_t number = 0;
      std::optional<kube::Time> due;  // of a measurement that begins; absent when one is looked at again
    };
    std::map<std::string, Operation> under_way;  // by metric
    std::map<std::string, Beat> beats;           // by metric
    std::optional<kube::Time> holding_since;     // a write that may wait is waiting
    std::vector<std::string> under_way_names() const;
    void note(const Outcome& outcome, std::optional<kube::Time> due);
  };
  using RunPointer = kube::Store<crds::AnalysisRun>::Pointer;

  void listen();
  void job_changed(const crds::Job& job);
  net::awaitable<void> work();
  net::awaitable<void> pass(kube::ObjectKey key);
  net::awaitable<bool> reconcile(kube::ObjectKey key);
  State& state_of(const kube::ObjectKey& key, const crds::AnalysisRun& run);
  RunDecision decide(const State& state, const crds::AnalysisRun& run) const;
  bool resumes_by_asking(const kube::ObjectKey& key, std::size_t metric);
  bool begin_one(const kube::ObjectKey& key, const crds::AnalysisRun& run, State& state, MeasurementOrder order,
                 std::optional<kube::Time> due);
  net::awaitable<bool> look_again(kube::ObjectKey key, RunPointer run, RunDecision decision);
  MeasurementTask task_for(const crds::AnalysisRun& run, const crds::Metric& metric, std::int64_t number) const;
  void begin(const kube::ObjectKey& key, const crds::AnalysisRun& run, State& state, const RunDecision& decision);
  net::awaitable<void> run_measurement(kube::ObjectKey key, std::string uid, std::uint64_t operation,
                                       MeasurementOrder order);
  void finish(const kube::ObjectKey& key, const std::string& uid, std::uint64_t operation, Outcome outcome);
  bool take_slot(const kube::ObjectKey& key);
  void free_slot(const std::string& ns);
  void wake_waiting();
  bool may_wait(State& state, const RunDecision& decision, const kube::ObjectKey& key);
  enum class Wrote { yes, no, gone };
  net::awaitable<Wrote> write(kube::ObjectKey key, RunPointer run, kube::json::value difference);
  net::awaitable<void> settle(kube::ObjectKey key, RunPointer run, crds::AnalysisRunStatus status, std::size_t told);
  net::awaitable<void> collect_garbage(kube::ObjectKey key, RunPointer run, crds::AnalysisRunStatus status);
  net::awaitable<bool> remove(kube::ObjectKey key, std::string uid);
  void tell(const crds::AnalysisRun& run, const RunEvent& event);
  void count(kube::Duration taken);
  void count_late(const Beat& beat);

  kube::Client& client_;
  kube::Clock& clock_;
  const kube::Log& log_;
  kube::Store<crds::AnalysisRun>& runs_;
  kube::Store<crds::Job>& jobs_;
  kube::Store<JobPod> pods_;
  RunControllerOptions options_;
  kube::EventRecorder& events_;
  JobProvider job_;
  Providers providers_;
  kube::WorkQueue queue_;
  kube::Tasks* tasks_ = nullptr;
  std::unordered_map<kube::ObjectKey, State, kube::ObjectKeyHash> states_;
  std::unordered_map<std::string, int> slots_;  // measurements under way, by namespace
  int slots_taken_ = 0;
  std::deque<kube::ObjectKey> waiting_;  // runs that found no slot
  std::uint64_t operations_ = 0;
  RunCounters counters_;
};

}  // namespace sluice::analysis
