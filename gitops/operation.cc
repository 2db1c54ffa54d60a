// Turning records into progress and back.
#include "gitops/operation.h"

#include <algorithm>

#include <fmt/format.h>

namespace sluice::gitops {
namespace {

bool names(const crds::ResourceResult& result, const SyncTask& task) {
  return result.group == task.id.group && result.kind == task.id.kind && result.ns == task.id.ns &&
         result.name == task.id.name && result.sync_phase == std::string_view(name_of(task.phase));
}

std::string_view phase_word(TaskState state) {
  switch (state) {
    case TaskState::succeeded:
      return "Succeeded";
    case TaskState::failed:
      return "Failed";
    default:
      return "Running";
  }
}

std::string_view status_word(const SyncTask& task, const TaskProgress& progress) {
  if (progress.state == TaskState::failed) return "SyncFailed";
  if (task.kind != TaskKind::prune) return "Synced";
  return task.skip_because.empty() ? "Pruned" : "PruneSkipped";
}

TaskState state_of(const crds::ResourceResult& result) {
  if (result.hook_phase == "Failed" || result.status == "SyncFailed") return TaskState::failed;
  return result.hook_phase == "Succeeded" ? TaskState::succeeded : TaskState::running;
}

}  // namespace

bool is_running(const crds::OperationState& state) { return state.phase == "Running" || state.phase == "Terminating"; }

crds::OperationState begin_operation(const crds::Operation& operation, const crds::ApplicationSource& source,
                                     kube::Time now) {
  crds::OperationState state;
  state.operation = operation;
  state.phase = "Running";
  state.started_at = std::chrono::floor<kube::seconds>(now);
  begin_attempt(state, source);
  state.message = "the sync is starting";
  return state;
}

void begin_attempt(crds::OperationState& state, const crds::ApplicationSource& source) {
  crds::SyncResult result;
  // An attempt stays at the commit of the one before, unless the branch is to be asked again.
  if (state.sync_result && !state.operation.retry.refresh) result.revision = state.sync_result->revision;
  result.source = source;
  state.sync_result = std::move(result);
  state.finished_at.reset();
}

std::vector<TaskProgress> progress_of(const crds::OperationState& state, const SyncPlan& plan) {
  std::vector<TaskProgress> progress(plan.tasks.size());
  if (!state.sync_result) return progress;
  for (std::size_t at = 0; at < plan.tasks.size(); ++at)
    for (const crds::ResourceResult& result : state.sync_result->resources)
      if (names(result, plan.tasks[at])) progress[at] = {state_of(result), result.message, ""};
  return progress;
}

void record_progress(crds::OperationState& state, const SyncPlan& plan, const std::vector<TaskProgress>& progress) {
  std::vector<crds::ResourceResult>& results = state.sync_result->resources;
  for (std::size_t at = 0; at < plan.tasks.size(); ++at) {
    if (progress[at].state == TaskState::pending) continue;
    const SyncTask& task = plan.tasks[at];
    auto found = std::ranges::find_if(results, [&](const auto& result) { return names(result, task); });
    if (found == results.end()) found = results.insert(results.end(), crds::ResourceResult{});
    found->group = task.id.group;
    found->version = task.version;
    found->kind = task.id.kind;
    found->ns = task.id.ns;
    found->name = task.id.name;
    found->status = status_word(task, progress[at]);
    found->message = progress[at].message;
    found->hook_phase = phase_word(progress[at].state);
    found->sync_phase = name_of(task.phase);
    if (task.kind == TaskKind::hook) found->hook_type = name_of(task.phase);
  }
  // What was being pruned and is not in the plan any more has gone.
  for (crds::ResourceResult& result : results)
    if (result.status == "Pruned" && result.hook_phase == "Running" &&
        std::ranges::none_of(plan.tasks, [&](const SyncTask& task) { return names(result, task); }))
      result.hook_phase = "Succeeded";
}

std::string run_name(const crds::OperationState& state) {
  return fmt::format("{}-{}", kube::format_time(state.started_at), state.retry_count);
}

PlanRequest plan_request(const crds::Operation& operation, const CheckedApplication& checked,
                         std::vector<std::string>& mistakes) {
  PlanRequest request;
  request.options = checked.options;
  if (!operation.sync) return request;
  const crds::SyncOperation& sync = *operation.sync;
  if (!sync.sync_options.empty()) request.options = read_sync_options(sync.sync_options, {}, mistakes);
  request.prune = sync.prune;
  request.hooks = sync.resources.empty() && !(sync.sync_strategy && sync.sync_strategy->apply);
  for (const crds::SyncResource& resource : sync.resources)
    request.chosen.push_back({resource.group, resource.kind, resource.ns, resource.name});
  return request;
}

std::vector<std::string> mistakes_of(const crds::Operation& operation) {
  std::vector<std::string> mistakes;
  if (!operation.sync) {
    mistakes.push_back("operation.sync: is required");
    return mistakes;
  }
  const crds::SyncOperation& sync = *operation.sync;
  if (!sync.manifests.empty()) mistakes.push_back("operation.sync.manifests: is not supported yet");
  if (sync.source || !sync.sources.empty())
    mistakes.push_back("operation.sync.source: another source is not supported yet (use operation.sync.revision)");
  if (!sync.revisions.empty()) mistakes.push_back("operation.sync.revisions: is not supported yet");
  const auto forces = [](const std::optional<crds::SyncForce>& force) { return force && force->force; };
  if (sync.sync_strategy && (forces(sync.sync_strategy->apply) || forces(sync.sync_strategy->hook)))
    mistakes.push_back("operation.sync.syncStrategy: force is not supported yet");
  read_retry(operation.retry, mistakes);
  return mistakes;
}

crds::Operation automated_operation(const AutoSyncDecision& decision, const crds::ApplicationSpec& spec,
                                    const std::string& revision) {
  crds::Operation operation;
  crds::SyncOperation& sync = operation.sync.emplace();
  sync.revision = revision;
  sync.prune = spec.sync_policy && spec.sync_policy->automated && spec.sync_policy->automated->prune;
  if (spec.sync_policy) sync.sync_options = spec.sync_policy->sync_options;
  sync.auto_heal_attempts_count = decision.heal_attempts;
  for (const ResourceId& id : decision.chosen) {
    crds::SyncResource resource;
    resource.group = id.group;
    resource.kind = id.kind;
    resource.name = id.name;
    resource.ns = id.ns;
    sync.resources.push_back(std::move(resource));
  }
  operation.initiated_by.automated = true;
  if (spec.sync_policy && spec.sync_policy->retry)
    operation.retry = *spec.sync_policy->retry;
  else
    operation.retry.limit = 5;
  return operation;
}

std::optional<SyncAttempt> last_attempt(const crds::Application& application) {
  if (!application.status.operation_state || is_running(*application.status.operation_state)) return std::nullopt;
  const crds::OperationState& state = *application.status.operation_state;
  if (!state.operation.sync || state.operation.sync->dry_run) return std::nullopt;
  SyncAttempt attempt;
  if (state.sync_result) attempt.revision = state.sync_result->revision;
  attempt.succeeded = state.phase == "Succeeded";
  attempt.finished_at = state.finished_at.value_or(state.started_at);
  attempt.heal_attempts = state.operation.sync->auto_heal_attempts_count;
  const crds::ApplicationSpec& spec = *application.spec;
  attempt.same_input = state.sync_result && spec.source && state.sync_result->source == *spec.source;
  // A failed automated sync is worth another try when its options were corrected.
  if (state.operation.initiated_by.automated && spec.sync_policy)
    attempt.same_input = attempt.same_input && state.operation.sync->sync_options == spec.sync_policy->sync_options;
  return attempt;
}

void finish_attempt(crds::OperationState& state, SyncOutcome outcome, std::string message, const RetryPlan& retry,
                    kube::Time now) {
  state.finished_at = std::chrono::floor<kube::seconds>(now);
  state.message = std::move(message);
  if (outcome == SyncOutcome::succeeded) {
    state.phase = "Succeeded";
    return;
  }
  const bool again = state.phase == "Running" && (retry.limit < 0 || state.retry_count < retry.limit);
  if (!again) {
    if (state.retry_count > 0) state.message += fmt::format(" (retried {} times)", state.retry_count);
    state.phase = "Failed";
    return;
  }
  ++state.retry_count;
  state.message +=
      fmt::format(". Retrying attempt #{} at {}", state.retry_count, kube::format_time(*next_attempt(state, retry)));
}

std::string revision_of(const crds::OperationState& state) {
  if (state.sync_result && !state.sync_result->revision.empty()) return state.sync_result->revision;
  return state.operation.sync ? state.operation.sync->revision : std::string();
}

std::optional<kube::Time> next_attempt(const crds::OperationState& state, const RetryPlan& retry) {
  if (!is_running(state) || !state.finished_at) return std::nullopt;
  return *state.finished_at + retry_delay(retry, state.retry_count - 1);
}

void add_history(crds::ApplicationStatus& status, const crds::OperationState& state, std::int64_t limit,
                 kube::Time now) {
  crds::RevisionHistory entry;
  entry.revision = state.sync_result->revision;
  entry.deployed_at = std::chrono::floor<kube::seconds>(now);
  entry.deploy_started_at = state.started_at;
  entry.id = status.history.empty() ? 0 : status.history.back().id + 1;
  entry.source = state.sync_result->source;
  entry.initiated_by = state.operation.initiated_by;
  status.history.push_back(std::move(entry));
  const auto kept = static_cast<std::size_t>(std::max<std::int64_t>(limit, 0));
  if (status.history.size() > kept)
    status.history.erase(status.history.begin(),
                         status.history.begin() + static_cast<std::ptrdiff_t>(status.history.size() - kept));
}

}  // namespace sluice::gitops
