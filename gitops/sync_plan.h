// What a sync does, in which order, and what is next.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/json/value.hpp>

#include "gitops/compare.h"
#include "gitops/health.h"
#include "gitops/resource_id.h"
#include "gitops/sync_options.h"

namespace sluice::gitops {

enum class SyncPhase { pre_sync, sync, post_sync, sync_fail };

// "PreSync", "Sync", "PostSync", "SyncFail".
const char* name_of(SyncPhase phase);

enum class TaskKind { apply, hook, prune };

// When a hook's object is deleted.
struct HookDeletion {
  bool before_creation = false;
  bool succeeded = false;
  bool failed = false;
};

struct SyncTask {
  ResourceId id;
  std::string version;
  TaskKind kind = TaskKind::apply;
  SyncPhase phase = SyncPhase::sync;
  int wave = 0;
  std::shared_ptr<const json::value> desired;  // nullptr for prune
  std::shared_ptr<const json::value> live;     // when the plan was made; nullptr when it was not there
  SyncOptions options;
  HookDeletion deletion;
  std::string skip_because;  // prune only: why the object stays
  bool kind_is_known = true;
};

struct SyncPlan {
  std::vector<SyncTask> tasks;        // in the order in which they run
  std::vector<std::string> mistakes;  // with any of them nothing may run
};

struct PlanRequest {
  SyncOptions options;
  bool prune = false;              // the operation may delete what has left Git
  bool hooks = true;               // false for a sync of chosen objects
  std::vector<ResourceId> chosen;  // only these; all when empty
};

// Phases, then waves, then kinds in the order in which they need each other, then names. What has left Git goes last in
// the opposite order. A Namespace or CustomResourceDefinition never comes later than its first user.
SyncPlan plan_sync(const Comparison& comparison, const PlanRequest& request);

enum class TaskState { pending, running, succeeded, failed };

struct TaskProgress {
  TaskState state = TaskState::pending;
  std::string message;
  std::string written_version;  // what our write made; the task is judged on nothing older
};

// How a running task stands, seen the object as it is now (nullptr: it is gone).
TaskProgress judge(const SyncTask& task, TaskProgress progress, const json::value* live);

enum class SyncOutcome { succeeded, failed };

struct SyncStep {
  std::vector<std::size_t> run;         // tasks to run now, in this order
  std::optional<SyncOutcome> finished;  // when nothing is left to run
  std::string message;                  // what is waited for, or how it ended
};

// The next step, from how far each task has come. A wave starts only when all earlier ones are healthy; the last one is
// not waited for unless it holds a hook. After a failure only SyncFail hooks run.
SyncStep next_step(const std::vector<SyncTask>& tasks, const std::vector<TaskProgress>& progress);

// The place of a kind in the order of creation; kinds without one come last.
std::size_t rank_of(std::string_view kind);

}  // namespace sluice::gitops
