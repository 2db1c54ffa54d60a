// What a sync does, in which order, and what it waits for.
#include "gitops/sync_plan.h"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "kube/yaml.h"

using namespace sluice;
using namespace sluice::gitops;

namespace {

// An object written as "Kind name" with annotations as YAML flow members.
std::shared_ptr<const json::value> object(const std::string& kind, const std::string& name,
                                          const std::string& annotations = "") {
  const std::string group = kind == "Deployment" ? "apps/v1" : kind == "Job" ? "batch/v1" : "v1";
  auto made = kube::parse_yaml(
      fmt::format("apiVersion: {}\nkind: {}\nmetadata: {{name: {}, namespace: {}, annotations: {{{}}}}}", group, kind,
                  name, kind == "Namespace" ? "''" : "ns", annotations));
  BOOST_REQUIRE(made.has_value());
  return std::make_shared<const json::value>(std::move(*made));
}

struct Building {
  Comparison comparison;

  Building& in_git(const std::string& kind, const std::string& name, const std::string& annotations = "") {
    ComparedResource resource;
    resource.desired = object(kind, name, annotations);
    resource.id = id_of(*resource.desired);
    resource.hook = is_hook(*resource.desired);
    resource.status = SyncStatus::out_of_sync;
    comparison.resources.push_back(std::move(resource));
    return *this;
  }
  Building& left_git(const std::string& kind, const std::string& name, const std::string& annotations = "") {
    in_git(kind, name, annotations);
    ComparedResource& resource = comparison.resources.back();
    resource.live = std::move(resource.desired);
    resource.requires_pruning = true;
    resource.hook = false;
    return *this;
  }
};

std::string wave(int number) { return fmt::format("argocd.argoproj.io/sync-wave: '{}'", number); }
std::string hook(const std::string& phase) { return "argocd.argoproj.io/hook: " + phase; }

std::vector<std::string> order(const SyncPlan& plan) {
  std::vector<std::string> result;
  for (const SyncTask& task : plan.tasks)
    result.push_back(fmt::format("{}{} {} {}", task.kind == TaskKind::prune ? "-" : "", task.id.name,
                                 name_of(task.phase), task.wave));
  return result;
}

PlanRequest pruning() {
  PlanRequest request;
  request.prune = true;
  return request;
}

// Runs a plan of which every object becomes healthy at once; what ran in each step.
std::vector<std::vector<std::string>> run(const SyncPlan& plan) {
  std::vector<std::vector<std::string>> steps;
  std::vector<TaskProgress> progress(plan.tasks.size());
  for (;;) {
    const SyncStep step = next_step(plan.tasks, progress);
    if (step.finished) return steps;
    BOOST_REQUIRE(!step.run.empty());
    steps.emplace_back();
    for (const std::size_t at : step.run) {
      steps.back().push_back(plan.tasks[at].id.name);
      progress[at].state = TaskState::succeeded;
    }
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sync_plans)

BOOST_AUTO_TEST_CASE(kinds_go_in_the_order_of_their_needs) {
  const SyncPlan plan = plan_sync(Building()
                                      .in_git("Widget", "w")
                                      .in_git("Deployment", "d")
                                      .in_git("Service", "s")
                                      .in_git("ConfigMap", "c2")
                                      .in_git("ConfigMap", "c1")
                                      .in_git("Namespace", "other")
                                      .comparison,
                                  {});
  const std::vector<std::string> expected{"other Sync 0", "c1 Sync 0", "c2 Sync 0", "s Sync 0", "d Sync 0", "w Sync 0"};
  BOOST_TEST(order(plan) == expected, boost::test_tools::per_element());
  BOOST_TEST(run(plan).size() == 1u);
}

BOOST_AUTO_TEST_CASE(phases_then_waves) {
  const SyncPlan plan = plan_sync(Building()
                                      .in_git("ConfigMap", "late", wave(5))
                                      .in_git("Deployment", "early", wave(-1))
                                      .in_git("ConfigMap", "middle")
                                      .in_git("Job", "after", hook("PostSync"))
                                      .in_git("Job", "before", hook("PreSync"))
                                      .in_git("Job", "oops", hook("SyncFail"))
                                      .in_git("Job", "never", hook("Skip"))
                                      .comparison,
                                  {});
  const std::vector<std::string> expected{"before PreSync 0", "early Sync -1",    "middle Sync 0",
                                          "late Sync 5",      "after PostSync 0", "oops SyncFail 0"};
  BOOST_TEST(order(plan) == expected, boost::test_tools::per_element());
  BOOST_TEST(run(plan).size() == 5u);
}

BOOST_AUTO_TEST_CASE(what_left_git_goes_last_and_backwards) {
  const SyncPlan plan = plan_sync(Building()
                                      .in_git("Deployment", "d")
                                      .in_git("ConfigMap", "c", wave(2))
                                      .left_git("ConfigMap", "old-c")
                                      .left_git("Deployment", "old-d")
                                      .comparison,
                                  pruning());
  const std::vector<std::string> expected{"d Sync 0", "c Sync 2", "-old-d Sync 2", "-old-c Sync 2"};
  BOOST_TEST(order(plan) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(waves_are_mirrored_when_they_go) {
  const SyncPlan plan = plan_sync(Building()
                                      .in_git("ConfigMap", "c")
                                      .left_git("ConfigMap", "w0")
                                      .left_git("ConfigMap", "w1", wave(1))
                                      .left_git("ConfigMap", "w5", wave(5))
                                      .comparison,
                                  pruning());
  const std::vector<std::string> expected{"c Sync 0", "-w5 Sync 0", "-w1 Sync 1", "-w0 Sync 2"};
  BOOST_TEST(order(plan) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(prune_last_is_a_wave_of_its_own) {
  PlanRequest request = pruning();
  request.options.prune_last = true;
  const SyncPlan plan = plan_sync(Building().in_git("ConfigMap", "c").left_git("ConfigMap", "old").comparison, request);
  const std::vector<std::string> expected{"c Sync 0", "-old Sync 1"};
  BOOST_TEST(order(plan) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(protected_objects_stay) {
  const auto skip = [](const Building& building, const PlanRequest& request) {
    return plan_sync(building.comparison, request).tasks.at(0).skip_because;
  };
  BOOST_TEST(skip(Building().left_git("ConfigMap", "c"), pruning()).empty());
  BOOST_TEST(skip(Building().left_git("ConfigMap", "c"), {}) == "pruning is not asked for");
  BOOST_TEST(
      skip(Building().left_git("ConfigMap", "c", "argocd.argoproj.io/sync-options: 'PruneLast=true, Prune=false'"),
           pruning()) == "no prune (Prune=false)");
  PlanRequest request = pruning();
  request.options.prune = false;
  BOOST_TEST(skip(Building().left_git("ConfigMap", "c"), request) == "no prune (Prune=false)");
  BOOST_TEST(
      skip(Building().left_git("ConfigMap", "c", "argocd.argoproj.io/sync-options: Prune=true"), request).empty());
}

BOOST_AUTO_TEST_CASE(a_namespace_comes_before_its_first_user) {
  const SyncPlan plan = plan_sync(Building()
                                      .in_git("Job", "before", hook("PreSync"))
                                      .in_git("ConfigMap", "c")
                                      .in_git("Namespace", "ns", wave(3))
                                      .comparison,
                                  {});
  const std::vector<std::string> expected{"ns PreSync 0", "before PreSync 0", "c Sync 0"};
  BOOST_TEST(order(plan) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(mistakes_stop_everything_and_are_all_named) {
  Building building;
  building.in_git("ConfigMap", "a", "argocd.argoproj.io/sync-wave: soon")
      .in_git("Job", "b", hook("Presync"))
      .in_git("Job", "c", hook("PostDelete"))
      .in_git("Job", "d", hook("Sync") + ", argocd.argoproj.io/hook-delete-policy: Never")
      .in_git("ConfigMap", "e", "argocd.argoproj.io/sync-options: 'Replace=true,Foo=bar'")
      .in_git("Widget", "f");
  building.comparison.resources.back().kind_is_known = false;
  const std::vector<std::string> expected{
      "ConfigMap ns/a: annotation argocd.argoproj.io/sync-wave must be a whole number, not \"soon\"",
      "batch/Job ns/b: hook \"Presync\" is not known (use PreSync, Sync, PostSync, SyncFail or Skip)",
      "batch/Job ns/c: hook PostDelete is not supported yet",
      "batch/Job ns/d: hook-delete-policy \"Never\" is not known",
      "ConfigMap ns/e: sync option \"Replace=true\" is not supported yet",
      "ConfigMap ns/e: sync option \"Foo=bar\" is not known",
      "Widget ns/f: the cluster serves no kind Widget in ; install its CustomResourceDefinition first"};
  BOOST_TEST(plan_sync(building.comparison, {}).mistakes == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(chosen_objects_run_without_hooks) {
  PlanRequest request;
  request.chosen = {{"", "ConfigMap", "", "a"}};
  request.hooks = false;
  const SyncPlan plan = plan_sync(
      Building().in_git("ConfigMap", "a").in_git("ConfigMap", "b").in_git("Job", "j", hook("PreSync")).comparison,
      request);
  const std::vector<std::string> expected{"a Sync 0"};
  BOOST_TEST(order(plan) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(sync_steps)

struct Stepping {
  SyncPlan plan;
  std::vector<TaskProgress> progress;

  explicit Stepping(const Building& building)
      : plan(plan_sync(building.comparison, pruning())), progress(plan.tasks.size()) {}
  SyncStep step() const { return next_step(plan.tasks, progress); }
  void set(const std::string& name, TaskState state, const std::string& message = "") {
    for (std::size_t at = 0; at < plan.tasks.size(); ++at)
      if (plan.tasks[at].id.name == name) progress[at] = {state, message, ""};
  }
};

BOOST_AUTO_TEST_CASE(a_wave_waits_for_the_health_of_the_one_before) {
  Stepping sync(Building().in_git("Deployment", "first").in_git("Deployment", "second", wave(1)));
  BOOST_TEST(sync.step().run.size() == 1u);
  sync.set("first", TaskState::running, "0 of 1 replicas are updated");
  BOOST_TEST(sync.step().run.empty());
  BOOST_TEST(sync.step().message == "waiting for apps/Deployment ns/first to be healthy (0 of 1 replicas are updated)");
  sync.set("first", TaskState::succeeded);
  BOOST_TEST(sync.step().run.at(0) == 1u);
  sync.set("second", TaskState::running);
  BOOST_TEST((sync.step().finished == SyncOutcome::succeeded));
}

BOOST_AUTO_TEST_CASE(a_failure_stops_later_waves_and_runs_the_fail_hooks) {
  Stepping sync(Building()
                    .in_git("Deployment", "first")
                    .in_git("Deployment", "second", wave(1))
                    .in_git("Job", "cleanup", hook("SyncFail")));
  sync.set("first", TaskState::failed, "it is degraded");
  BOOST_TEST(sync.plan.tasks[sync.step().run.at(0)].id.name == "cleanup");
  sync.set("cleanup", TaskState::running);
  BOOST_TEST(sync.step().run.empty());
  BOOST_TEST(!sync.step().finished.has_value());
  sync.set("cleanup", TaskState::succeeded);
  BOOST_TEST((sync.step().finished == SyncOutcome::failed));
  BOOST_TEST(sync.step().message == "1 of 3 objects failed; apps/Deployment ns/first: it is degraded");
}

BOOST_AUTO_TEST_CASE(the_last_wave_is_waited_for_when_it_holds_a_hook) {
  Stepping sync(Building().in_git("Deployment", "d").in_git("Job", "j", hook("Sync")));
  sync.set("d", TaskState::running);
  sync.set("j", TaskState::running);
  BOOST_TEST(sync.step().message == "waiting for the hook batch/Job ns/j to end");
  sync.set("j", TaskState::succeeded);
  BOOST_TEST(sync.step().message == "waiting for apps/Deployment ns/d to be healthy");
  sync.set("d", TaskState::succeeded);
  BOOST_TEST((sync.step().finished == SyncOutcome::succeeded));
}

BOOST_AUTO_TEST_CASE(a_task_is_judged_by_the_health_of_its_object) {
  const auto judged = [](TaskKind kind, const std::string& status) {
    SyncTask task;
    task.kind = kind;
    const auto live = kube::parse_yaml("apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nstatus: " + status);
    return judge(task, {TaskState::running, "", ""}, &*live).state;
  };
  const std::string complete = "{conditions: [{type: Complete, status: 'True'}]}";
  const std::string failed = "{conditions: [{type: Failed, status: 'True', message: no}]}";
  const std::string suspended = "{conditions: [{type: Suspended, status: 'True'}]}";
  BOOST_TEST((judged(TaskKind::hook, complete) == TaskState::succeeded));
  BOOST_TEST((judged(TaskKind::hook, failed) == TaskState::failed));
  BOOST_TEST((judged(TaskKind::hook, suspended) == TaskState::running));
  BOOST_TEST((judged(TaskKind::apply, failed) == TaskState::failed));
  BOOST_TEST((judged(TaskKind::apply, "{}") == TaskState::running));
  BOOST_TEST((judge({}, {TaskState::running, "", ""}, nullptr).state == TaskState::failed));
  SyncTask prune;
  prune.kind = TaskKind::prune;
  BOOST_TEST((judge(prune, {TaskState::running, "", ""}, nullptr).state == TaskState::succeeded));
}

BOOST_AUTO_TEST_SUITE_END()
