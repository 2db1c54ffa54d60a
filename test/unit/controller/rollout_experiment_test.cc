// The experiment step of a canary: what is made, how it ends, and what becomes of others.
#include "controller/rollout_experiment.h"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "controller/keys.h"
#include "model_cluster.h"

namespace sluice::controller::test {
namespace {

using Names = std::vector<std::string>;

crds::CanaryStep experiment_step(const std::function<void(crds::ExperimentStep&)>& change = {}) {
  crds::ExperimentStep experiment;
  experiment.duration = "5m";
  for (const char* name : {"stable", "canary"}) {
    crds::ExperimentStepTemplate one;
    one.name = std::string("the-") + name;
    one.spec_ref = name;
    experiment.templates.push_back(one);
  }
  if (change) change(experiment);
  crds::CanaryStep step;
  step.experiment = experiment;
  return step;
}

// v2 has reached its experiment, which runs.
ModelCluster at_experiment(const crds::CanaryStep& step = experiment_step()) {
  ModelCluster cluster(canary_spec(4, {step, weight_step(50), pause_step()}));
  cluster.add_template("success");
  cluster.rest();
  cluster.set_now(at(100));
  cluster.set_image("v2");
  cluster.rest();
  return cluster;
}

bool is_waiting_for(const ModelCluster& cluster, const std::string& part) {
  for (const Reason& reason : cluster.look().reasons)
    if (reason.sentence.find(part) != std::string::npos) return true;
  return false;
}

BOOST_AUTO_TEST_SUITE(rollout_experiment)

BOOST_AUTO_TEST_CASE(the_step_makes_one_experiment_of_both_versions) {
  ModelCluster cluster = at_experiment(experiment_step([](crds::ExperimentStep& step) {
    step.templates[1].replicas = 2;
    step.templates[1].metadata.labels.set("tier", "gold");
    step.templates[1].metadata.annotations.set("note", "x");
    step.templates[1].service.emplace();
    step.analyses.push_back({"check", "success", false, {}, true});
    step.scale_down_delay_seconds = 7;
    step.dry_run = {{"success-rate"}};
  }));
  BOOST_TEST(cluster.experiments() == Names{"web-v2-2-0"});
  const crds::Experiment& made = cluster.experiment("web-v2-2-0");
  BOOST_TEST(made.meta.labels.get(keys::hash_label) == cluster.hash("v2"));
  BOOST_TEST(made.meta.annotations.get(keys::revision) == "2");
  BOOST_TEST(made.meta.controller()->uid == "rollout-uid");
  BOOST_TEST(made.spec->duration == "5m");
  BOOST_TEST(made.spec->scale_down_delay_seconds.value() == 7);
  BOOST_TEST(made.spec->dry_run.size() == 1u);
  const crds::ExperimentTemplate& stable = made.spec->templates[0];
  const crds::ExperimentTemplate& canary = made.spec->templates[1];
  BOOST_TEST(stable.name == "the-stable");
  BOOST_TEST(*stable.replicas == 1);
  BOOST_TEST(*canary.replicas == 2);
  BOOST_TEST(!stable.service.has_value());
  BOOST_TEST(canary.service.has_value());
  BOOST_TEST(canary.selector->match_labels.get("tier") == "gold");
  BOOST_TEST(canary.pod_template->labels.get("tier") == "gold");
  BOOST_TEST(canary.pod_template->annotations.get("note") == "x");
  BOOST_TEST((stable.pod_template->images != canary.pod_template->images));
  BOOST_TEST(made.spec->analyses[0].required_for_completion);
  BOOST_TEST(cluster.status().canary.current_experiment == made.meta.name);
  BOOST_TEST(cluster.events().find("ExperimentCreated: Created Experiment") != std::string::npos);
  BOOST_TEST(is_waiting_for(cluster, "is running"));
  BOOST_TEST((cluster.status().current_step_index == 0));
}

BOOST_AUTO_TEST_CASE(a_successful_one_leads_on) {
  ModelCluster cluster = at_experiment();
  cluster.finish_experiment("web-v2-2-0", "Successful");
  cluster.rest();
  BOOST_TEST((cluster.status().current_step_index == 2));
  BOOST_TEST(cluster.status().canary.current_experiment.empty());
  BOOST_TEST(cluster.experiments() == Names{"web-v2-2-0"});
}

BOOST_AUTO_TEST_CASE(a_bad_one_aborts) {
  for (const char* phase : {"Failed", "Error"}) {
    ModelCluster cluster = at_experiment();
    cluster.finish_experiment("web-v2-2-0", phase, "too slow");
    cluster.rest();
    BOOST_TEST(cluster.status().abort);
    BOOST_TEST(cluster.status().message ==
               "RolloutAborted: Rollout aborted update to revision 2: Experiment analysis phase is error/failed: too "
               "slow");
    BOOST_TEST(cluster.status().canary.current_experiment.empty());
  }
}

BOOST_AUTO_TEST_CASE(one_with_a_wrong_spec_aborts) {
  ModelCluster cluster = at_experiment();
  crds::Condition condition;
  condition.type = "InvalidSpec";
  condition.status = "True";
  condition.message = "it is wrong";
  cluster.experiment("web-v2-2-0").status.conditions = {condition};
  cluster.rest();
  BOOST_TEST(cluster.status().abort);
  BOOST_TEST(cluster.status().message.ends_with("it is wrong"));
}

BOOST_AUTO_TEST_CASE(defect_19_an_inconclusive_one_pauses_and_no_other_is_made) {
  ModelCluster cluster = at_experiment();
  cluster.finish_experiment("web-v2-2-0", "Inconclusive", "who knows");
  for (int turn = 0; turn < 10; ++turn) cluster.rest();
  cluster.pass(3600);
  BOOST_TEST(cluster.phase() == "Paused: InconclusiveExperiment");
  BOOST_TEST((cluster.status().current_step_index == 0));
  BOOST_TEST(cluster.experiments() == Names{"web-v2-2-0"});
}

BOOST_AUTO_TEST_CASE(a_person_who_resumes_runs_it_again) {
  ModelCluster cluster = at_experiment();
  cluster.finish_experiment("web-v2-2-0", "Inconclusive");
  cluster.rest();
  cluster.edit_status([](crds::RolloutStatus& status) { status.pause_conditions.clear(); });
  cluster.rest();
  BOOST_TEST(cluster.experiments() == (Names{"web-v2-2-0", "web-v2-2-0-1"}));
  BOOST_TEST(!cluster.status().controller_pause);
  cluster.finish_experiment("web-v2-2-0-1", "Successful");
  cluster.rest();
  BOOST_TEST((cluster.status().current_step_index == 2));
}

BOOST_AUTO_TEST_CASE(a_person_who_promotes_goes_on_without_it) {
  ModelCluster cluster = at_experiment();
  cluster.finish_experiment("web-v2-2-0", "Inconclusive");
  cluster.rest();
  // As the plugin does it at a step that is no pause.
  cluster.edit_status([](crds::RolloutStatus& status) {
    status.pause_conditions.clear();
    status.current_step_index = 1;
  });
  cluster.rest();
  BOOST_TEST((cluster.status().current_step_index == 2));
  BOOST_TEST(cluster.experiments() == Names{"web-v2-2-0"});
}

BOOST_AUTO_TEST_CASE(whoever_leaves_the_step_ends_it) {
  struct Way {
    const char* name;
    std::function<void(ModelCluster&)> go;
  };
  const Way ways[] = {{"abort", [](ModelCluster& cluster) { cluster.abort(); }},
                      {"skip", [](ModelCluster& cluster) { cluster.promote(); }},
                      {"promote full", [](ModelCluster& cluster) { cluster.promote_full(); }},
                      {"another version", [](ModelCluster& cluster) { cluster.set_image("v3"); }},
                      {"back", [](ModelCluster& cluster) { cluster.set_image("v1"); }}};
  for (const Way& way : ways) {
    BOOST_TEST_CONTEXT(way.name) {
      ModelCluster cluster = at_experiment();
      way.go(cluster);
      cluster.rest();
      BOOST_TEST(cluster.experiments()[0] == "web-v2-2-0 (ended)");
      BOOST_TEST(cluster.status().canary.current_experiment != "web-" + cluster.hash("v2") + "-2-0");
    }
  }
}

BOOST_AUTO_TEST_CASE(a_retry_makes_another_one) {
  ModelCluster cluster = at_experiment();
  cluster.finish_experiment("web-v2-2-0", "Failed");
  cluster.rest();
  cluster.set_now(cluster.now() + kube::seconds(60));
  cluster.retry();
  cluster.rest();
  BOOST_TEST(cluster.experiments() == (Names{"web-v2-2-0", "web-v2-2-0-1"}));
  BOOST_TEST(!cluster.status().abort);
}

BOOST_AUTO_TEST_CASE(dying_before_the_status_makes_no_second_one) {
  for (const char* phase : {"Running", "Successful"}) {
    ModelCluster cluster(canary_spec(4, {experiment_step(), weight_step(50), pause_step()}));
    cluster.rest();
    cluster.set_now(at(100));
    cluster.set_image("v2");
    for (int turn = 0; turn < 50 && cluster.experiments().empty(); ++turn) {
      const Decision decision = cluster.look();
      const bool makes_it =
          !decision.writes.empty() && std::holds_alternative<CreateExperiment>(decision.writes.front().effect);
      cluster.apply_partly(decision, makes_it ? 1 : decision.writes.size() + 1);
      cluster.become_ready();
    }
    cluster.finish_experiment("web-v2-2-0", phase);
    cluster.rest();
    BOOST_TEST(cluster.experiments() == Names{"web-v2-2-0"});
    BOOST_TEST(cluster.status().current_step_index.value() == (std::string(phase) == "Running" ? 0 : 2));
  }
}

BOOST_AUTO_TEST_CASE(a_paused_spec_starts_none) {
  ModelCluster cluster(canary_spec(4, {experiment_step(), weight_step(50)}));
  cluster.rest();
  cluster.edit([](crds::RolloutSpec& spec) { spec.paused = true; });
  cluster.set_image("v2");
  cluster.rest();
  BOOST_TEST(cluster.experiments().empty());
  cluster.edit([](crds::RolloutSpec& spec) { spec.paused = false; });
  cluster.rest();
  BOOST_TEST(cluster.experiments().size() == 1u);
}

BOOST_AUTO_TEST_CASE(only_so_many_finished_ones_are_kept) {
  ModelCluster cluster(canary_spec(4, {experiment_step()}));
  cluster.edit([](crds::RolloutSpec& spec) {
    spec.analysis.emplace();
    spec.analysis->successful_run_history_limit = 1;
  });
  cluster.rest();
  int seconds = 100;
  for (const char* version : {"v2", "v3", "v4"}) {
    cluster.set_now(at(seconds += 100));
    cluster.set_image(version);
    cluster.rest();
    const std::string name = cluster.experiments().back();
    cluster.finish_experiment(name, "Successful");
    cluster.rest();
  }
  BOOST_TEST(cluster.experiments().size() == 1u);
}

BOOST_AUTO_TEST_CASE(one_with_pods_is_kept_until_they_are_gone) {
  ModelCluster cluster = at_experiment();
  cluster.edit([](crds::RolloutSpec& spec) {
    spec.analysis.emplace();
    spec.analysis->successful_run_history_limit = 0;
  });
  crds::ExperimentTemplateStatus pods;
  pods.name = "the-canary";
  pods.replicas = 1;
  cluster.experiment("web-v2-2-0").status.template_statuses = {pods};
  cluster.finish_experiment("web-v2-2-0", "Successful");
  cluster.rest();
  BOOST_TEST(cluster.experiments().size() == 1u);
  cluster.experiment("web-v2-2-0").status.template_statuses.clear();
  cluster.rest();
  BOOST_TEST(cluster.experiments().empty());
}

BOOST_AUTO_TEST_CASE(what_its_analyses_lack_is_a_mistake_of_the_rollout) {
  ModelCluster cluster = at_experiment(experiment_step(
      [](crds::ExperimentStep& step) { step.analyses.push_back({"check", "unknown", false, {}, true}); }));
  BOOST_TEST(cluster.experiments().empty());
  BOOST_TEST(cluster.phase().find("spec.strategy.canary.steps[0].experiment.analyses[0].templateName") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(without_its_stable_set_it_waits) {
  ModelCluster cluster(canary_spec(4, {pause_step(), experiment_step()}));
  cluster.rest();
  cluster.set_image("v2");
  cluster.rest();
  cluster.delete_set("v1");
  cluster.promote();
  cluster.rest();
  BOOST_TEST(cluster.experiments().empty());
  BOOST_TEST(is_waiting_for(cluster, "needs the stable ReplicaSet, which has gone"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::controller::test
