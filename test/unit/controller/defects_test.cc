// What other controllers of this kind get wrong, by the number of the defect in our list, and what is right.
#include <algorithm>

#include <boost/test/unit_test.hpp>

#include "controller/keys.h"
#include "controller/replica_arithmetic.h"
#include "controller/steps.h"
#include "serving.h"

namespace sluice::controller::test {
namespace {

crds::RolloutSpec routed(std::vector<crds::CanaryStep> steps) { return routed_spec(10, std::move(steps)); }

const crds::Condition* condition(const crds::RolloutStatus& status, std::string_view type) {
  for (const crds::Condition& one : status.conditions)
    if (one.type == type) return &one;
  return nullptr;
}

BOOST_AUTO_TEST_SUITE(defects)

BOOST_AUTO_TEST_CASE(defect_02_no_delay_of_a_routed_canary_means_at_once_and_then_silence) {
  crds::RolloutSpec spec = routed({weight_step(20)});
  spec.strategy.canary->scale_down_delay_seconds = 0;
  ModelCluster cluster = serving(spec);
  cluster.set_image("v2");
  cluster.rest();
  BOOST_TEST(cluster.sizes() == "v1=0 v2=10");
  BOOST_TEST(!cluster.look().wake_at);
}

BOOST_AUTO_TEST_CASE(defect_04_an_abort_delay_may_be_long) {
  crds::RolloutSpec spec = routed({weight_step(20), pause_step()});
  spec.strategy.canary->abort_scale_down_delay_seconds = 1800;
  ModelCluster cluster = serving(spec);
  cluster.set_image("v2");
  cluster.rest();
  cluster.abort();
  cluster.pass(1799);
  BOOST_TEST(cluster.sizes() == "v1=10 v2=2");
  cluster.pass(2);
  BOOST_TEST(cluster.sizes() == "v1=10 v2=0");
}

BOOST_AUTO_TEST_CASE(defect_05_the_abort_delay_begins_when_the_requests_have_left) {
  ModelCluster cluster = serving(routed({weight_step(50), pause_step()}));
  cluster.set_image("v2");
  cluster.rest();
  cluster.routes_are_accepted_at_once = false;
  cluster.abort();
  cluster.pass(90);
  BOOST_TEST(cluster.desired("v2") == 5);
  BOOST_TEST(!cluster.set_of("v2").meta.annotations.contains(keys::scale_down_deadline));
  cluster.routes_are_accepted_at_once = true;
  cluster.pass(29);
  BOOST_TEST(cluster.desired("v2") == 5);
  cluster.pass(3);
  BOOST_TEST(cluster.desired("v2") == 0);
}

BOOST_AUTO_TEST_CASE(defect_10_a_rollback_in_the_window_gets_no_weight_that_its_pods_cannot_carry) {
  crds::RolloutSpec spec = routed({weight_step(10), weight_step(70)});
  spec.rollback_window = crds::RollbackWindow{2};
  ModelCluster cluster = serving(spec);
  cluster.set_image("v2");
  cluster.rest();
  cluster.pass(60);
  BOOST_TEST(cluster.sizes() == "v1=0 v2=10");
  cluster.limit_ready("v1", 1);
  cluster.set_image("v1");
  cluster.rest();
  BOOST_TEST(cluster.weight() <= 10);
  BOOST_TEST(cluster.desired("v2") == 10);
  cluster.limit_ready("v1", 10);
  cluster.rest();
  BOOST_TEST(cluster.phase() == "Healthy: ");
  BOOST_TEST(cluster.status().stable_rs == cluster.hash("v1"));
}

BOOST_AUTO_TEST_CASE(defect_13_an_abort_after_the_switch_goes_back_from_a_set_that_lacks_pods) {
  crds::RolloutSpec spec = blue_green_spec(4);
  spec.strategy.blue_green->post_promotion_analysis = analysis_of("success");
  ModelCluster cluster = serving(spec);
  cluster.set_image("v2");
  cluster.rest();
  BOOST_TEST(cluster.selected("web-active") == "v2");
  cluster.limit_ready("v2", 2);
  cluster.rest();
  cluster.finish_run("web-v2-2-post", "Failed");
  cluster.rest();
  BOOST_TEST(cluster.selected("web-active") == "v1");
  BOOST_TEST(cluster.sizes() == "v1=4 v2=4");
}

BOOST_AUTO_TEST_CASE(defect_15_an_abort_without_a_stable_version_moves_no_service) {
  ModelCluster cluster(blue_green_spec(2));
  cluster.add_service("web-active");
  cluster.add_service("web-preview");
  cluster.limit_ready("v1", 0);
  cluster.rest();
  cluster.set_image("v2");
  cluster.limit_ready("v2", 0);
  cluster.rest();
  cluster.edit_status([](crds::RolloutStatus& status) { status.stable_rs.clear(); });
  cluster.log();
  cluster.abort();
  cluster.rest();
  BOOST_TEST(cluster.log().find("service web-active") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(defect_17_a_resume_outlasts_a_pause_of_the_spec) {
  ModelCluster cluster = serving(routed({weight_step(20), pause_step(), weight_step(50), pause_step()}));
  cluster.set_image("v2");
  cluster.rest();
  cluster.edit([](crds::RolloutSpec& spec) { spec.paused = true; });
  cluster.rest();
  cluster.promote();
  cluster.rest();
  BOOST_TEST(*cluster.status().current_step_index == 1);
  cluster.edit([](crds::RolloutSpec& spec) { spec.paused = false; });
  cluster.rest();
  BOOST_TEST(*cluster.status().current_step_index == 3);
}

BOOST_AUTO_TEST_CASE(defect_20_steps_that_wait_for_others_do_not_run_the_deadline) {
  crds::CanaryStep plugin;
  plugin.plugin.obtain().name = "example/wait";
  for (const crds::CanaryStep& step : {pause_step(), analysis_step("success"), plugin}) BOOST_TEST(is_indefinite(step));
  BOOST_TEST(!is_indefinite(weight_step(20)));
}

BOOST_AUTO_TEST_CASE(defect_21_what_the_router_says_is_recorded_without_another_weight) {
  ModelCluster cluster = serving(routed({weight_step(20), pause_step()}));
  cluster.routes_are_accepted_at_once = false;
  cluster.set_image("v2");
  cluster.rest();
  BOOST_REQUIRE(cluster.status().canary.weights);
  BOOST_TEST((cluster.status().canary.weights->verified == false));
  cluster.routes_are_accepted_at_once = true;
  cluster.rest();
  BOOST_TEST((cluster.status().canary.weights->verified == true));
  BOOST_TEST(cluster.status().canary.weights->canary.weight == 20);
}

BOOST_AUTO_TEST_CASE(defect_23_no_arithmetic_overflows) {
  BOOST_TEST(pods_for_weight(50, 100'000'000, 100'000'000) == 50);
  BOOST_TEST(pods_for_weight(2'000'000'000, 99, 100) == 1'980'000'000);
  BOOST_TEST(weight_for_pods(2'000'000'000, 2'000'000'000, 100'000'000) == 100'000'000);
  BOOST_TEST(weight_for_pods(7, 0, 100) == 100);
  BOOST_TEST(weight_for_pods(70, 10, 100) == 100);
  crds::RolloutSpec spec = routed_spec(4, {weight_step(20), pause_step()});
  spec.strategy.canary->dynamic_stable_scale = true;
  ModelCluster cluster = serving(spec);
  cluster.set_image("v2");
  cluster.rest();
  cluster.edit([](crds::RolloutSpec& edited) { edited.replicas = 0; });
  cluster.promote_full();
  cluster.rest();
  BOOST_TEST(cluster.phase() == "Healthy: ");
}

BOOST_AUTO_TEST_CASE(defect_34_an_edited_annotation_is_no_revision) {
  ModelCluster cluster = serving(canary_spec(4, {}));
  cluster.set_image("v2");
  cluster.rest();
  RolloutObservation seen = cluster.observe();
  auto rollout = std::make_shared<crds::Rollout>(*seen.rollout);
  rollout->meta.annotations.set("team", "blue");
  seen.rollout = rollout;
  const Decision decision = decide(seen, at(200));
  BOOST_REQUIRE(decision.writes.size() == 1U);
  const auto& note = std::get<AnnotateReplicaSet>(decision.writes.front().effect);
  BOOST_TEST(note.set_annotations.get("team") == "blue");
  BOOST_TEST(!note.set_annotations.contains(keys::revision_history));
}

BOOST_AUTO_TEST_CASE(defect_35_a_set_that_cannot_go_is_made_up_for) {
  crds::RolloutSpec spec = canary_spec(2, {});
  spec.revision_history_limit = 1;
  ModelCluster cluster = serving(spec);
  cluster.set_image("v2");
  cluster.rest();
  // The oldest set still has a pod that does not go.
  for (const char* version : {"v3", "v4"}) {
    cluster.set_image(version);
    for (int round = 0; round < 30; ++round) {
      const Decision decision = cluster.look();
      cluster.apply_partly(decision, decision.writes.size() + 1);
      cluster.become_ready();
      if (cluster.desired("v1") == 0) cluster.change_set("v1", [](crds::ReplicaSet& set) { set.status.replicas = 1; });
    }
  }
  BOOST_TEST(cluster.desired("v1") == 0);
  BOOST_TEST(cluster.desired("v2") == -1);
  BOOST_TEST(cluster.desired("v4") == 2);
}

BOOST_AUTO_TEST_CASE(defect_37_anti_affinity_goes_with_the_promotion) {
  crds::RolloutSpec spec = routed({weight_step(20), pause_step()});
  spec.strategy.canary->anti_affinity.obtain().required.emplace();
  ModelCluster cluster = serving(spec);
  BOOST_TEST(cluster.set_of("v1").spec.pod_template->away_from == "");
  cluster.set_image("v2");
  cluster.rest();
  BOOST_TEST(cluster.set_of("v2").spec.pod_template->away_from == cluster.hash("v1"));
  cluster.promote();
  cluster.rest();
  BOOST_TEST(cluster.phase() == "Healthy: ");
  BOOST_TEST(cluster.set_of("v2").spec.pod_template->away_from == "");
  cluster.set_image("v3");
  cluster.rest();
  BOOST_TEST(cluster.set_of("v3").spec.pod_template->away_from == cluster.hash("v2"));
}

BOOST_AUTO_TEST_CASE(defect_41_a_deadline_that_aborts_tells_twice_as_tools_expect) {
  crds::RolloutSpec spec = routed({weight_step(20), pause_step()});
  spec.progress_deadline_seconds = 60;
  spec.progress_deadline_abort = true;
  ModelCluster cluster = serving(spec);
  cluster.limit_ready("v2", 0);
  cluster.set_image("v2");
  cluster.rest();
  cluster.events();
  cluster.pass(61);
  BOOST_TEST(cluster.events() ==
             "RolloutAborted: ReplicaSet \"web-v2\" has timed out progressing.\n"
             "RolloutAborted: Rollout aborted update to revision 2: ReplicaSet \"web-v2\" has timed out progressing.");
}

BOOST_AUTO_TEST_CASE(defect_42_a_pause_takes_one_status_and_ends_with_an_abort) {
  ModelCluster cluster = serving(routed({weight_step(20), pause_step()}));
  cluster.set_image("v2");
  for (int round = 0; round < 30 && cluster.status().pause_conditions.empty(); ++round) {
    const Decision decision = cluster.look();
    cluster.apply_partly(decision, decision.writes.size() + 1);
    cluster.become_ready();
  }
  BOOST_TEST(condition(cluster.status(), "Paused")->status == "True");
  BOOST_TEST(condition(cluster.status(), "Progressing")->reason == "RolloutPaused");
  cluster.abort();
  cluster.rest();
  BOOST_TEST(condition(cluster.status(), "Paused")->status == "False");
}

BOOST_AUTO_TEST_CASE(defect_48_a_pause_of_the_spec_holds_the_promotion_and_the_services) {
  ModelCluster cluster = serving(routed({weight_step(100), pause_step()}));
  cluster.set_image("v2");
  cluster.rest();
  cluster.edit([](crds::RolloutSpec& spec) { spec.paused = true; });
  cluster.promote();
  cluster.pass(600);
  BOOST_TEST(cluster.status().stable_rs == cluster.hash("v1"));
  BOOST_TEST(cluster.selected("web-stable") == "v1");
  cluster.edit([](crds::RolloutSpec& spec) { spec.paused = false; });
  cluster.rest();
  BOOST_TEST(cluster.status().stable_rs == cluster.hash("v2"));
}

BOOST_AUTO_TEST_CASE(ar_3765_pods_that_come_and_go_do_not_feed_the_clock) {
  crds::RolloutSpec spec = routed_spec(100, {weight_step(10), pause_step()});
  spec.progress_deadline_abort = true;
  ModelCluster cluster = serving(spec);
  cluster.limit_ready("v2", 5);
  cluster.set_image("v2");
  cluster.rest();
  for (int minute = 0; minute < 9; ++minute) {
    cluster.limit_ready("v2", 0);
    cluster.pass(50);
    cluster.limit_ready("v2", 5);
    cluster.pass(10);
    BOOST_TEST(!cluster.status().abort);
  }
  cluster.pass(61);
  BOOST_TEST(cluster.status().abort);
}

BOOST_AUTO_TEST_CASE(fl_944_growing_demand_is_progress) {
  crds::RolloutSpec spec = routed({weight_step(50), pause_step()});
  spec.progress_deadline_abort = true;
  ModelCluster cluster = serving(spec);
  cluster.limit_ready("v2", 4);
  cluster.set_image("v2");
  cluster.rest();
  for (int minute = 1; minute <= 30; ++minute) {
    cluster.edit([&](crds::RolloutSpec& edited) { edited.replicas = 10 + minute; });
    cluster.limit_ready("v2", 4 + minute / 2);
    cluster.pass(60);
  }
  BOOST_TEST(!cluster.status().abort);
}

BOOST_AUTO_TEST_CASE(some_lost_canary_pods_lower_the_weight_until_they_are_back) {
  ModelCluster cluster = serving(routed({weight_step(50), pause_step()}));
  cluster.limit_ready("v2", 4);
  cluster.set_image("v2");
  cluster.rest();
  BOOST_TEST(cluster.weight() == 0);
  cluster.limit_ready("v2", 5);
  cluster.rest();
  BOOST_TEST(cluster.weight() == 50);
  cluster.limit_ready("v2", 2);
  cluster.rest();
  BOOST_TEST(cluster.weight() == 20);
  cluster.limit_ready("v2", 5);
  cluster.rest();
  BOOST_TEST(cluster.weight() == 50);
}

BOOST_AUTO_TEST_CASE(ar_1415_demand_that_grows_in_an_update_takes_no_stable_pod) {
  crds::RolloutSpec spec = canary_spec(6, {});
  spec.strategy.canary->max_surge = kube::IntOrString{std::string("100%")};
  spec.strategy.canary->max_unavailable = kube::IntOrString{std::int64_t{1}};
  ModelCluster cluster = serving(spec);
  cluster.limit_ready("v2", 2);
  cluster.set_image("v2");
  cluster.rest();
  const int before = cluster.desired("v1");
  BOOST_TEST(before >= 3);
  cluster.limit_ready("v1", before);
  cluster.edit([](crds::RolloutSpec& edited) { edited.replicas = 12; });
  cluster.rest();
  BOOST_TEST(cluster.desired("v1") >= before);
  BOOST_TEST(cluster.status().available_replicas >= 5);
}

BOOST_AUTO_TEST_CASE(ar_3774_a_second_abort_waits_for_its_own_delay) {
  crds::RolloutSpec spec = routed({weight_step(20), pause_step()});
  spec.strategy.canary->abort_scale_down_delay_seconds = 60;
  ModelCluster cluster = serving(spec);
  cluster.set_image("v2");
  cluster.rest();
  cluster.abort();
  cluster.pass(10);
  cluster.retry();
  cluster.rest();
  BOOST_TEST(cluster.phase() == "Paused: CanaryPauseStep");
  cluster.pass(30);
  cluster.abort();
  cluster.pass(59);
  BOOST_TEST(cluster.desired("v2") == 2);
  cluster.pass(2);
  BOOST_TEST(cluster.desired("v2") == 0);
}

BOOST_AUTO_TEST_CASE(a_set_that_cannot_be_made_is_a_condition) {
  ModelCluster cluster = serving(routed({weight_step(50), pause_step()}));
  cluster.set_image("v2");
  const Decision decision =
      decide_after_failed_creation(cluster.observe(), at(101), "web-abc", "admission webhook denied the request");
  BOOST_REQUIRE(decision.status);
  const crds::Condition* progressing = condition(*decision.status, "Progressing");
  BOOST_TEST(progressing->status == "False");
  BOOST_TEST(progressing->reason == "ReplicaSetCreateError");
  BOOST_TEST(progressing->message ==
             "Failed to create new replica set \"web-abc\": admission webhook denied the request");
  BOOST_TEST(decision.writes.empty());
  cluster.rest();
  BOOST_TEST(cluster.phase() == "Paused: CanaryPauseStep");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::controller::test
