// Planning, checking and running the tasks of an operation, and ending it.
#include "gitops/operation_run.h"

#include <algorithm>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "kube/json.h"

namespace sluice::gitops {
namespace {

constexpr kube::Duration world_patience = kube::seconds{5};

std::string joined(const std::vector<std::string>& texts) { return fmt::format("{}", fmt::join(texts, "; ")); }

std::string short_revision(const crds::OperationState& state) {
  return state.sync_result ? state.sync_result->revision.substr(0, 7) : std::string();
}

}  // namespace

struct OperationRun::Attempt {
  const crds::Application& application;
  std::string instance;
  const Assessment& assessment;
  crds::ApplicationStatus& status;
  crds::OperationState& state;
  RetryPlan retry;
  PlanRequest request;
  SyncPlan plan;
  std::vector<TaskProgress> progress;

  SyncWork work() const { return {instance, run_name(state), plan, assessment}; }
};

void OperationRun::judge_running(Attempt& attempt) const {
  for (std::size_t at = 0; at < attempt.plan.tasks.size(); ++at) {
    if (attempt.progress[at].state != TaskState::running) continue;
    const LiveRecord* record = live_.find(attempt.plan.tasks[at].id);
    json::value object;
    if (record)
      if (auto parsed = kube::parse_json(record->text)) object = std::move(*parsed);
    attempt.progress[at] = judge(attempt.plan.tasks[at], attempt.progress[at], record ? &object : nullptr);
  }
}

void OperationRun::end(Attempt& attempt, SyncOutcome outcome, std::string message, bool may_retry,
                       OperationProgress& result) {
  RetryPlan retry = attempt.retry;
  if (!may_retry) retry.limit = 0;
  finish_attempt(attempt.state, outcome, std::move(message), retry, clock_.now());
  if (is_running(attempt.state)) {
    result.look_again = next_attempt(attempt.state, attempt.retry);
    return;
  }
  if (outcome == SyncOutcome::succeeded)
    for (crds::ResourceResult& one : attempt.state.sync_result->resources)
      if (one.hook_phase == "Running") one.hook_phase = "Succeeded";
  const crds::SyncOperation& sync = *attempt.state.operation.sync;
  const bool full = sync.resources.empty() && !sync.dry_run;
  if (outcome == SyncOutcome::succeeded && full)
    add_history(attempt.status, attempt.state, attempt.application.spec->revision_history_limit.value_or(10),
                clock_.now());
  result.notice =
      Notice{"OperationCompleted",
             outcome == SyncOutcome::succeeded
                 ? fmt::format("Sync operation to {} succeeded", short_revision(attempt.state))
                 : fmt::format("Sync operation to {} failed: {}", short_revision(attempt.state), attempt.state.message),
             outcome != SyncOutcome::succeeded};
}

void OperationRun::wait_for_the_world(Attempt& attempt, const kube::Error& error, OperationProgress& result) {
  attempt.state.message = fmt::format("waiting to go on: {}", error.message);
  result.look_again = clock_.now() + world_patience;
}

// The namespace, and the server's word on every object before any is written.
net::awaitable<bool> OperationRun::prepare(Attempt& attempt, OperationProgress& result) {
  const std::string& name = attempt.assessment.checked.default_namespace;
  const bool declared = std::ranges::any_of(attempt.plan.tasks, [&](const SyncTask& task) {
    return task.id.kind == "Namespace" && task.id.group.empty() && task.id.name == name;
  });
  if (attempt.request.options.create_namespace && !name.empty() && !declared) {
    const kube::Result<> made = co_await executor_.ensure_namespace(name);
    if (!made) {
      if (kube::is_transient(made.error().fault))
        wait_for_the_world(attempt, made.error(), result);
      else
        end(attempt, SyncOutcome::failed, made.error().message, true, result);
      co_return false;
    }
  }
  SyncWork work = attempt.work();
  const kube::Result<> checked = co_await executor_.dry_run(std::move(work), attempt.progress);
  if (!checked) {
    wait_for_the_world(attempt, checked.error(), result);
    co_return false;
  }
  const auto refused =
      std::ranges::count_if(attempt.progress, [](const auto& one) { return one.state == TaskState::failed; });
  if (refused == 0) co_return true;
  std::vector<std::string> reasons;
  for (std::size_t at = 0; at < attempt.progress.size() && reasons.size() < 5; ++at)
    if (attempt.progress[at].state == TaskState::failed)
      reasons.push_back(fmt::format("{}: {}", text_of(attempt.plan.tasks[at].id), attempt.progress[at].message));
  record_progress(attempt.state, attempt.plan, attempt.progress);
  end(attempt, SyncOutcome::failed,
      fmt::format("{} of {} objects would be refused, so nothing was written: {}", refused, attempt.plan.tasks.size(),
                  joined(reasons)),
      true, result);
  co_return false;
}

net::awaitable<void> OperationRun::finish(Attempt& attempt, SyncStep step, OperationProgress& result) {
  SyncWork work = attempt.work();
  const kube::Result<> cleaned = co_await executor_.clean_up_hooks(std::move(work), *step.finished);
  record_progress(attempt.state, attempt.plan, attempt.progress);
  if (!cleaned)
    wait_for_the_world(attempt, cleaned.error(), result);
  else
    end(attempt, *step.finished, step.message, true, result);
}

net::awaitable<void> OperationRun::take_steps(Attempt& attempt, OperationProgress& result) {
  judge_running(attempt);
  SyncStep step = next_step(attempt.plan.tasks, attempt.progress);
  while (!step.finished && !step.run.empty()) {
    std::vector<TaskState> before;
    for (const std::size_t at : step.run) before.push_back(attempt.progress[at].state);
    SyncWork work = attempt.work();
    const kube::Result<> ran = co_await executor_.run(std::move(work), step.run, attempt.progress);
    if (!ran) {
      record_progress(attempt.state, attempt.plan, attempt.progress);
      wait_for_the_world(attempt, ran.error(), result);
      co_return;
    }
    bool moved = false;
    for (std::size_t at = 0; at < step.run.size(); ++at)
      moved = moved || attempt.progress[step.run[at]].state != before[at];
    // What was written is judged when the watch has shown it.
    if (live_.is_current(attempt.instance)) judge_running(attempt);
    step = next_step(attempt.plan.tasks, attempt.progress);
    if (!moved) break;  // an old hook has to go first; its end is an event
  }
  if (step.finished) {
    co_await finish(attempt, step, result);
    co_return;
  }
  attempt.state.message = step.message;
  record_progress(attempt.state, attempt.plan, attempt.progress);
}

net::awaitable<OperationProgress> OperationRun::carry_out(Attempt& attempt) {
  OperationProgress result;
  std::vector<std::string> mistakes = mistakes_of(attempt.state.operation);
  if (mistakes.empty()) {
    attempt.request = plan_request(attempt.state.operation, attempt.assessment.checked, mistakes);
    attempt.plan = plan_sync(attempt.assessment.comparison, attempt.request);
    mistakes.insert(mistakes.end(), attempt.plan.mistakes.begin(), attempt.plan.mistakes.end());
  }
  if (attempt.request.options.fail_on_shared)
    mistakes.insert(mistakes.end(), attempt.assessment.comparison.shared.begin(),
                    attempt.assessment.comparison.shared.end());
  if (!mistakes.empty()) {
    end(attempt, SyncOutcome::failed, "nothing was written: " + joined(mistakes), false, result);
    co_return result;
  }
  attempt.progress = progress_of(attempt.state, attempt.plan);
  if (attempt.state.phase == "Terminating") {
    SyncWork work = attempt.work();
    std::vector<TaskProgress> progress = attempt.progress;
    const kube::Result<> stopped = co_await executor_.stop_hooks(std::move(work), std::move(progress));
    if (!stopped)
      wait_for_the_world(attempt, stopped.error(), result);
    else
      end(attempt, SyncOutcome::failed, "the operation was terminated", false, result);
    co_return result;
  }
  const bool first = attempt.state.sync_result->resources.empty();
  if (first) {
    const bool prepared = co_await prepare(attempt, result);
    if (!prepared) co_return result;
  }
  if (attempt.state.operation.sync->dry_run) {
    end(attempt, SyncOutcome::succeeded, "successfully checked (dry run)", false, result);
    co_return result;
  }
  co_await take_steps(attempt, result);
  co_return result;
}

net::awaitable<OperationProgress> OperationRun::advance(const crds::Application& application, std::string instance,
                                                        const Assessment& assessment, crds::ApplicationStatus& status) {
  crds::OperationState& state = *status.operation_state;
  std::vector<std::string> ignored;
  Attempt attempt{
      application, std::move(instance), assessment, status, state, read_retry(state.operation.retry, ignored), {}, {},
      {}};
  OperationProgress result;
  if (const std::optional<kube::Time> due = next_attempt(state, attempt.retry); due && state.phase == "Running") {
    if (clock_.now() < *due) {
      result.look_again = due;
      co_return result;
    }
    begin_attempt(state, state.sync_result ? state.sync_result->source : crds::ApplicationSource{});
  }
  if (!state.sync_result)
    begin_attempt(state, application.spec->source ? *application.spec->source : crds::ApplicationSource{});
  switch (assessment.standing) {
    case Standing::waiting:
      state.message = "waiting until Git and the cluster can be read";
      co_return result;
    case Standing::invalid:
    case Standing::failed: {
      std::vector<std::string> reasons;
      for (const Finding& finding : assessment.findings) reasons.push_back(finding.message);
      end(attempt, SyncOutcome::failed, joined(reasons), assessment.standing == Standing::failed, result);
      co_return result;
    }
    case Standing::compared:
      break;
  }
  if (state.sync_result->revision.empty()) state.sync_result->revision = assessment.commit;
  result = co_await carry_out(attempt);
  co_return result;
}

}  // namespace sluice::gitops
