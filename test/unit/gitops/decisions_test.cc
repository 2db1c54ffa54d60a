// Checking Applications, deciding automated syncs, keeping the record of operations.
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "gitops/application_check.h"
#include "gitops/application_status.h"
#include "gitops/auto_sync.h"
#include "gitops/operation.h"

using namespace sluice;
using namespace sluice::gitops;

namespace {

const kube::Time noon{kube::seconds{1767268800}};

crds::ApplicationSpec good_spec() {
  crds::ApplicationSpec spec;
  spec.project = "default";
  crds::ApplicationSource& source = spec.source.obtain();
  source.repo_url = "https://git.example.com/app";
  source.path = "deploy";
  source.target_revision = "main";
  spec.destination.name = "in-cluster";
  spec.destination.ns = "web";
  return spec;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(checking_applications)

BOOST_AUTO_TEST_CASE(a_good_one_is_read) {
  crds::ApplicationSpec spec = good_spec();
  spec.source->directory.obtain().recurse = true;
  spec.sync_policy.obtain().sync_options = {"CreateNamespace=true", "PruneLast=true"};
  const CheckedApplication checked = check(spec, {});
  BOOST_TEST(checked.mistakes.empty());
  BOOST_TEST(checked.path == "deploy");
  BOOST_TEST(checked.directory.recurse);
  BOOST_TEST(checked.options.create_namespace);
  BOOST_TEST(checked.options.prune_last);
}

BOOST_AUTO_TEST_CASE(each_field_that_is_not_acted_on_is_refused) {
  using Spoil = void (*)(crds::ApplicationSpec&);
  const struct {
    Spoil spoil;
    const char* says;
  } rows[] = {
      {[](auto& s) { s.project = "team"; }, "spec.project: \"team\" is not supported yet (use default)"},
      {[](auto& s) { s.source.reset(); }, "spec.source: is required"},
      {[](auto& s) { s.sources.resize(2); },
       "spec.sources: more than one source is not supported yet (use spec.source)"},
      {[](auto& s) { s.source->repo_url = ""; }, "spec.source.repoURL: is required"},
      {[](auto& s) { s.source->path = ""; }, "spec.source.path: is required (\".\" for the root)"},
      {[](auto& s) { s.source->path = "../x"; }, "spec.source.path: must not contain \"..\""},
      {[](auto& s) { s.source->helm.obtain(); }, "spec.source.helm: is not supported yet (a directory of YAML is)"},
      {[](auto& s) { s.source->chart = "x"; }, "spec.source.chart: Helm charts are not supported yet"},
      {[](auto& s) { s.source->directory.obtain().include = "{a"; },
       "spec.source.directory.include: has a \"{\" without its \"}\""},
      {[](auto& s) { s.destination.server = "https://other"; }, "spec.destination: server and name exclude each other"},
      {[](auto& s) { s.destination.name = "far"; },
       "spec.destination: cluster \"far\" is not supported yet (only this controller's own: server "
       "https://kubernetes.default.svc or name in-cluster)"},
      {[](auto& s) { s.destination.name = ""; }, "spec.destination: server or name is required (name: in-cluster)"},
      {[](auto& s) {
         s.ignore_differences.resize(1);
         s.ignore_differences[0].jq_path_expressions = {".x"};
       },
       "spec.ignoreDifferences[0].jqPathExpressions: is not supported yet (use jsonPointers)"},
      {[](auto& s) {
         s.ignore_differences.resize(1);
         s.ignore_differences[0].json_pointers = {"x"};
       },
       "spec.ignoreDifferences[0].jsonPointers: \"x\" must start with \"/\""},
      {[](auto& s) { s.sync_policy.obtain().sync_options = {"Replace=true"}; },
       "spec.syncPolicy.syncOptions: sync option \"Replace=true\" is not supported yet"},
      {[](auto& s) { s.sync_policy.obtain().managed_namespace_metadata.emplace(); },
       "spec.syncPolicy.managedNamespaceMetadata: is not supported yet"},
      {[](auto& s) { s.sync_policy.obtain().retry.emplace().backoff.emplace().duration = "soon"; },
       "spec.syncPolicy.retry.backoff.duration: \"soon\" is no duration such as 5s"},
  };
  for (const auto& row : rows) {
    crds::ApplicationSpec spec = good_spec();
    row.spoil(spec);
    const CheckedApplication checked = check(spec, {});
    BOOST_TEST((std::ranges::find(checked.mistakes, row.says) != checked.mistakes.end()),
               row.says << " -- " << (checked.mistakes.empty() ? "" : checked.mistakes[0]));
  }
}

BOOST_AUTO_TEST_CASE(all_mistakes_are_named_at_once) {
  crds::ApplicationSpec spec;
  spec.project = "team";
  BOOST_TEST(check(spec, {}).mistakes.size() == 3u);
}

BOOST_AUTO_TEST_CASE(retries_wait_longer_each_time) {
  std::vector<std::string> mistakes;
  crds::RetryStrategy strategy;
  strategy.limit = 3;
  strategy.backoff = crds::RetryBackoff{"10", 3, "1m"};
  const RetryPlan plan = read_retry(strategy, mistakes);
  BOOST_TEST(mistakes.empty());
  BOOST_TEST((retry_delay(plan, 0) == kube::seconds{10}));
  BOOST_TEST((retry_delay(plan, 1) == kube::seconds{30}));
  BOOST_TEST((retry_delay(plan, 2) == kube::seconds{60}));
  BOOST_TEST((retry_delay(plan, 5000) == kube::seconds{60}));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(automated_syncs)

// Out of sync at a commit that was never tried; each test changes one thing.
struct Drifted {
  AutoSyncPolicy policy;
  std::vector<ComparedResource> resources;
  AutoSyncObservation seen;

  Drifted() {
    resources.push_back({.id = {"", "ConfigMap", "ns", "changed"}, .status = SyncStatus::out_of_sync});
    resources.push_back({.id = {"", "ConfigMap", "ns", "same"}, .status = SyncStatus::synced});
    seen.status = SyncStatus::out_of_sync;
    seen.revision = "new";
  }
  SyncAttempt attempt(bool succeeded) const {
    return {.revision = "new", .succeeded = succeeded, .finished_at = noon - kube::seconds{1}};
  }
  AutoSyncDecision decide() {
    seen.resources = &resources;
    return decide_auto_sync(policy, seen, noon);
  }
};

BOOST_AUTO_TEST_CASE(a_new_commit_is_synced) {
  Drifted drifted;
  BOOST_TEST((drifted.decide().action == AutoSyncAction::sync));
  drifted.seen.last = drifted.attempt(true);
  drifted.seen.last->revision = "old";
  BOOST_TEST((drifted.decide().action == AutoSyncAction::sync));
}

BOOST_AUTO_TEST_CASE(nothing_happens_without_a_difference) {
  Drifted drifted;
  drifted.seen.status = SyncStatus::synced;
  BOOST_TEST((drifted.decide().action == AutoSyncAction::nothing));
  drifted.seen.status = SyncStatus::unknown;
  BOOST_TEST((drifted.decide().action == AutoSyncAction::nothing));
}

BOOST_AUTO_TEST_CASE(what_only_needs_pruning_waits_for_leave_to_prune) {
  Drifted drifted;
  drifted.resources[0].requires_pruning = true;
  BOOST_TEST((drifted.decide().action == AutoSyncAction::nothing));
  drifted.policy.prune = true;
  BOOST_TEST((drifted.decide().action == AutoSyncAction::sync));
}

BOOST_AUTO_TEST_CASE(a_failed_commit_is_not_tried_again) {
  Drifted drifted;
  drifted.seen.last = drifted.attempt(false);
  BOOST_TEST((drifted.decide().action == AutoSyncAction::refuse));
  drifted.seen.last->same_input = false;
  BOOST_TEST((drifted.decide().action == AutoSyncAction::sync));
}

BOOST_AUTO_TEST_CASE(drift_is_healed_only_when_asked_for) {
  Drifted drifted;
  drifted.seen.last = drifted.attempt(true);
  BOOST_TEST((drifted.decide().action == AutoSyncAction::nothing));
  drifted.policy.self_heal = true;
  const AutoSyncDecision decision = drifted.decide();
  BOOST_TEST((decision.action == AutoSyncAction::heal));
  BOOST_REQUIRE(decision.chosen.size() == 1u);
  BOOST_TEST(decision.chosen[0].ns == "ns");
  BOOST_TEST(decision.heal_attempts == 1);
}

BOOST_AUTO_TEST_CASE(healing_backs_off) {
  Drifted drifted;
  drifted.policy.self_heal = true;
  drifted.seen.last = drifted.attempt(true);
  drifted.seen.last->heal_attempts = 2;
  const AutoSyncDecision decision = drifted.decide();
  BOOST_TEST((decision.action == AutoSyncAction::wait));
  BOOST_TEST((*decision.wake_at == noon + kube::seconds{5}));
  const std::int64_t expected[] = {0, 2, 6, 18, 54, 162, 300, 300};
  for (std::int64_t attempts = 0; attempts < 8; ++attempts)
    BOOST_TEST((heal_delay(attempts) == kube::seconds{expected[attempts]}));
}

BOOST_AUTO_TEST_CASE(an_emptied_commit_deletes_nothing_unless_allowed) {
  Drifted drifted;
  drifted.policy.prune = true;
  for (ComparedResource& resource : drifted.resources) {
    resource.requires_pruning = true;
    resource.status = SyncStatus::out_of_sync;
  }
  BOOST_TEST((drifted.decide().action == AutoSyncAction::refuse));
  drifted.policy.allow_empty = true;
  BOOST_TEST((drifted.decide().action == AutoSyncAction::sync));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(operations)

crds::OperationState running() {
  crds::Operation operation;
  operation.sync.emplace().revision = "abc";
  return begin_operation(operation, {}, noon);
}

SyncPlan one_task() {
  SyncPlan plan;
  plan.tasks.push_back({.id = {"", "ConfigMap", "ns", "a"}, .version = "v1"});
  plan.tasks[0].desired = std::make_shared<const json::value>(json::object());
  return plan;
}

BOOST_AUTO_TEST_CASE(progress_survives_in_the_record) {
  crds::OperationState state = running();
  const SyncPlan plan = one_task();
  for (const TaskState task : {TaskState::running, TaskState::succeeded, TaskState::failed}) {
    record_progress(state, plan, {{task, "message", ""}});
    BOOST_TEST(state.sync_result->resources.size() == 1u);
    BOOST_TEST((progress_of(state, plan)[0].state == task));
  }
  BOOST_TEST(state.sync_result->resources[0].status == "SyncFailed");
}

BOOST_AUTO_TEST_CASE(a_failed_attempt_is_followed_by_another_until_the_limit) {
  crds::OperationState state = running();
  const RetryPlan retry{.limit = 1};
  finish_attempt(state, SyncOutcome::failed, "no", retry, noon);
  BOOST_TEST(is_running(state));
  BOOST_TEST(state.message == "no. Retrying attempt #1 at 2026-01-01T12:00:05Z");
  BOOST_TEST((*next_attempt(state, retry) == noon + kube::seconds{5}));
  begin_attempt(state, {});
  BOOST_TEST(!next_attempt(state, retry).has_value());
  finish_attempt(state, SyncOutcome::failed, "no", retry, noon);
  BOOST_TEST(state.phase == "Failed");
  BOOST_TEST(state.message == "no (retried 1 times)");
}

BOOST_AUTO_TEST_CASE(the_history_keeps_the_newest) {
  crds::ApplicationStatus status;
  for (int at = 0; at < 4; ++at) add_history(status, running(), 3, noon);
  BOOST_REQUIRE(status.history.size() == 3u);
  BOOST_TEST(status.history.front().id == 1);
  BOOST_TEST(status.history.back().id == 3);
}

BOOST_AUTO_TEST_CASE(what_an_operation_cannot_do_is_named) {
  crds::Operation operation;
  BOOST_TEST(mistakes_of(operation)[0] == "operation.sync: is required");
  operation.sync.emplace().manifests = {"x"};
  operation.sync->sync_strategy.emplace().hook = crds::SyncForce{true};
  BOOST_TEST(mistakes_of(operation).size() == 2u);
}

BOOST_AUTO_TEST_CASE(an_operation_without_options_uses_those_of_the_application) {
  CheckedApplication checked;
  checked.options.server_side_apply = true;
  crds::Operation operation;
  operation.sync.emplace();
  std::vector<std::string> mistakes;
  BOOST_TEST(plan_request(operation, checked, mistakes).options.server_side_apply);
  operation.sync->sync_options = {"PruneLast=true"};
  BOOST_TEST(!plan_request(operation, checked, mistakes).options.server_side_apply);
}

BOOST_AUTO_TEST_CASE(a_condition_keeps_its_time_while_it_says_the_same) {
  std::vector<crds::ApplicationCondition> conditions;
  set_conditions(conditions, {"ComparisonError"}, {{"ComparisonError", "no"}}, noon);
  set_conditions(conditions, {"SyncError"}, {{"SyncError", "why"}}, noon + kube::seconds{5});
  set_conditions(conditions, {"ComparisonError"}, {{"ComparisonError", "no"}}, noon + kube::seconds{9});
  BOOST_REQUIRE(conditions.size() == 2u);
  BOOST_TEST(conditions[1].type == "ComparisonError");
  BOOST_TEST((conditions[1].last_transition_time == noon));
  set_conditions(conditions, {}, {{"SyncError", "why"}}, noon);
  BOOST_TEST(conditions.size() == 2u);
  set_conditions(conditions, {"ComparisonError"}, {}, noon);
  BOOST_TEST(conditions.size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
