// Whole blue/green updates on the model cluster; each story tells what is written, in order.
#include <boost/test/unit_test.hpp>

#include "model_cluster.h"

namespace sluice::controller::test {
namespace {

// Version v1 is promoted and serves.
ModelCluster serving(crds::RolloutSpec spec) {
  ModelCluster cluster(std::move(spec));
  cluster.add_service("web-active");
  cluster.add_service("web-preview");
  cluster.add_template("smoke");
  cluster.rest();
  cluster.log();
  cluster.events();
  cluster.set_now(at(100));
  return cluster;
}

crds::RolloutSpec manual(int replicas) {
  crds::RolloutSpec spec = blue_green_spec(replicas);
  spec.strategy.blue_green->auto_promotion_enabled = false;
  return spec;
}

BOOST_AUTO_TEST_SUITE(blue_green)

BOOST_AUTO_TEST_CASE(edge_60_first_revision_serves_when_all_its_pods_are_ready) {
  ModelCluster cluster(blue_green_spec(3));
  cluster.add_service("web-active");
  cluster.add_service("web-preview");
  cluster.limit_ready("v1", 2);
  cluster.rest();
  BOOST_TEST(cluster.log() == "create v1 3, revision 1, phase Progressing, service web-preview v1, stable v1");
  BOOST_TEST(cluster.selected("web-active") == "");
  cluster.limit_ready("v1", 3);
  cluster.rest();
  BOOST_TEST(cluster.log() == "service web-active v1, phase Healthy");
}

BOOST_AUTO_TEST_CASE(automatic_update_switches_promotes_and_retires_the_old_set_after_its_delay) {
  ModelCluster cluster = serving(blue_green_spec(3));
  cluster.set_image("v2");
  cluster.rest();
  BOOST_TEST(cluster.log() ==
             "create v2 3, revision 2, phase Progressing, service web-preview v2, service web-active v2, stable v2, "
             "phase Healthy, deadline v1");
  cluster.pass(29);
  BOOST_TEST(cluster.log() == "");
  cluster.pass(2);
  BOOST_TEST(cluster.log() == "scale v1 3>0");
  BOOST_TEST(cluster.phase() == "Healthy: ");
}

BOOST_AUTO_TEST_CASE(events_are_those_of_the_reference) {
  ModelCluster cluster = serving(blue_green_spec(3));
  cluster.set_image("v2");
  cluster.pass(40);
  BOOST_TEST(cluster.events() ==
             "RolloutUpdated: Rollout updated to revision 2\n"
             "NewReplicaSetCreated: Created ReplicaSet web-v2 (revision 2)\n"
             "ScalingReplicaSet: Scaled up ReplicaSet web-v2 (revision 2) from 0 to 3\n"
             "RolloutNotCompleted: Rollout not completed, started update to revision 2 (v2)\n"
             "SwitchService: Switched selector for service 'web-preview' from 'v1' to 'v2'\n"
             "SwitchService: Switched selector for service 'web-active' from 'v1' to 'v2'\n"
             "RolloutCompleted: Rollout completed update to revision 2 (v2): Completed blue-green update\n"
             "ScalingReplicaSet: Scaled down ReplicaSet web-v1 (revision 1) from 3 to 0");
}

BOOST_AUTO_TEST_CASE(events_of_a_rollback_name_the_revision_that_it_makes) {
  ModelCluster cluster = serving(blue_green_spec(3));
  cluster.set_image("v2");
  cluster.pass(10);
  cluster.events();
  cluster.set_image("v1");
  cluster.rest();
  BOOST_TEST(
      cluster.events().starts_with("RolloutUpdated: Rollout updated to revision 3\n"
                                   "RolloutNotCompleted: Rollout not completed, started update to revision 3 (v1)\n"));
}

BOOST_AUTO_TEST_CASE(manual_update_waits_for_a_person) {
  ModelCluster cluster = serving(manual(3));
  cluster.set_image("v2");
  cluster.pass(3600);
  BOOST_TEST(cluster.selected("web-active") == "v1");
  BOOST_TEST(cluster.phase() == "Paused: BlueGreenPause");
  BOOST_TEST(cluster.look().reasons.front().guard == "pause");
  cluster.log();
  cluster.promote();
  cluster.rest();
  BOOST_TEST(cluster.log() == "service web-active v2, phase Progressing, stable v2, phase Healthy, deadline v1");
}

BOOST_AUTO_TEST_CASE(defect_17_a_resume_is_not_lost_while_a_pod_flaps) {
  ModelCluster cluster = serving(manual(3));
  cluster.set_image("v2");
  cluster.rest();
  cluster.limit_ready("v2", 2);
  cluster.rest();
  cluster.promote();
  cluster.rest();
  BOOST_TEST(cluster.selected("web-active") == "v1");
  cluster.limit_ready("v2", 3);
  cluster.rest();
  BOOST_TEST(cluster.selected("web-active") == "v2");
}

BOOST_AUTO_TEST_CASE(auto_promotion_comes_after_its_seconds) {
  crds::RolloutSpec spec = blue_green_spec(3);
  spec.strategy.blue_green->auto_promotion_seconds = 20;
  ModelCluster cluster = serving(spec);
  cluster.set_image("v2");
  cluster.pass(19);
  BOOST_TEST(cluster.selected("web-active") == "v1");
  cluster.pass(1);
  BOOST_TEST(cluster.selected("web-active") == "v2");
}

BOOST_AUTO_TEST_CASE(ar_2641_the_preview_stays_where_it_is_served_until_a_new_pod_is_ready) {
  ModelCluster cluster = serving(manual(3));
  cluster.limit_ready("v2", 0);
  cluster.set_image("v2");
  cluster.rest();
  BOOST_TEST(cluster.selected("web-preview") == "v1");
  BOOST_TEST(cluster.look().reasons.front().sentence == "0 of 3 new pods are available");
  cluster.limit_ready("v2", 1);
  cluster.rest();
  BOOST_TEST(cluster.selected("web-preview") == "v2");
  BOOST_TEST(cluster.selected("web-active") == "v1");
}

BOOST_AUTO_TEST_CASE(ar_2641_a_preview_of_no_pods_moves_at_once) {
  crds::RolloutSpec spec = manual(3);
  spec.strategy.blue_green->preview_replica_count = 0;
  ModelCluster cluster = serving(spec);
  cluster.set_image("v2");
  cluster.rest();
  BOOST_TEST(cluster.selected("web-preview") == "v2");
}

BOOST_AUTO_TEST_CASE(edge_59_preview_of_one_pod_grows_before_the_switch) {
  crds::RolloutSpec spec = manual(3);
  spec.strategy.blue_green->preview_replica_count = 1;
  ModelCluster cluster = serving(spec);
  cluster.set_image("v2");
  cluster.rest();
  BOOST_TEST(cluster.desired("v2") == 1);
  cluster.limit_ready("v2", 2);
  cluster.promote();
  cluster.rest();
  BOOST_TEST(cluster.desired("v2") == 3);
  BOOST_TEST(cluster.selected("web-active") == "v1");
  cluster.limit_ready("v2", 3);
  cluster.rest();
  BOOST_TEST(cluster.selected("web-active") == "v2");
}

BOOST_AUTO_TEST_CASE(failed_pre_promotion_analysis_never_switches) {
  crds::RolloutSpec spec = blue_green_spec(3);
  spec.strategy.blue_green->pre_promotion_analysis = analysis_of("smoke");
  ModelCluster cluster = serving(spec);
  cluster.set_image("v2");
  cluster.rest();
  BOOST_TEST(cluster.log() == "create v2 3, revision 2, phase Progressing, service web-preview v2, run web-v2-2-pre");
  BOOST_TEST(cluster.look().reasons.front().sentence == "AnalysisRun web-" + cluster.hash("v2") + "-2-pre is running");
  cluster.finish_run("web-v2-2-pre", "Failed", "Metric \"success-rate\" assessed Failed");
  cluster.rest();
  BOOST_TEST(cluster.log() == "abort, phase Degraded, deadline v2");
  BOOST_TEST(cluster.phase() ==
             "Degraded: RolloutAborted: Rollout aborted update to revision 2: Blue/green pre-promotion analysis phase "
             "error/failed: Metric \"success-rate\" assessed Failed");
  BOOST_TEST(cluster.selected("web-active") == "v1");
  cluster.pass(60);
  BOOST_TEST(cluster.log() == "scale v2 3>0");
  BOOST_TEST(cluster.sizes() == "v1=3 v2=0");
}

BOOST_AUTO_TEST_CASE(defect_14_retry_after_a_failed_gate_asks_again) {
  crds::RolloutSpec spec = blue_green_spec(3);
  spec.strategy.blue_green->pre_promotion_analysis = analysis_of("smoke");
  ModelCluster cluster = serving(spec);
  cluster.set_image("v2");
  cluster.rest();
  cluster.finish_run("web-v2-2-pre", "Failed");
  cluster.pass(60);
  cluster.log();
  cluster.retry();
  cluster.limit_ready("v2", 2);
  cluster.rest();
  BOOST_TEST(cluster.log() == "phase Progressing, scale v2 0>3");
  cluster.limit_ready("v2", 3);
  cluster.rest();
  BOOST_TEST(cluster.log() == "run web-v2-2-pre.1");
  cluster.finish_run("web-v2-2-pre.1", "Successful");
  cluster.rest();
  BOOST_TEST(cluster.log() == "service web-active v2, stable v2, phase Healthy, deadline v1");
}

BOOST_AUTO_TEST_CASE(failed_post_promotion_analysis_goes_back) {
  crds::RolloutSpec spec = blue_green_spec(3);
  spec.strategy.blue_green->post_promotion_analysis = analysis_of("smoke");
  ModelCluster cluster = serving(spec);
  cluster.set_image("v2");
  cluster.rest();
  BOOST_TEST(cluster.log() ==
             "create v2 3, revision 2, phase Progressing, service web-preview v2, service web-active v2, "
             "run web-v2-2-post");
  BOOST_TEST(cluster.sizes() == "v1=3 v2=3");
  // Half of the new pods are gone: the way back must not wait for them.
  cluster.limit_ready("v2", 1);
  cluster.finish_run("web-v2-2-post", "Error", "no data");
  cluster.rest();
  BOOST_TEST(cluster.log() == "abort, phase Degraded, service web-active v1, deadline v2");
  cluster.pass(60);
  BOOST_TEST(cluster.sizes() == "v1=3 v2=0");
  BOOST_TEST(cluster.status().stable_rs == cluster.hash("v1"));
}

BOOST_AUTO_TEST_CASE(good_post_promotion_analysis_makes_it_stable) {
  crds::RolloutSpec spec = blue_green_spec(3);
  spec.strategy.blue_green->post_promotion_analysis = analysis_of("smoke");
  ModelCluster cluster = serving(spec);
  cluster.set_image("v2");
  cluster.rest();
  cluster.log();
  cluster.finish_run("web-v2-2-post", "Successful");
  cluster.rest();
  BOOST_TEST(cluster.log() == "stable v2, phase Healthy, deadline v1");
}

BOOST_AUTO_TEST_CASE(inconclusive_analysis_pauses_until_a_person_decides) {
  crds::RolloutSpec spec = blue_green_spec(3);
  spec.strategy.blue_green->pre_promotion_analysis = analysis_of("smoke");
  ModelCluster cluster = serving(spec);
  cluster.set_image("v2");
  cluster.rest();
  cluster.finish_run("web-v2-2-pre", "Inconclusive");
  cluster.pass(3600);
  BOOST_TEST(cluster.phase() == "Paused: InconclusiveAnalysisRun");
  BOOST_TEST(cluster.runs().size() == 1U);
  cluster.log();
  cluster.promote();
  cluster.rest();
  BOOST_TEST(cluster.log() == "run web-v2-2-pre.1, phase Progressing");
  cluster.finish_run("web-v2-2-pre.1", "Successful");
  cluster.rest();
  BOOST_TEST(cluster.selected("web-active") == "v2");
}

BOOST_AUTO_TEST_CASE(edge_57_defect_18_back_to_the_old_version_within_its_delay_is_fast_even_when_a_pod_is_late) {
  crds::RolloutSpec spec = manual(3);
  spec.strategy.blue_green->pre_promotion_analysis = analysis_of("smoke");
  ModelCluster cluster = serving(spec);
  cluster.set_image("v2");
  cluster.rest();
  cluster.finish_run("web-v2-2-pre", "Successful");
  cluster.rest();
  cluster.promote();
  cluster.rest();
  BOOST_TEST(cluster.selected("web-active") == "v2");
  cluster.log();
  cluster.set_now(at(110));
  cluster.limit_ready("v1", 2);
  cluster.set_image("v1");
  cluster.rest();
  BOOST_TEST(cluster.selected("web-active") == "v2");
  cluster.limit_ready("v1", 3);
  cluster.rest();
  BOOST_TEST(cluster.selected("web-active") == "v1");
  BOOST_TEST(cluster.phase() == "Healthy: ");
  BOOST_TEST(cluster.runs().size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_stripped_selector_is_restored_to_what_served) {
  ModelCluster cluster = serving(manual(3));
  cluster.set_image("v2");
  cluster.limit_ready("v2", 0);
  cluster.rest();
  cluster.log();
  cluster.set_selector("web-active", "");
  cluster.rest();
  BOOST_TEST(cluster.selected("web-active") == "v1");
  BOOST_TEST(cluster.log() == "service web-active v1");
}

// The decision that makes the new set writes a status in which nothing serves, before the selector is looked after.
BOOST_AUTO_TEST_CASE(a_selector_that_is_stripped_while_an_update_begins_is_restored_to_the_stable_version) {
  ModelCluster cluster = serving(manual(3));
  cluster.set_image("v2");
  cluster.limit_ready("v2", 0);
  cluster.limit_ready("v3", 0);
  cluster.rest();
  cluster.set_image("v3");
  cluster.set_selector("web-active", "");
  cluster.rest();
  BOOST_TEST(cluster.selected("web-active") == "v1");
  cluster.limit_ready("v3", 3);
  cluster.rest();
  BOOST_TEST(cluster.selected("web-active") == "v1");
  BOOST_TEST(cluster.phase() == "Paused: BlueGreenPause");
}

BOOST_AUTO_TEST_CASE(defect_16_a_superseded_preview_goes_after_its_delay_and_never_grows) {
  crds::RolloutSpec spec = manual(3);
  spec.strategy.blue_green->preview_replica_count = 1;
  ModelCluster cluster = serving(spec);
  cluster.set_image("v2");
  cluster.rest();
  cluster.log();
  cluster.set_image("v3");
  cluster.rest();
  BOOST_TEST(cluster.log() ==
             "create v3 1, revision 3, phase Progressing, service web-preview v3, phase Paused, deadline v2");
  cluster.pass(40);
  BOOST_TEST(cluster.log() == "scale v2 1>0");
}

BOOST_AUTO_TEST_CASE(defect_02_no_delay_means_at_once_and_then_silence) {
  crds::RolloutSpec spec = blue_green_spec(3);
  spec.strategy.blue_green->scale_down_delay_seconds = 0;
  ModelCluster cluster = serving(spec);
  cluster.set_image("v2");
  cluster.rest();
  BOOST_TEST(cluster.sizes() == "v1=0 v2=3");
  BOOST_TEST(!cluster.look().wake_at);
}

BOOST_AUTO_TEST_CASE(a_set_without_any_pod_does_not_keep_the_active_service) {
  crds::RolloutSpec spec = blue_green_spec(3);
  spec.strategy.blue_green->post_promotion_analysis = analysis_of("smoke");
  ModelCluster cluster = serving(spec);
  cluster.set_image("v2");
  cluster.rest();
  cluster.limit_ready("v2", 0);
  cluster.rest();
  BOOST_TEST(cluster.selected("web-active") == "v1");
  cluster.limit_ready("v2", 3);
  cluster.rest();
  BOOST_TEST(cluster.selected("web-active") == "v2");
}

BOOST_AUTO_TEST_CASE(both_sets_follow_the_number_of_replicas) {
  ModelCluster cluster = serving(manual(3));
  cluster.set_image("v2");
  cluster.rest();
  cluster.edit([](crds::RolloutSpec& edited) { edited.replicas = 5; });
  cluster.rest();
  BOOST_TEST(cluster.sizes() == "v1=5 v2=5");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::controller::test
