// Making tasks from a comparison, and ordering them.
#include "gitops/sync_plan.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <tuple>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "kube/json.h"

namespace sluice::gitops {
namespace {

// Kinds in the order in which they need each other.
constexpr std::array<std::string_view, 35> kind_order{"Namespace",
                                                      "NetworkPolicy",
                                                      "ResourceQuota",
                                                      "LimitRange",
                                                      "PodSecurityPolicy",
                                                      "PodDisruptionBudget",
                                                      "ServiceAccount",
                                                      "Secret",
                                                      "SecretList",
                                                      "ConfigMap",
                                                      "StorageClass",
                                                      "PersistentVolume",
                                                      "PersistentVolumeClaim",
                                                      "CustomResourceDefinition",
                                                      "ClusterRole",
                                                      "ClusterRoleList",
                                                      "ClusterRoleBinding",
                                                      "ClusterRoleBindingList",
                                                      "Role",
                                                      "RoleList",
                                                      "RoleBinding",
                                                      "RoleBindingList",
                                                      "Service",
                                                      "DaemonSet",
                                                      "Pod",
                                                      "ReplicationController",
                                                      "ReplicaSet",
                                                      "Deployment",
                                                      "HorizontalPodAutoscaler",
                                                      "StatefulSet",
                                                      "Job",
                                                      "CronJob",
                                                      "IngressClass",
                                                      "Ingress",
                                                      "APIService"};

std::vector<std::string_view> words_of(std::string_view list) {
  std::vector<std::string_view> words;
  while (!list.empty()) {
    std::string_view word = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), word.size() + 1));
    while (word.starts_with(' ')) word.remove_prefix(1);
    while (word.ends_with(' ')) word.remove_suffix(1);
    if (!word.empty()) words.push_back(word);
  }
  return words;
}

int wave_of(const json::value& object, std::vector<std::string>& mistakes) {
  const std::string_view text = annotation(object, annotations::sync_wave);
  int wave = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), wave);
  if (!text.empty() && (error != std::errc{} || end != text.data() + text.size()))
    mistakes.push_back(fmt::format("{}: annotation {} must be a whole number, not \"{}\"", text_of(id_of(object)),
                                   annotations::sync_wave, text));
  return wave;
}

std::vector<SyncPhase> phases_of(const json::value& hook, std::vector<std::string>& mistakes) {
  std::vector<SyncPhase> phases;
  for (const std::string_view word : words_of(annotation(hook, annotations::hook))) {
    if (word == "PreSync")
      phases.push_back(SyncPhase::pre_sync);
    else if (word == "Sync")
      phases.push_back(SyncPhase::sync);
    else if (word == "PostSync")
      phases.push_back(SyncPhase::post_sync);
    else if (word == "SyncFail")
      phases.push_back(SyncPhase::sync_fail);
    else if (word == "PreDelete" || word == "PostDelete")
      mistakes.push_back(fmt::format("{}: hook {} is not supported yet", text_of(id_of(hook)), word));
    else if (word != "Skip")
      mistakes.push_back(fmt::format("{}: hook \"{}\" is not known (use PreSync, Sync, PostSync, SyncFail or Skip)",
                                     text_of(id_of(hook)), word));
  }
  return phases;
}

HookDeletion deletion_of(const json::value& hook, std::vector<std::string>& mistakes) {
  HookDeletion deletion;
  const auto words = words_of(annotation(hook, annotations::hook_delete_policy));
  deletion.before_creation = words.empty();
  for (const std::string_view word : words) {
    if (word == "BeforeHookCreation" || word == "before-hook-creation")
      deletion.before_creation = true;
    else if (word == "HookSucceeded" || word == "hook-succeeded")
      deletion.succeeded = true;
    else if (word == "HookFailed" || word == "hook-failed")
      deletion.failed = true;
    else
      mistakes.push_back(fmt::format("{}: hook-delete-policy \"{}\" is not known", text_of(id_of(hook)), word));
  }
  return deletion;
}

bool is_chosen(const PlanRequest& request, const ResourceId& id) {
  if (request.chosen.empty()) return true;
  return std::ranges::any_of(request.chosen, [&](const ResourceId& one) {
    return one.group == id.group && one.kind == id.kind && one.name == id.name && (one.ns.empty() || one.ns == id.ns);
  });
}

auto order_of(const SyncTask& task) {
  const bool prune = task.kind == TaskKind::prune;
  const auto rank = static_cast<std::ptrdiff_t>(rank_of(task.id.kind));
  return std::tuple(task.phase, task.wave, prune, prune ? -rank : rank);
}

void sort(std::vector<SyncTask>& tasks) {
  std::ranges::sort(tasks, [](const SyncTask& left, const SyncTask& right) {
    const auto a = order_of(left);
    const auto b = order_of(right);
    return a == b ? left.id < right.id : a < b;
  });
}

// True when `user` cannot be created before `base`, a Namespace or a definition of a kind.
bool needs(const SyncTask& user, const SyncTask& base) {
  if (user.kind == TaskKind::prune) return false;
  if (base.id.kind == "Namespace" && base.id.group.empty()) return user.id.ns == base.id.name;
  return base.id.kind == "CustomResourceDefinition" &&
         user.id.group == kube::text_at(*base.desired, {"spec", "group"}) &&
         user.id.kind == kube::text_at(*base.desired, {"spec", "names", "kind"});
}

void pull_bases_forward(std::vector<SyncTask>& tasks) {
  for (std::size_t at = 0; at < tasks.size(); ++at) {
    if (tasks[at].kind != TaskKind::apply) continue;
    for (std::size_t user = 0; user < at; ++user) {
      if (!needs(tasks[user], tasks[at])) continue;
      SyncTask base = std::move(tasks[at]);
      base.phase = tasks[user].phase;
      base.wave = tasks[user].wave;
      tasks.erase(tasks.begin() + static_cast<std::ptrdiff_t>(at));
      tasks.insert(tasks.begin() + static_cast<std::ptrdiff_t>(user), std::move(base));
      break;
    }
  }
}

class Planner {
 public:
  Planner(const Comparison& comparison, const PlanRequest& request) : comparison_(comparison), request_(request) {}

  SyncPlan make() {
    for (const ComparedResource& resource : comparison_.resources) {
      if (!is_chosen(request_, resource.id)) continue;
      if (resource.desired && !resource.hook && !annotation(*resource.desired, "helm.sh/hook").empty())
        plan_.mistakes.push_back(fmt::format("{}: annotation helm.sh/hook is not supported yet (use {})",
                                             text_of(resource.id), annotations::hook));
      if (resource.hook)
        add_hooks(resource);
      else if (resource.requires_pruning)
        add_prune(resource);
      else
        add_apply(resource);
    }
    place_prunes();
    sort(plan_.tasks);
    pull_bases_forward(plan_.tasks);
    return std::move(plan_);
  }

 private:
  SyncTask task_of(const ResourceId& id, const ComparedResource& resource, TaskKind kind) {
    const json::value& object = resource.desired ? *resource.desired : *resource.live;
    SyncTask task{.id = id, .version = resource.version, .kind = kind};
    task.desired = resource.desired;
    task.live = resource.live;
    task.kind_is_known = resource.kind_is_known;
    // What has left Git cannot be corrected there any more, so its odd annotations count for nothing.
    std::vector<std::string> none;
    std::vector<std::string>& mistakes = resource.desired ? plan_.mistakes : none;
    task.wave = wave_of(object, mistakes);
    task.options = options_of(object, request_.options, mistakes);
    return task;
  }

  void check_kind(const ComparedResource& resource, const SyncTask& task) {
    if (resource.kind_is_known || task.options.skip_dry_run_on_missing) return;
    plan_.mistakes.push_back(fmt::format(
        "{}: the cluster serves no kind {} in {}{}{}; install its CustomResourceDefinition first", text_of(resource.id),
        resource.id.kind, resource.id.group, resource.id.group.empty() ? "" : "/", resource.version));
  }

  void add_apply(const ComparedResource& resource) {
    SyncTask task = task_of(resource.id, resource, TaskKind::apply);
    check_kind(resource, task);
    plan_.tasks.push_back(std::move(task));
  }

  void add_hooks(const ComparedResource& resource) {
    const std::vector<SyncPhase> phases = phases_of(*resource.desired, plan_.mistakes);
    if (!request_.hooks) return;
    for (const SyncPhase phase : phases) {
      SyncTask task = task_of(resource.id, resource, TaskKind::hook);
      if (phase == phases.front()) check_kind(resource, task);
      task.phase = phase;
      task.deletion = deletion_of(*resource.desired, plan_.mistakes);
      plan_.tasks.push_back(std::move(task));
    }
  }

  void add_prune(const ComparedResource& resource) {
    SyncTask task = task_of(resource.id, resource, TaskKind::prune);
    if (!request_.prune) task.skip_because = "pruning is not asked for";
    if (!task.options.prune) task.skip_because = "no prune (Prune=false)";
    if (kube::find_at(*resource.live, {"metadata", "deletionTimestamp"}))
      task.skip_because = "is being deleted already";
    plan_.tasks.push_back(std::move(task));
  }

  // Pruning joins the last wave of the Sync phase, so that nothing is taken away before its successor is there; with
  // PruneLast it is a wave of its own, which waits until all others are healthy. Among themselves the highest wave of
  // the objects goes first, which is done by waves of their own.
  void place_prunes() {
    int last = 0;
    bool any = false;
    for (const SyncTask& task : plan_.tasks)
      if (task.kind != TaskKind::prune && task.phase == SyncPhase::sync) {
        last = any ? std::max(last, task.wave) : task.wave;
        any = true;
      }
    std::set<int, std::greater<>> waves;
    for (const SyncTask& task : plan_.tasks)
      if (task.kind == TaskKind::prune) waves.insert(task.wave);
    for (SyncTask& task : plan_.tasks) {
      if (task.kind != TaskKind::prune) continue;
      const auto place = static_cast<int>(std::distance(waves.begin(), waves.find(task.wave)));
      task.wave = last + place + (task.options.prune_last ? 1 : 0);
    }
  }

  const Comparison& comparison_;
  const PlanRequest& request_;
  SyncPlan plan_;
};

bool same_group(const SyncTask& left, const SyncTask& right) {
  return left.phase == right.phase && left.wave == right.wave;
}

// True when the last group before SyncFail holds a hook.
bool ends_with_hook(const std::vector<SyncTask>& tasks) {
  const SyncTask* last = nullptr;
  for (const SyncTask& task : tasks)
    if (task.phase != SyncPhase::sync_fail) last = &task;
  return last && std::ranges::any_of(tasks, [&](const SyncTask& task) {
           return task.kind == TaskKind::hook && same_group(task, *last);
         });
}

std::string waiting_text(const SyncTask& task, const TaskProgress& progress) {
  const std::string what = task.kind == TaskKind::hook ? fmt::format("waiting for the hook {} to end", text_of(task.id))
                                                       : fmt::format("waiting for {} to be healthy", text_of(task.id));
  return progress.message.empty() ? what : fmt::format("{} ({})", what, progress.message);
}

}  // namespace

const char* name_of(SyncPhase phase) {
  constexpr std::array names{"PreSync", "Sync", "PostSync", "SyncFail"};
  return names[static_cast<std::size_t>(phase)];
}

std::size_t rank_of(std::string_view kind) {
  return static_cast<std::size_t>(std::ranges::find(kind_order, kind) - kind_order.begin());
}

SyncPlan plan_sync(const Comparison& comparison, const PlanRequest& request) {
  return Planner(comparison, request).make();
}

TaskProgress judge(const SyncTask& task, TaskProgress progress, const json::value* live) {
  if (progress.state != TaskState::running) return progress;
  if (task.kind == TaskKind::prune) {
    if (!live) progress.state = TaskState::succeeded;
    return progress;
  }
  if (!live) {
    progress.state = TaskState::failed;
    progress.message = "the object was deleted while the sync waited for it";
    return progress;
  }
  const std::optional<Health> health = assess_health(*live);
  const bool hook = task.kind == TaskKind::hook;
  if (!health || health->status == HealthStatus::healthy) {
    progress.state = TaskState::succeeded;
    if (hook && health) progress.message = health->message;
  } else if (health->status == HealthStatus::degraded || (hook && health->status == HealthStatus::unknown)) {
    progress.state = TaskState::failed;
    progress.message = health->message.empty() ? "the object is degraded" : health->message;
  } else {
    progress.message = health->message;
  }
  return progress;
}

SyncStep next_step(const std::vector<SyncTask>& tasks, const std::vector<TaskProgress>& progress) {
  SyncStep step;
  std::optional<std::size_t> first_pending;
  std::optional<std::size_t> first_running;
  std::optional<std::size_t> running_hook;
  std::optional<std::size_t> pending_fail_hook;
  std::vector<std::size_t> failed;
  for (std::size_t at = 0; at < tasks.size(); ++at) {
    const bool fail_hook = tasks[at].phase == SyncPhase::sync_fail;
    switch (progress[at].state) {
      case TaskState::pending:
        if (!fail_hook && !first_pending) first_pending = at;
        if (fail_hook && !pending_fail_hook) pending_fail_hook = at;
        break;
      case TaskState::running:
        if (!first_running) first_running = at;
        if (tasks[at].kind == TaskKind::hook && !running_hook) running_hook = at;
        break;
      case TaskState::failed:
        failed.push_back(at);
        break;
      case TaskState::succeeded:
        break;
    }
  }
  const auto run_group_of = [&](std::size_t first) {
    for (std::size_t at = first; at < tasks.size(); ++at)
      if (progress[at].state == TaskState::pending && same_group(tasks[at], tasks[first])) step.run.push_back(at);
  };
  if (running_hook) {
    step.message = waiting_text(tasks[*running_hook], progress[*running_hook]);
  } else if (!failed.empty() && pending_fail_hook) {
    run_group_of(*pending_fail_hook);
    step.message = "running SyncFail hooks";
  } else if (!failed.empty()) {
    step.finished = SyncOutcome::failed;
    step.message = fmt::format("{} of {} objects failed", failed.size(), tasks.size());
    for (std::size_t at = 0; at < std::min<std::size_t>(failed.size(), 3); ++at)
      step.message += fmt::format("; {}: {}", text_of(tasks[failed[at]].id), progress[failed[at]].message);
  } else if (first_running && (first_pending || ends_with_hook(tasks))) {
    step.message = waiting_text(tasks[*first_running], progress[*first_running]);
  } else if (first_pending) {
    run_group_of(*first_pending);
    step.message =
        fmt::format("running wave {} of phase {}", tasks[*first_pending].wave, name_of(tasks[*first_pending].phase));
  } else {
    step.finished = SyncOutcome::succeeded;
    step.message = "successfully synced (all tasks run)";
  }
  return step;
}

}  // namespace sluice::gitops
