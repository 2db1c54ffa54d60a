// Applying, pruning and running hooks, one task after the other.
#include "gitops/sync_executor.h"

#include <algorithm>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "gitops/tracking.h"
#include "kube/json.h"

namespace sluice::gitops {
namespace {

using kube::Error;
using kube::Fault;
using kube::Result;

// True for faults that say nothing about the object; a conflict means that somebody else was faster.
bool is_of_the_world(Fault fault) {
  return kube::is_transient(fault) || fault == Fault::conflict || fault == Fault::unauthorized ||
         fault == Fault::cancelled;
}

TaskProgress refused(const Error& error) { return {TaskState::failed, error.message, ""}; }

// True when the object lives in a namespace that this very sync makes, so that the server cannot check it yet.
bool is_in_new_namespace(const SyncPlan& plan, const SyncTask& task) {
  return std::ranges::any_of(plan.tasks, [&](const SyncTask& other) {
    return other.id.kind == "Namespace" && other.id.group.empty() && other.id.name == task.id.ns && !other.live &&
           other.kind == TaskKind::apply;
  });
}

}  // namespace

net::awaitable<Result<>> SyncExecutor::ensure_namespace(std::string name) {
  kube::ObjectKey key{"", name};
  const Result<json::value> found = co_await client_.get(kube::resources::namespaces, std::move(key));
  if (found) co_return Result<>();
  if (found.error().fault != Fault::not_found) co_return found.error();
  json::object metadata;
  metadata["name"] = name;
  json::object object;
  object["apiVersion"] = "v1";
  object["kind"] = "Namespace";
  object["metadata"] = std::move(metadata);
  std::string body = kube::print_json(object);
  const Result<json::value> made = co_await client_.create(kube::resources::namespaces, "", std::move(body));
  if (!made && made.error().fault != Fault::already_exists) co_return made.error();
  co_return Result<>();
}

ApplyRequest SyncExecutor::request_for(const SyncTask& task, const SyncWork& work,
                                       const kube::Resource& resource) const {
  ApplyRequest request;
  request.resource = resource;
  request.desired = task.desired;
  request.live = task.live;
  request.ownership = &work.assessment.ownership;
  if (task.options.respect_ignored) request.respected = work.assessment.checked.ignored;
  request.server_side = task.options.server_side_apply;
  return request;
}

net::awaitable<Result<>> SyncExecutor::dry_run(SyncWork work, std::vector<TaskProgress>& progress) {
  for (std::size_t at = 0; at < work.plan.tasks.size(); ++at) {
    const SyncTask& task = work.plan.tasks[at];
    if (task.kind == TaskKind::prune || is_in_new_namespace(work.plan, task)) continue;
    const kube::Resource* resource = kinds_.find(task.id.group, task.version, task.id.kind);
    if (!resource) continue;  // its definition is part of this sync
    ApplyRequest request = request_for(task, work, *resource);
    request.dry_run = true;
    // The old copy of a hook is deleted first, so only its creation can be checked, and only when there is no old copy.
    if (task.kind == TaskKind::hook && task.live) continue;
    const Result<Applied> checked = co_await apply(client_, std::move(request));
    if (checked) continue;
    if (is_of_the_world(checked.error().fault)) co_return checked.error();
    progress[at] = refused(checked.error());
  }
  co_return Result<>();
}

net::awaitable<Result<>> SyncExecutor::apply_task(const SyncTask& task, const SyncWork& work, TaskProgress& progress) {
  const std::string api_version = task.id.group.empty() ? task.version : task.id.group + "/" + task.version;
  const Result<> learned = co_await kinds_.learn(api_version, kube::seconds{1});
  if (!learned) co_return learned.error();
  const kube::Resource* resource = kinds_.find(task.id.group, task.version, task.id.kind);
  if (!resource) {
    // A definition that was made a moment ago takes a while to be served.
    co_return Error{Fault::unavailable, fmt::format("{}: the cluster does not serve this kind yet", text_of(task.id))};
  }
  ApplyRequest request = request_for(task, work, *resource);
  const Result<Applied> done = co_await apply(client_, std::move(request));
  if (!done) {
    if (is_of_the_world(done.error().fault)) co_return done.error();
    progress = refused(done.error());
    co_return Result<>();
  }
  progress.state = TaskState::running;
  progress.written_version = done->version;
  const std::string name = fmt::format("{}/{}", resource->plural, task.id.name);
  switch (done->effect) {
    case ApplyEffect::created:
      progress.message = name + " created";
      break;
    case ApplyEffect::changed:
      progress.message = name + " configured";
      break;
    case ApplyEffect::unchanged:
      progress.message = name + " unchanged";
      break;
  }
  if (!done->version.empty()) live_.note_own_write(work.instance, task.id, done->version);
  if (task.id.kind == "CustomResourceDefinition")
    if (const json::value* versions = kube::find_at(*task.desired, {"spec", "versions"});
        versions && versions->is_array())
      for (const json::value& version : versions->get_array())
        kinds_.forget(
            fmt::format("{}/{}", kube::text_at(*task.desired, {"spec", "group"}), kube::text_at(version, {"name"})));
  co_return Result<>();
}

net::awaitable<Result<>> SyncExecutor::remove(const SyncTask& task, const SyncWork& work, PruneOrder propagation) {
  const kube::Resource* resource = kinds_.find(task.id.group, task.version, task.id.kind);
  const LiveRecord* record = live_.find(task.id);
  // Only what still carries our mark is deleted; what is gone or was taken over since the comparison is not.
  if (!resource || !record || record->owner != work.instance) co_return Result<>();
  kube::ObjectKey key{task.id.ns, task.id.name};
  std::string uid = record->uid;
  std::string version = record->version;
  const Result<> removed =
      co_await prune(client_, *resource, std::move(key), std::move(uid), std::move(version), propagation);
  if (!removed) co_return removed.error();
  live_.note_own_write(work.instance, task.id, "");
  co_return Result<>();
}

net::awaitable<Result<>> SyncExecutor::prune_task(const SyncTask& task, const SyncWork& work, TaskProgress& progress) {
  if (!task.skip_because.empty()) {
    progress = {TaskState::succeeded, "ignored: " + task.skip_because, ""};
    co_return Result<>();
  }
  const Result<> removed = co_await remove(task, work, task.options.propagation);
  if (!removed) {
    if (is_of_the_world(removed.error().fault)) co_return removed.error();
    progress = refused(removed.error());
    co_return Result<>();
  }
  progress = {TaskState::running, "pruned", ""};
  co_return Result<>();
}

net::awaitable<Result<>> SyncExecutor::run_hook(const SyncTask& task, const SyncWork& work, TaskProgress& progress) {
  const std::string run = fmt::format("{}-{}", work.run, name_of(task.phase));
  if (task.live) {
    if (annotation(*task.live, annotations::hook_run) == run) {
      progress = {TaskState::running, "the hook is running", ""};  // made before this program was restarted
      co_return Result<>();
    }
    if (task.deletion.before_creation) {
      if (!kube::find_at(*task.live, {"metadata", "deletionTimestamp"})) {
        const Result<> removed = co_await remove(task, work, PruneOrder::background);
        if (!removed) co_return removed.error();
      }
      progress.message = "waiting for the hook's last copy to go";
      co_return Result<>();
    }
  }
  json::value marked = *task.desired;
  marked.at("metadata").at("annotations").get_object()[annotations::hook_run] = run;
  SyncTask hook = task;
  hook.desired = std::make_shared<const json::value>(std::move(marked));
  co_return co_await apply_task(hook, work, progress);
}

net::awaitable<Result<>> SyncExecutor::run(SyncWork work, std::vector<std::size_t> tasks,
                                           std::vector<TaskProgress>& progress) {
  bool failed = false;
  for (const std::size_t at : tasks) {
    const SyncTask& task = work.plan.tasks[at];
    Result<> done;
    switch (task.kind) {
      case TaskKind::apply:
        done = co_await apply_task(task, work, progress[at]);
        break;
      case TaskKind::hook:
        done = co_await run_hook(task, work, progress[at]);
        break;
      case TaskKind::prune:
        // Nothing is taken away while its successor may be missing.
        if (failed) continue;
        done = co_await prune_task(task, work, progress[at]);
        break;
    }
    if (!done) co_return done.error();
    failed = failed || progress[at].state == TaskState::failed;
  }
  co_return Result<>();
}

net::awaitable<Result<>> SyncExecutor::stop_hooks(SyncWork work, std::vector<TaskProgress> progress) {
  for (std::size_t at = 0; at < work.plan.tasks.size(); ++at) {
    const SyncTask& task = work.plan.tasks[at];
    if (task.kind != TaskKind::hook || progress[at].state != TaskState::running) continue;
    const Result<> removed = co_await remove(task, work, PruneOrder::background);
    if (!removed && is_of_the_world(removed.error().fault)) co_return removed.error();
  }
  co_return Result<>();
}

net::awaitable<Result<>> SyncExecutor::clean_up_hooks(SyncWork work, SyncOutcome outcome) {
  for (const SyncTask& task : work.plan.tasks) {
    const bool due = outcome == SyncOutcome::succeeded ? task.deletion.succeeded : task.deletion.failed;
    if (task.kind != TaskKind::hook || !due) continue;
    const Result<> removed = co_await remove(task, work, PruneOrder::background);
    if (!removed && is_of_the_world(removed.error().fault)) co_return removed.error();
  }
  co_return Result<>();
}

}  // namespace sluice::gitops
