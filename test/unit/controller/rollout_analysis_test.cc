// The AnalysisRuns that a Rollout makes: names, labels, arguments, the runs of other attempts, and pruning.
#include "controller/rollout_analysis.h"

#include <boost/test/unit_test.hpp>

#include "controller/keys.h"
#include "model_cluster.h"

namespace sluice::controller::test {
namespace {

// Paused before nothing: v2 has reached its analysis step.
ModelCluster at_analysis_step(const std::function<void(crds::RolloutAnalysis&)>& change,
                              std::map<std::string, std::string> field_values) {
  crds::CanaryStep step = analysis_step("success");
  change(*step.analysis);
  ModelCluster cluster(canary_spec(4, {weight_step(50), step}));
  cluster.add_template("success", {"service", "hash", "team"});
  cluster.field_values = std::move(field_values);
  cluster.rest();
  cluster.set_now(at(100));
  cluster.set_image("v2");
  return cluster;
}

crds::Argument argument(const std::string& name, const std::string& value) { return {name, value, {}}; }

crds::Argument argument_from(const std::string& name, crds::ArgumentSource source) {
  crds::Argument made;
  made.name = name;
  made.value_from = std::move(source);
  return made;
}

crds::RolloutAnalysis with_arguments(crds::RolloutAnalysis analysis) {
  analysis.args = {argument("service", "shop"),
                   argument_from("hash", {.pod_template_hash_value = crds::Word("Latest")}),
                   argument_from("team", {.field_ref = crds::FieldReference{"metadata.labels['team']"}})};
  return analysis;
}

BOOST_AUTO_TEST_SUITE(rollout_analysis)

BOOST_AUTO_TEST_CASE(a_run_carries_its_revision_step_and_arguments) {
  ModelCluster cluster = at_analysis_step(
      [](crds::RolloutAnalysis& analysis) {
        analysis = with_arguments(analysis);
        analysis.analysis_run_metadata.obtain().labels.set("tier", "gold");
      },
      {{"metadata.labels['team']", "payments"}});
  cluster.rest();
  const crds::AnalysisRun run = cluster.run("web-v2-2-1");
  BOOST_TEST(run.meta.labels.get(keys::hash_label) == cluster.hash("v2"));
  BOOST_TEST(run.meta.labels.get("rollout-type") == "Step");
  BOOST_TEST(run.meta.labels.get("step-index") == "1");
  BOOST_TEST(run.meta.labels.get("tier") == "gold");
  BOOST_TEST(run.meta.labels.get("app") == "web");
  BOOST_TEST(run.meta.annotations.get(keys::revision) == "2");
  BOOST_TEST(run.meta.controller()->uid == "rollout-uid");
  BOOST_REQUIRE(run.spec->args.size() == 3U);
  BOOST_TEST(*run.spec->args[0].value == "shop");
  BOOST_TEST(*run.spec->args[1].value == cluster.hash("v2"));
  BOOST_TEST(*run.spec->args[2].value == "payments");
}

BOOST_AUTO_TEST_CASE(a_field_that_cannot_be_read_is_a_mistake_of_the_spec) {
  ModelCluster cluster =
      at_analysis_step([](crds::RolloutAnalysis& analysis) { analysis = with_arguments(analysis); }, {});
  cluster.rest();
  BOOST_TEST(cluster.phase().find("args.team: invalid path metadata.labels['team'] in rollout") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(defect_44_all_fields_that_cannot_be_read_are_told) {
  ModelCluster cluster = at_analysis_step(
      [](crds::RolloutAnalysis& analysis) {
        analysis.args = {argument_from("service", {.field_ref = crds::FieldReference{"spec.nothing[3]"}}),
                         argument_from("hash", {.field_ref = crds::FieldReference{"metadata.labels['gone']"}}),
                         argument_from("team", {.field_ref = crds::FieldReference{"metadata.name"}})};
      },
      {{"metadata.name", "web"}});
  cluster.rest();
  BOOST_TEST(cluster.phase().find("args.service: invalid path spec.nothing[3] in rollout") != std::string::npos);
  BOOST_TEST(cluster.phase().find("args.hash: invalid path metadata.labels['gone'] in rollout") != std::string::npos);
  BOOST_TEST(cluster.phase().find("args.team") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(defect_45_each_analysis_is_checked_with_its_own_rules) {
  // What one step says about its own metrics is no mistake of another step's templates.
  crds::CanaryStep first = analysis_step("success"), second = analysis_step("latency");
  first.analysis->dry_run = {{"success-rate"}};
  crds::CanaryStep experiment;
  experiment.experiment.obtain().templates.push_back({});
  experiment.experiment->templates.back().name = "one";
  experiment.experiment->templates.back().spec_ref = "canary";
  experiment.experiment->analyses.push_back({"check", "nowhere", false, {}, true});
  ModelCluster cluster(canary_spec(4, {first, second, weight_step(50)}));
  cluster.add_template("success");
  cluster.add_template("latency");
  BOOST_TEST(mistakes_in(cluster.observe(), at(0)).empty());
  cluster.edit([&](crds::RolloutSpec& spec) {
    spec.strategy.canary->steps = crds::CanarySteps({first, second, experiment, weight_step(50)});
  });
  const kube::Mistakes mistakes = mistakes_in(cluster.observe(), at(0));
  BOOST_REQUIRE(mistakes.size() == 1u);
  BOOST_TEST(mistakes.front().path == "spec.strategy.canary.steps[2].experiment.analyses[0].templateName");
  // A template that comes later is looked at again, without another edit of the Rollout.
  cluster.add_template("nowhere");
  BOOST_TEST(mistakes_in(cluster.observe(), at(0)).empty());
}

BOOST_AUTO_TEST_CASE(an_argument_without_a_value_is_a_mistake_of_the_spec) {
  ModelCluster cluster = at_analysis_step([](crds::RolloutAnalysis&) {}, {});
  cluster.rest();
  BOOST_TEST(cluster.status().phase == "Degraded");
  BOOST_TEST(cluster.status().message.find("spec.strategy.canary.steps[1].analysis.templates") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(edge_13_a_run_that_was_made_before_the_process_died_is_found_again) {
  ModelCluster cluster(canary_spec(4, {weight_step(50), analysis_step("success")}));
  cluster.add_template("success");
  cluster.rest();
  cluster.set_now(at(100));
  cluster.set_image("v2");
  for (int turn = 0; turn < 50 && cluster.runs().empty(); ++turn) {
    const Decision decision = cluster.look();
    const bool makes_run =
        !decision.writes.empty() && std::holds_alternative<CreateAnalysisRun>(decision.writes.front().effect);
    // The process dies after the run was made and before the status was written.
    cluster.apply_partly(decision, makes_run ? 1 : decision.writes.size() + 1);
    cluster.become_ready();
  }
  cluster.rest();
  BOOST_TEST(cluster.runs() == std::vector<std::string>{"web-v2-2-1"});
  BOOST_TEST(cluster.status().canary.current_step_analysis_run_status->name == "web-" + cluster.hash("v2") + "-2-1");
}

BOOST_AUTO_TEST_CASE(events_tell_of_each_phase_once) {
  ModelCluster cluster(canary_spec(4, {weight_step(50), analysis_step("success"), pause_step()}));
  cluster.add_template("success");
  cluster.rest();
  cluster.set_now(at(100));
  cluster.set_image("v2");
  cluster.rest();
  std::string events = cluster.events();
  BOOST_TEST(events.find("AnalysisRunRunning: Step Analysis Run 'web-v2-2-1' Status New: 'Running' Previous: "
                         "'NoPreviousStatus'") != std::string::npos);
  cluster.finish_run("web-v2-2-1", "Successful");
  cluster.rest();
  events = cluster.events();
  BOOST_TEST(
      events.starts_with("AnalysisRunSuccessful: Step Analysis Run 'web-v2-2-1' Status New: 'Successful' "
                         "Previous: 'Running'\nRolloutStepCompleted: Rollout step 2/3 completed (analysis)"));
}

BOOST_AUTO_TEST_CASE(a_deleted_run_that_had_no_verdict_is_made_anew) {
  ModelCluster cluster(canary_spec(4, {weight_step(50), analysis_step("success")}));
  cluster.add_template("success");
  cluster.rest();
  cluster.set_now(at(100));
  cluster.set_image("v2");
  cluster.rest();
  cluster.delete_run("web-v2-2-1");
  cluster.rest();
  BOOST_TEST(cluster.runs() == std::vector<std::string>{"web-v2-2-1"});
  BOOST_TEST(*cluster.status().current_step_index == 1);
}

BOOST_AUTO_TEST_CASE(finished_runs_are_pruned_by_number_and_with_their_set) {
  crds::RolloutSpec spec = canary_spec(2, {weight_step(50), analysis_step("success")});
  spec.analysis.emplace().successful_run_history_limit = 1;
  spec.revision_history_limit = 3;
  ModelCluster cluster(spec);
  cluster.add_template("success");
  cluster.rest();
  int second = 100;
  for (const char* version : {"v2", "v3", "v4"}) {
    cluster.set_now(at(second += 10));
    cluster.set_image(version);
    cluster.rest();
    cluster.finish_run(cluster.unfinished_runs().front(), "Successful");
    cluster.rest();
  }
  BOOST_TEST(cluster.runs() == std::vector<std::string>{"web-v4-4-1"});
}

BOOST_AUTO_TEST_CASE(a_run_of_the_version_before_is_ended) {
  ModelCluster cluster(canary_spec(4, {weight_step(50), analysis_step("success")}));
  cluster.add_template("success");
  cluster.rest();
  cluster.set_now(at(100));
  cluster.set_image("v2");
  cluster.rest();
  cluster.set_now(at(110));
  cluster.set_image("v3");
  cluster.rest();
  const std::vector<std::string> runs = cluster.runs();
  BOOST_TEST(std::count(runs.begin(), runs.end(), "web-v2-2-1 (ended)") == 1);
  BOOST_TEST(std::count(runs.begin(), runs.end(), "web-v3-3-1") == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::controller::test
