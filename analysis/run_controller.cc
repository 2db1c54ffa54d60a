// The shell around assess(): watches AnalysisRuns, measures what is due, writes what was decided.
#include "analysis/run_controller.h"

#include <algorithm>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "analysis/phase.h"
#include "crds/decode.h"
#include "kube/patch.h"
#include "kube/reflector.h"

namespace sluice::analysis {
namespace {

namespace json = kube::json;
using kube::Fault;
using kube::ObjectKey;
using kube::Result;

// A write that carries no verdict waits this long for measurements that are under way, so that they go in one write.
constexpr kube::Duration write_hold = std::chrono::milliseconds{200};
// An unfinished Job is looked at again after this even if no event came; a Job that vanished during an outage is found.
constexpr kube::Duration job_recheck = std::chrono::seconds{60};

bool needs_attention(const crds::AnalysisRun* run) {
  return !run || !is_completed(phase_of(run->status.phase)) || run->spec->ttl_strategy;
}

ProviderSettings provider_settings(FetchHttp wire, const RunControllerOptions& options) {
  ProviderSettings settings;
  settings.wire = std::move(wire);
  settings.limits = options.fetch;
  settings.controller_namespace = options.controller_namespace;
  settings.prometheus_address = options.prometheus_address;
  return settings;
}

json::value status_patch(const std::string& uid, json::value status) {
  return json::object{{"metadata", json::object{{"uid", uid}}}, {"status", std::move(status)}};
}

}  // namespace

std::vector<std::string> AnalysisRunController::State::under_way_names() const {
  std::vector<std::string> names;
  for (const auto& [metric, operation] : under_way) names.push_back(metric);
  return names;
}

// Keeps the exact moments of a measurement that began when it was `due` and has ended.
void AnalysisRunController::State::note(const Outcome& outcome, std::optional<kube::Time> due) {
  const crds::Measurement& measurement = outcome.measurement;
  if (due && measurement.started_at && measurement.finished_at)
    beats[outcome.metric] = {*due, *measurement.started_at, *measurement.finished_at};
  else
    beats.erase(outcome.metric);
}

AnalysisRunController::AnalysisRunController(kube::Client& client, kube::Clock& clock, const kube::Log& log,
                                             kube::Store<crds::AnalysisRun>& runs, kube::Store<crds::Job>& jobs,
                                             FetchHttp fetch, kube::EventRecorder& events, RunControllerOptions options)
    : client_(client),
      clock_(clock),
      log_(log),
      runs_(runs),
      jobs_(jobs),
      pods_(decode_job_pod),
      options_(std::move(options)),
      events_(events),
      job_(client, jobs, pods_, clock, log, options_.job_namespace),
      providers_(client, clock, provider_settings(std::move(fetch), options_), job_),
      queue_(clock) {
  listen();
}

void AnalysisRunController::listen() {
  runs_.listen([this](const ObjectKey& key, const crds::AnalysisRun*, const crds::AnalysisRun* after) {
    if (needs_attention(after) || states_.contains(key)) queue_.add(key);
  });
  jobs_.listen([this](const ObjectKey&, const crds::Job* before, const crds::Job* after) {
    if (!after || job_verdict(*after)) job_changed(after ? *after : *before);
  });
  pods_.listen([this](const ObjectKey& key, const JobPod*, const JobPod* after) {
    const kube::OwnerReference* owner = after && !after->reason.empty() ? after->meta.controller() : nullptr;
    if (!owner) return;
    if (const auto job = jobs_.find({key.ns, owner->name})) job_changed(*job);
  });
}

void AnalysisRunController::job_changed(const crds::Job& job) {
  const ObjectKey run{std::string(job.meta.annotations.get(job_namespace_annotation)),
                      std::string(job.meta.annotations.get(job_name_annotation))};
  if (states_.contains(run)) queue_.add(run);
}

void AnalysisRunController::start(kube::Tasks& tasks) {
  tasks_ = &tasks;
  // Another process may have gone on with the runs since an earlier start, so nothing of that time holds any more.
  states_.clear();
  waiting_.clear();
  kube::Reflected pods{kube::resources::pods, options_.job_namespace.empty() ? options_.ns : options_.job_namespace,
                       std::string(job_uid_label), false};
  tasks.start("watch measuring pods", kube::reflect(client_, std::move(pods), pods_, clock_, log_));
  runs_.for_each([this](const ObjectKey& key, const crds::AnalysisRun& run) {
    if (needs_attention(&run)) queue_.add(key);
  });
  for (int i = 0; i < options_.workers; ++i) tasks.start(fmt::format("analysis worker {}", i), work());
}

net::awaitable<void> AnalysisRunController::work() {
  // Without the Jobs and pods of an earlier life nobody could tell a Job that is gone from one not seen yet.
  while (!runs_.is_synced() || !jobs_.is_synced() || !pods_.is_synced())
    co_await clock_.sleep_for(std::chrono::milliseconds{20});
  for (;;) {
    const ObjectKey key = co_await queue_.next();
    struct Work {
      kube::WorkQueue& queue;
      const ObjectKey& key;
      ~Work() { queue.done(key); }  // also when the worker is stopped in the middle
    };
    const Work work{queue_, key};
    co_await pass(key);
  }
}

net::awaitable<void> AnalysisRunController::pass(ObjectKey key) {
  const kube::Time begun = clock_.now();
  bool done = false;
  std::string fault;
  try {
    done = co_await reconcile(key);
  } catch (const boost::system::system_error& error) {
    if (error.code() == net::error::operation_aborted) throw;
    fault = error.what();
  } catch (const std::exception& error) {
    fault = error.what();
  }
  // A fault of this program stays with the run that it happened to.
  if (!fault.empty())
    log_.error("an AnalysisRun could not be handled", {{"analysisrun", key.text()}, {"error", fault}});
  if (done) {
    queue_.forget(key);
  } else {
    ++counters_.errors;
    queue_.failed(key);
  }
  count(clock_.now() - begun);
  wake_waiting();
}

void AnalysisRunController::count(kube::Duration taken) {
  const double seconds = std::chrono::duration<double>(taken).count();
  const auto bucket = std::ranges::lower_bound(RunCounters::bounds, seconds) - RunCounters::bounds.begin();
  ++counters_.passes[static_cast<std::size_t>(bucket)];
  counters_.seconds += seconds;
}

void AnalysisRunController::count_late(const Beat& beat) {
  const double seconds = std::max(std::chrono::duration<double>(beat.began - beat.due).count(), 0.0);
  const auto bucket = std::ranges::lower_bound(RunCounters::late_bounds, seconds) - RunCounters::late_bounds.begin();
  ++counters_.late[static_cast<std::size_t>(bucket)];
  counters_.late_seconds += seconds;
}

// One look at a run: false when what was decided could not be done and has to be tried again.
net::awaitable<bool> AnalysisRunController::reconcile(ObjectKey key) {
  const RunPointer run = runs_.find(key);
  if (!run || run->meta.deletion_time) {
    states_.erase(key);
    co_return true;
  }
  if (!runs_.is_current(key)) co_return true;  // the event that makes it current comes back here
  RunDecision decision = decide(state_of(key, *run), *run);
  const bool looked = co_await look_again(key, run, decision);
  if (looked) {
    const auto still = states_.find(key);
    if (still == states_.end() || still->second.uid != run->meta.uid) co_return true;
    decision = decide(still->second, *run);
  }
  if (decision.remove) co_return co_await remove(key, run->meta.uid);
  State& state = state_of(key, *run);
  // What begins now may end at once; its outcome is not in this decision.
  const std::size_t told = state.outcomes.size();
  begin(key, *run, state, decision);
  if (decision.wake_at) queue_.add_at(key, *decision.wake_at);
  if (!decision.resume.empty()) queue_.add_at(key, clock_.now() + job_recheck);
  std::optional<json::value> difference =
      kube::merge_difference(crds::encode_status(run->status), crds::encode_status(decision.status));
  if (difference) {
    if (may_wait(state, decision, key)) co_return true;
    const Wrote wrote = co_await write(key, run, std::move(*difference));
    if (wrote != Wrote::yes) co_return wrote == Wrote::gone;
    for (const RunEvent& event : decision.events) tell(*run, event);
  }
  co_await settle(key, run, std::move(decision.status), told);
  co_return true;
}

void AnalysisRunController::tell(const crds::AnalysisRun& run, const RunEvent& event) {
  const kube::ObjectReference about{kube::resources::analysis_runs.api_version(),
                                    std::string(kube::resources::analysis_runs.kind),
                                    run.meta.ns,
                                    run.meta.name,
                                    run.meta.uid,
                                    run.meta.resource_version};
  events_.record(about, {event.warning, event.reason, event.message});
}

// After a write: what was told is forgotten, and what nobody needs any more is removed.
net::awaitable<void> AnalysisRunController::settle(ObjectKey key, RunPointer run, crds::AnalysisRunStatus status,
                                                   std::size_t told) {
  const auto state = states_.find(key);
  if (state == states_.end() || state->second.uid != run->meta.uid) co_return;
  std::vector<Outcome>& outcomes = state->second.outcomes;
  outcomes.erase(outcomes.begin(), outcomes.begin() + static_cast<std::ptrdiff_t>(std::min(told, outcomes.size())));
  const bool over = is_completed(phase_of(status.phase)) && !run->spec->ttl_strategy;
  if (told > 0) co_await collect_garbage(key, run, std::move(status));
  if (over) states_.erase(key);
}

AnalysisRunController::State& AnalysisRunController::state_of(const ObjectKey& key, const crds::AnalysisRun& run) {
  State& state = states_[key];
  if (state.uid != run.meta.uid) {
    state = State();
    state.uid = run.meta.uid;
  }
  const auto& planned = state.plan.source;
  if (!planned || (planned != run.spec && *planned != *run.spec)) state.plan = plan_run(run.spec);
  return state;
}

RunDecision AnalysisRunController::decide(const State& state, const crds::AnalysisRun& run) const {
  return assess({state.plan.spec, run.status, state.plan.problem, state.outcomes, state.under_way_names(), state.beats},
                clock_.now());
}

MeasurementTask AnalysisRunController::task_for(const crds::AnalysisRun& run, const crds::Metric& metric,
                                                std::int64_t number) const {
  MeasurementTask task{run.meta.key(), run.meta.uid, metric, number};
  task.run_started = run.status.started_at;
  if (const auto state = states_.find(run.meta.key()); state != states_.end()) task.alpha = state->second.plan.alpha;
  const kube::OwnerReference* owner = run.meta.controller();
  if (!metric.compare || !options_.ready_pods || !owner || owner->kind != "Rollout") return task;
  const auto pods = [&](const kube::StringMap& selector) -> std::optional<double> {
    for (const auto& [label, value] : selector)
      if (const std::optional<int> ready = options_.ready_pods({run.meta.ns, owner->name}, value)) return *ready;
    return std::nullopt;
  };
  task.canary_pods = pods(metric.compare->canary);
  task.baseline_pods = pods(metric.compare->baseline);
  return task;
}

bool AnalysisRunController::resumes_by_asking(const ObjectKey& key, std::size_t metric) {
  const auto state = states_.find(key);
  return state != states_.end() && providers_.of(state->second.plan.spec.metrics[metric]).resumes_by_asking();
}

// Resumes and ends unfinished measurements; true when one of them has changed.
net::awaitable<bool> AnalysisRunController::look_again(ObjectKey key, RunPointer run, RunDecision decision) {
  bool changed = false;
  std::vector<std::pair<std::size_t, bool>> orders;  // metric, and whether it is to be ended
  for (const std::size_t metric : decision.resume)
    if (!resumes_by_asking(key, metric)) orders.emplace_back(metric, false);
  for (const std::size_t metric : decision.terminate) orders.emplace_back(metric, true);
  for (const auto& [index, ends] : orders) {
    const auto state = states_.find(key);
    if (state == states_.end() || state->second.uid != run->meta.uid) co_return true;
    const crds::Metric metric = state->second.plan.spec.metrics[index];
    const auto result = std::ranges::find(decision.status.metric_results, metric.name, &crds::MetricResult::name);
    if (result == decision.status.metric_results.end() || result->measurements.empty()) continue;
    const crds::Measurement before = result->measurements.back();
    Provider& provider = providers_.of(metric);
    MeasurementTask task = task_for(*run, metric, std::int64_t{result->count} + result->error + 1);
    crds::Measurement after;
    if (ends)
      after = co_await provider.terminate(std::move(task), before);
    else
      after = co_await provider.resume(std::move(task), before);
    if (after == before) continue;
    const auto now = states_.find(key);
    if (now == states_.end() || now->second.uid != run->meta.uid) co_return true;
    now->second.outcomes.push_back({metric.name, std::move(after), {}});
    now->second.beats.erase(metric.name);
    changed = true;
  }
  co_return changed;
}

void AnalysisRunController::begin(const ObjectKey& key, const crds::AnalysisRun& run, State& state,
                                  const RunDecision& decision) {
  const auto order = [&](std::size_t metric, std::int64_t number) {
    return MeasurementOrder{task_for(run, state.plan.spec.metrics[metric], number), state.plan.source->metrics[metric],
                            state.plan.arguments, std::nullopt};
  };
  for (const Start& start : decision.start) {
    if (!begin_one(key, run, state, order(start.metric, start.number), start.due)) return;
    ++counters_.measurements;
  }
  for (const std::size_t metric : decision.resume) {
    if (!resumes_by_asking(key, metric)) continue;
    const std::string& name = state.plan.spec.metrics[metric].name;
    const auto result = std::ranges::find(decision.status.metric_results, name, &crds::MetricResult::name);
    if (result == decision.status.metric_results.end() || result->measurements.empty()) continue;
    MeasurementOrder again = order(metric, std::int64_t{result->count} + result->error + 1);
    again.unfinished = result->measurements.back();
    if (!begin_one(key, run, state, std::move(again), std::nullopt)) return;
  }
}

// False when there is no room for another measurement now: the run is told when there is.
bool AnalysisRunController::begin_one(const ObjectKey& key, const crds::AnalysisRun& run, State& state,
                                      MeasurementOrder order, std::optional<kube::Time> due) {
  if (!take_slot(key)) {
    if (std::ranges::find(waiting_, key) == waiting_.end()) waiting_.push_back(key);
    return false;
  }
  const std::string metric = order.task.metric.name;
  const std::uint64_t operation = ++operations_;
  state.under_way[metric] = {operation, due};
  tasks_->start("measure " + key.text() + " " + metric,
                run_measurement(key, run.meta.uid, operation, std::move(order)));
  return true;
}

net::awaitable<void> AnalysisRunController::run_measurement(ObjectKey key, std::string uid, std::uint64_t operation,
                                                            MeasurementOrder order) {
  struct Slot {
    AnalysisRunController& controller;
    const std::string& ns;
    ~Slot() { controller.free_slot(ns); }
  };
  const Slot slot{*this, key.ns};
  Outcome outcome;
  outcome.metric = order.task.metric.name;
  std::string fault;
  const std::optional<crds::Measurement> unfinished = order.unfinished;
  try {
    Provider& provider = providers_.of(order.task.metric);
    outcome = co_await measure(provider, std::move(order), client_, clock_);
  } catch (const boost::system::system_error& error) {
    if (error.code() == net::error::operation_aborted) throw;
    fault = error.what();
  } catch (const std::exception& error) {
    fault = error.what();
  }
  if (!fault.empty()) {
    if (unfinished) outcome.measurement = *unfinished;
    outcome.measurement.phase = name_of(Phase::error);
    outcome.measurement.message = "internal error: " + fault;
    outcome.measurement.finished_at = clock_.now();
    if (!outcome.measurement.started_at) outcome.measurement.started_at = outcome.measurement.finished_at;
  }
  finish(key, uid, operation, std::move(outcome));
}

void AnalysisRunController::finish(const ObjectKey& key, const std::string& uid, std::uint64_t operation,
                                   Outcome outcome) {
  const auto state = states_.find(key);
  if (state == states_.end() || state->second.uid != uid) return;  // the run is over or gone
  const auto own = state->second.under_way.find(outcome.metric);
  if (own == state->second.under_way.end() || own->second.number != operation) return;
  const std::optional<kube::Time> due = own->second.due;
  const bool is_repeated = due && state->second.beats.contains(outcome.metric);
  state->second.under_way.erase(own);
  state->second.note(outcome, due);
  if (const auto beat = state->second.beats.find(outcome.metric); is_repeated && beat != state->second.beats.end())
    count_late(beat->second);
  state->second.outcomes.push_back(std::move(outcome));
  queue_.add(key);
}

bool AnalysisRunController::take_slot(const ObjectKey& key) {
  int& in_namespace = slots_[key.ns];
  if (slots_taken_ >= options_.measurements || in_namespace >= options_.measurements_per_namespace) return false;
  ++slots_taken_;
  ++in_namespace;
  return true;
}

void AnalysisRunController::free_slot(const std::string& ns) {
  --slots_taken_;
  if (--slots_[ns] == 0) slots_.erase(ns);
  wake_waiting();
}

// Lets the run that has waited longest, among those that may measure now, try again; it wakes the next one.
void AnalysisRunController::wake_waiting() {
  if (waiting_.empty() || slots_taken_ >= options_.measurements) return;
  const auto next = std::ranges::find_if(waiting_, [&](const ObjectKey& key) {
    const auto used = slots_.find(key.ns);
    return used == slots_.end() || used->second < options_.measurements_per_namespace;
  });
  if (next == waiting_.end()) return;
  queue_.add(*next);
  waiting_.erase(next);
}

bool AnalysisRunController::may_wait(State& state, const RunDecision& decision, const ObjectKey& key) {
  const kube::Time now = clock_.now();
  if (!decision.write_can_wait || state.under_way.empty()) {
    state.holding_since.reset();
    return false;
  }
  if (!state.holding_since) state.holding_since = now;
  const kube::Time end = *state.holding_since + write_hold;
  if (now >= end) {
    state.holding_since.reset();
    return false;
  }
  queue_.add_at(key, end);
  return true;
}

net::awaitable<AnalysisRunController::Wrote> AnalysisRunController::write(ObjectKey key, RunPointer run,
                                                                          json::value difference) {
  kube::Patch patch;
  patch.body = kube::print_json(status_patch(run->meta.uid, std::move(difference)));
  const Result<json::value> written = co_await client_.patch(kube::resources::analysis_runs, key, std::move(patch));
  if (written) {
    ++counters_.writes;
    runs_.note_own_write(key, std::string(kube::text_at(*written, {"metadata", "resourceVersion"})));
    co_return Wrote::yes;
  }
  const Fault fault = written.error().fault;
  if (fault == Fault::not_found || fault == Fault::conflict) co_return Wrote::gone;  // the watch says so, too
  log_.warning("the status of an AnalysisRun could not be written",
               {{"analysisrun", key.text()}, {"error", written.error().message}});
  co_return Wrote::no;
}

// Jobs whose measurements have been dropped from the status are of no use to anybody.
net::awaitable<void> AnalysisRunController::collect_garbage(ObjectKey key, RunPointer run,
                                                            crds::AnalysisRunStatus status) {
  for (const crds::MetricResult& result : status.metric_results) {
    const std::int64_t made = std::int64_t{result.count} + result.error;
    if (made <= static_cast<std::int64_t>(result.measurements.size())) continue;
    const auto state = states_.find(key);
    if (state == states_.end()) co_return;
    const std::vector<crds::Metric>& metrics = state->second.plan.spec.metrics;
    const auto metric = std::ranges::find(metrics, result.name, &crds::Metric::name);
    if (metric == metrics.end()) continue;
    MeasurementTask task = task_for(*run, *metric, made + 1);
    Provider& provider = providers_.of(task.metric);
    co_await provider.collect_garbage(std::move(task), result.measurements);
  }
}

net::awaitable<bool> AnalysisRunController::remove(ObjectKey key, std::string uid) {
  kube::DeleteOptions options;
  options.uid = std::move(uid);
  options.propagation = kube::Propagation::background;
  const Result<> removed = co_await client_.remove(kube::resources::analysis_runs, key, std::move(options));
  co_return removed || removed.error().fault == Fault::not_found || removed.error().fault == Fault::conflict;
}

}  // namespace sluice::analysis
