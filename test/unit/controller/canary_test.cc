// Whole canary updates on the model cluster, without and with a router; each story tells what is written, in order.
#include <boost/test/unit_test.hpp>

#include "model_cluster.h"

namespace sluice::controller::test {
namespace {

std::vector<crds::CanaryStep> steps_20_50() {
  return {weight_step(20), pause_step(), weight_step(50), pause_step(3), weight_step(80), pause_step()};
}

// Version v1 is promoted and serves.
ModelCluster serving(crds::RolloutSpec spec) {
  ModelCluster cluster(std::move(spec));
  const bool is_routed = static_cast<bool>(cluster.observe().rollout->spec->strategy.canary->traffic_routing);
  if (is_routed) {
    cluster.add_service("web-canary");
    cluster.add_service("web-stable");
    cluster.add_route("web");
  }
  cluster.add_template("success");
  cluster.rest();
  cluster.log();
  cluster.events();
  cluster.set_now(at(100));
  return cluster;
}

crds::RolloutSpec tight(crds::RolloutSpec spec) {
  spec.strategy.canary->max_surge = kube::IntOrString{std::int64_t{1}};
  spec.strategy.canary->max_unavailable = kube::IntOrString{std::int64_t{0}};
  return spec;
}

BOOST_AUTO_TEST_SUITE(canary)

BOOST_AUTO_TEST_CASE(first_revision_skips_the_steps) {
  ModelCluster cluster(canary_spec(10, steps_20_50()));
  cluster.limit_ready("v1", 0);
  cluster.rest();
  BOOST_TEST(cluster.log() == "create v1 10, revision 1, step 0, phase Progressing, step 6, stable v1");
  BOOST_TEST(cluster.phase() == "Progressing: updated replicas are still becoming available");
  cluster.limit_ready("v1", 10);
  cluster.rest();
  BOOST_TEST(cluster.phase() == "Healthy: ");
}

BOOST_AUTO_TEST_CASE(walks_up_within_surge_and_pauses) {
  ModelCluster cluster = serving(tight(canary_spec(10, steps_20_50())));
  cluster.set_image("v2");
  cluster.rest();
  BOOST_TEST(cluster.log() ==
             "create v2 1, revision 2, step 0, phase Progressing, scale v1 10>9, scale v2 1>2, scale v1 9>8, step 1, "
             "phase Paused");
  BOOST_TEST(cluster.phase() == "Paused: CanaryPauseStep");
  cluster.promote();
  cluster.rest();
  BOOST_TEST(cluster.log() ==
             "step 2, phase Progressing, scale v2 2>3, scale v1 8>7, scale v2 3>4, scale v1 7>6, scale v2 4>5, "
             "scale v1 6>5, step 3, phase Paused");
  cluster.pass(2);
  BOOST_TEST(cluster.log() == "");
  cluster.pass(1);
  BOOST_TEST(cluster.log().starts_with("step 4, phase Progressing, scale v2 5>6"));
  cluster.promote();
  cluster.rest();
  BOOST_TEST(cluster.phase() == "Healthy: ");
  BOOST_TEST(cluster.sizes() == "v1=0 v2=10");
  BOOST_TEST(!cluster.look().wake_at);
}

BOOST_AUTO_TEST_CASE(events_are_those_of_the_reference) {
  ModelCluster cluster = serving(tight(canary_spec(4, {weight_step(50), pause_step()})));
  cluster.set_image("v2");
  cluster.rest();
  cluster.promote();
  cluster.rest();
  BOOST_TEST(cluster.events() ==
             "RolloutUpdated: Rollout updated to revision 2\n"
             "NewReplicaSetCreated: Created ReplicaSet web-v2 (revision 2)\n"
             "ScalingReplicaSet: Scaled up ReplicaSet web-v2 (revision 2) from 0 to 1\n"
             "RolloutNotCompleted: Rollout not completed, started update to revision 2 (v2)\n"
             "ScalingReplicaSet: Scaled down ReplicaSet web-v1 (revision 1) from 4 to 3\n"
             "ScalingReplicaSet: Scaled up ReplicaSet web-v2 (revision 2) from 1 to 2\n"
             "ScalingReplicaSet: Scaled down ReplicaSet web-v1 (revision 1) from 3 to 2\n"
             "RolloutStepCompleted: Rollout step 1/2 completed (setWeight: 50)\n"
             "RolloutPaused: Rollout is paused (CanaryPauseStep)\n"
             "RolloutStepCompleted: Rollout step 2/2 completed (pause)\n"
             "ScalingReplicaSet: Scaled up ReplicaSet web-v2 (revision 2) from 2 to 3\n"
             "ScalingReplicaSet: Scaled down ReplicaSet web-v1 (revision 1) from 2 to 1\n"
             "ScalingReplicaSet: Scaled up ReplicaSet web-v2 (revision 2) from 3 to 4\n"
             "ScalingReplicaSet: Scaled down ReplicaSet web-v1 (revision 1) from 1 to 0\n"
             "RolloutCompleted: Rollout completed update to revision 2 (v2): Completed all 2 canary steps");
}

BOOST_AUTO_TEST_CASE(a_step_waits_for_its_last_pod) {
  ModelCluster cluster = serving(canary_spec(10, steps_20_50()));
  cluster.set_image("v2");
  cluster.limit_ready("v2", 1);
  cluster.rest();
  BOOST_TEST(*cluster.status().current_step_index == 0);
  const Decision decision = cluster.look();
  BOOST_TEST(decision.reasons.front().sentence == "1 of 2 canary pods are available");
  BOOST_TEST(decision.reasons.front().release == "1 more pod becomes available");
}

BOOST_AUTO_TEST_CASE(abort_restores_the_stable_set_first) {
  ModelCluster cluster = serving(tight(canary_spec(4, {weight_step(50), pause_step()})));
  cluster.set_image("v2");
  cluster.rest();
  cluster.log();
  cluster.abort();
  cluster.rest();
  BOOST_TEST(cluster.log() == "scale v1 2>3, step 0, phase Degraded, scale v2 2>1, scale v1 3>4, scale v2 1>0");
  BOOST_TEST(cluster.phase() == "Degraded: RolloutAborted: Rollout aborted update to revision 2");
  cluster.pass(3600);
  BOOST_TEST(cluster.log() == "");
}

BOOST_AUTO_TEST_CASE(retry_starts_at_the_first_step) {
  ModelCluster cluster = serving(tight(canary_spec(4, {weight_step(50), pause_step()})));
  cluster.set_image("v2");
  cluster.rest();
  cluster.abort();
  cluster.rest();
  cluster.log();
  cluster.retry();
  cluster.rest();
  BOOST_TEST(cluster.phase() == "Paused: CanaryPauseStep");
  BOOST_TEST(cluster.sizes() == "v1=2 v2=2");
}

BOOST_AUTO_TEST_CASE(full_promotion_skips_the_rest) {
  ModelCluster cluster = serving(tight(canary_spec(4, {weight_step(50), pause_step()})));
  cluster.set_image("v2");
  cluster.rest();
  cluster.events();
  cluster.promote_full();
  cluster.rest();
  BOOST_TEST(cluster.phase() == "Healthy: ");
  BOOST_TEST(cluster.sizes() == "v1=0 v2=4");
  BOOST_TEST(cluster.status().duration->completion_status == "FastPromoted");
  BOOST_TEST(cluster.events().find(
                 "RolloutCompleted: Rollout completed update to revision 2 (v2): Full promotion requested") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(back_to_the_stable_template_needs_no_steps) {
  ModelCluster cluster = serving(tight(canary_spec(4, {weight_step(50), pause_step()})));
  cluster.set_image("v2");
  cluster.rest();
  cluster.events();
  cluster.set_image("v1");
  cluster.rest();
  BOOST_TEST(cluster.phase() == "Healthy: ");
  BOOST_TEST(cluster.sizes() == "v1=4 v2=0");
  BOOST_TEST(cluster.events().find("SkipSteps: Rollback to stable ReplicaSets") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(edge_07_undo_to_an_older_revision_gets_the_highest_number_and_all_steps) {
  ModelCluster cluster = serving(tight(canary_spec(4, {weight_step(50), pause_step()})));
  cluster.set_image("v2");
  cluster.rest();
  cluster.promote_full();
  cluster.rest();
  cluster.log();
  cluster.set_now(at(200));
  cluster.set_image("v1");
  cluster.rest();
  BOOST_TEST(cluster.log() ==
             "annotate v1, revision 3, step 0, phase Progressing, scale v1 0>1, scale v2 4>3, scale v1 1>2, "
             "scale v2 3>2, step 1, phase Paused");
}

BOOST_AUTO_TEST_CASE(undo_within_the_window_skips_the_steps) {
  crds::RolloutSpec spec = tight(canary_spec(4, {weight_step(50), pause_step()}));
  spec.rollback_window = crds::RollbackWindow{2};
  ModelCluster cluster = serving(spec);
  cluster.set_image("v2");
  cluster.rest();
  cluster.promote_full();
  cluster.rest();
  cluster.events();
  cluster.set_now(at(200));
  cluster.set_image("v1");
  cluster.rest();
  BOOST_TEST(cluster.phase() == "Healthy: ");
  BOOST_TEST(cluster.events().find("Rollback within window") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_superseded_canary_shrinks_while_the_next_one_grows) {
  ModelCluster cluster = serving(tight(canary_spec(4, {weight_step(50), pause_step()})));
  cluster.set_image("v2");
  cluster.rest();
  cluster.log();
  cluster.set_image("v3");
  cluster.rest();
  BOOST_TEST(cluster.phase() == "Paused: CanaryPauseStep");
  BOOST_TEST(cluster.sizes() == "v1=2 v2=0 v3=2");
}

BOOST_AUTO_TEST_CASE(defect_12_a_user_pause_stops_forward_motion_but_not_scaling) {
  ModelCluster cluster = serving(tight(canary_spec(10, steps_20_50())));
  cluster.set_image("v2");
  cluster.rest();
  cluster.edit([](crds::RolloutSpec& spec) { spec.paused = true; });
  cluster.promote();
  cluster.rest();
  BOOST_TEST(*cluster.status().current_step_index == 1);
  BOOST_TEST(cluster.phase() == "Paused: manually paused");
  cluster.log();
  cluster.edit([](crds::RolloutSpec& spec) { spec.replicas = 20; });
  cluster.rest();
  BOOST_TEST(cluster.sizes() == "v1=16 v2=4");
  // The promotion is remembered until the pause ends.
  cluster.edit([](crds::RolloutSpec& spec) { spec.paused = false; });
  cluster.rest();
  BOOST_TEST(*cluster.status().current_step_index == 3);
}

BOOST_AUTO_TEST_CASE(edge_06_a_paused_new_revision_gets_no_pods) {
  ModelCluster cluster = serving(tight(canary_spec(4, {weight_step(50), pause_step()})));
  cluster.edit([](crds::RolloutSpec& spec) { spec.paused = true; });
  cluster.set_image("v2");
  cluster.rest();
  BOOST_TEST(cluster.sizes() == "v1=4 v2=0");
  cluster.edit([](crds::RolloutSpec& spec) { spec.paused = false; });
  cluster.rest();
  BOOST_TEST(cluster.sizes() == "v1=2 v2=2");
}

BOOST_AUTO_TEST_CASE(analysis_step_passes_and_fails) {
  ModelCluster cluster = serving(tight(canary_spec(4, {weight_step(50), analysis_step("success")})));
  cluster.set_image("v2");
  cluster.rest();
  BOOST_TEST(cluster.runs().back() == "web-v2-2-1");
  BOOST_TEST(cluster.status().canary.current_step_analysis_run_status->status == "Running");
  cluster.finish_run("web-v2-2-1", "Successful");
  cluster.rest();
  BOOST_TEST(cluster.phase() == "Healthy: ");

  cluster.set_now(at(200));
  cluster.set_image("v3");
  cluster.rest();
  cluster.finish_run("web-v3-3-1", "Failed", "too many errors");
  cluster.rest();
  BOOST_TEST(cluster.phase() ==
             "Degraded: RolloutAborted: Rollout aborted update to revision 3: Step-based analysis phase error/failed: "
             "too many errors");
  BOOST_TEST(cluster.sizes() == "v1=0 v2=4 v3=0");
}

BOOST_AUTO_TEST_CASE(background_analysis_starts_at_its_step_and_ends_with_the_update) {
  crds::RolloutSpec spec = tight(canary_spec(4, {weight_step(25), pause_step(), weight_step(50), pause_step()}));
  spec.strategy.canary->analysis.obtain().analysis = analysis_of("success");
  spec.strategy.canary->analysis->starting_step = 2;
  ModelCluster cluster = serving(spec);
  cluster.set_image("v2");
  cluster.rest();
  BOOST_TEST(cluster.runs().empty());
  cluster.promote();
  cluster.rest();
  BOOST_TEST(cluster.runs().front() == "web-v2-2");
  cluster.promote();
  cluster.rest();
  BOOST_TEST(cluster.phase() == "Healthy: ");
  BOOST_TEST(cluster.runs().front() == "web-v2-2 (ended)");
}

BOOST_AUTO_TEST_CASE(edge_48_inconclusive_background_analysis_outlasts_a_timed_pause) {
  crds::RolloutSpec spec = tight(canary_spec(4, {weight_step(50), pause_step(60)}));
  spec.strategy.canary->analysis.obtain().analysis = analysis_of("success");
  ModelCluster cluster = serving(spec);
  cluster.set_image("v2");
  cluster.rest();
  cluster.finish_run("web-v2-2", "Inconclusive");
  cluster.pass(3600);
  BOOST_TEST(*cluster.status().current_step_index == 1);
  BOOST_TEST(cluster.runs().size() == 1U);
  BOOST_TEST(cluster.status().pause_conditions.size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_failed_run_of_the_attempt_before_does_not_count) {
  ModelCluster cluster = serving(tight(canary_spec(4, {weight_step(50), analysis_step("success")})));
  cluster.set_image("v2");
  cluster.rest();
  cluster.finish_run("web-v2-2-1", "Error", "no connection");
  cluster.rest();
  cluster.set_now(at(200));
  cluster.retry();
  cluster.rest();
  BOOST_TEST(cluster.runs().size() == 2U);
  BOOST_TEST(cluster.runs().back() == "web-v2-2-1.1");
  cluster.finish_run("web-v2-2-1.1", "Successful");
  cluster.rest();
  BOOST_TEST(cluster.phase() == "Healthy: ");
}

BOOST_AUTO_TEST_CASE(progress_deadline_aborts_or_only_tells) {
  for (const bool aborts : {true, false}) {
    crds::RolloutSpec spec = tight(canary_spec(4, {weight_step(50), pause_step()}));
    spec.progress_deadline_seconds = 60;
    spec.progress_deadline_abort = aborts;
    ModelCluster cluster = serving(spec);
    cluster.limit_ready("v2", 0);
    cluster.set_image("v2");
    cluster.pass(59);
    BOOST_TEST(cluster.status().phase == "Progressing");
    cluster.pass(1);
    const std::string timeout = "ReplicaSet \"web-" + cluster.hash("v2") + "\" has timed out progressing.";
    if (aborts) {
      BOOST_TEST(cluster.phase() == "Degraded: RolloutAborted: Rollout aborted update to revision 2: " + timeout);
      BOOST_TEST(cluster.sizes() == "v1=4 v2=0");
    } else {
      BOOST_TEST(cluster.phase() == "Degraded: ProgressDeadlineExceeded: " + timeout);
      cluster.limit_ready("v2", 4);
      cluster.rest();
      BOOST_TEST(cluster.status().phase == "Paused");
    }
  }
}

BOOST_AUTO_TEST_CASE(edge_50_an_abort_with_nothing_under_way_is_dropped) {
  ModelCluster cluster = serving(tight(canary_spec(4, {weight_step(50), pause_step()})));
  cluster.abort();
  cluster.rest();
  BOOST_TEST(cluster.log() == "no abort");
  BOOST_TEST(cluster.phase() == "Healthy: ");
  BOOST_TEST(cluster.events().find("Nothing to abort") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(history_keeps_as_many_sets_as_it_should) {
  crds::RolloutSpec spec = tight(canary_spec(2, {}));
  spec.revision_history_limit = 1;
  ModelCluster cluster = serving(spec);
  int now = 200;
  for (const char* version : {"v2", "v3", "v4"}) {
    cluster.set_now(at(now += 10));
    cluster.set_image(version);
    cluster.rest();
  }
  BOOST_TEST(cluster.sizes() == "v3=0 v4=2");
}

BOOST_AUTO_TEST_CASE(changed_steps_start_over_without_a_new_revision) {
  ModelCluster cluster = serving(tight(canary_spec(4, {weight_step(50), pause_step()})));
  cluster.set_image("v2");
  cluster.rest();
  cluster.log();
  cluster.edit([](crds::RolloutSpec& spec) {
    spec.strategy.canary->steps = crds::CanarySteps({weight_step(25), pause_step()});
  });
  cluster.rest();
  BOOST_TEST(cluster.sizes() == "v1=3 v2=1");
  BOOST_TEST(cluster.status().phase == "Paused");
}

BOOST_AUTO_TEST_CASE(defect_48_an_index_past_the_end_is_corrected) {
  ModelCluster cluster = serving(tight(canary_spec(4, {weight_step(50), pause_step()})));
  cluster.set_image("v2");
  cluster.rest();
  cluster.edit_status([](crds::RolloutStatus& status) {
    status.current_step_index = 9;
    status.pause_conditions.clear();
  });
  cluster.rest();
  BOOST_TEST(cluster.phase() == "Healthy: ");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(routed_canary)

BOOST_AUTO_TEST_CASE(pods_then_service_then_weight_then_step) {
  ModelCluster cluster = serving(routed_spec(10, {weight_step(20), pause_step(), weight_step(50), pause_step()}));
  BOOST_TEST(cluster.weight() == 0);
  cluster.set_image("v2");
  cluster.rest();
  BOOST_TEST(
      cluster.log() ==
      "create v2 2, revision 2, step 0, phase Progressing, service web-canary v2, route 20, step 1, phase Paused");
  cluster.promote();
  cluster.rest();
  BOOST_TEST(cluster.log() == "step 2, phase Progressing, scale v2 2>5, route 50, step 3, phase Paused");
  cluster.promote();
  cluster.rest();
  BOOST_TEST(cluster.log() ==
             "step 4, phase Progressing, scale v2 5>10, route 100, stable v2, phase Healthy, service web-stable v2, "
             "route 0, deadline v1");
  cluster.pass(31);
  BOOST_TEST(cluster.log() == "scale v1 10>0");
}

BOOST_AUTO_TEST_CASE(the_reference_workload_takes_few_writes) {
  ModelCluster cluster =
      serving(routed_spec(10, {weight_step(10), weight_step(25), weight_step(50), weight_step(75), weight_step(100)}));
  const int before = cluster.writes_made() + cluster.status_writes_made();
  cluster.pods_start_slowly = true;
  cluster.counters_wait = true;
  cluster.set_image("v2");
  for (int turn = 0; turn < 10; ++turn) {
    cluster.rest();
    cluster.become_ready();
  }
  cluster.pass(40);
  BOOST_TEST(cluster.phase() == "Healthy: ");
  BOOST_TEST(cluster.sizes() == "v1=0 v2=10");
  BOOST_TEST(cluster.writes_made() + cluster.status_writes_made() - before == 24);
}

BOOST_AUTO_TEST_CASE(a_step_waits_until_the_router_has_taken_the_weights) {
  ModelCluster cluster = serving(routed_spec(10, {weight_step(20), pause_step()}));
  cluster.routes_are_accepted_at_once = false;
  cluster.set_image("v2");
  cluster.rest();
  BOOST_TEST(cluster.weight() == 20);
  BOOST_TEST(*cluster.status().current_step_index == 0);
  bool is_told = false;
  for (const Reason& reason : cluster.look().reasons) is_told |= reason.guard == "route";
  BOOST_TEST(is_told);
  cluster.accept_routes();
  cluster.rest();
  BOOST_TEST(*cluster.status().current_step_index == 1);
}

BOOST_AUTO_TEST_CASE(defect_09_lowering_moves_the_requests_before_the_pods) {
  ModelCluster cluster = serving(routed_spec(10, {weight_step(80), pause_step(), weight_step(20), pause_step()}));
  cluster.set_image("v2");
  cluster.rest();
  cluster.log();
  cluster.promote();
  cluster.routes_are_accepted_at_once = false;
  cluster.rest();
  BOOST_TEST(cluster.log() == "step 2, phase Progressing, route 20");
  BOOST_TEST(cluster.desired("v2") == 8);
  cluster.routes_are_accepted_at_once = true;
  cluster.rest();
  BOOST_TEST(cluster.log() == "scale v2 8>2, step 3, phase Paused");
}

BOOST_AUTO_TEST_CASE(defect_06_abort_takes_the_requests_away_and_the_canary_service_moves_once) {
  ModelCluster cluster = serving(routed_spec(10, {weight_step(20), pause_step(), weight_step(50), pause_step()}));
  cluster.set_image("v2");
  cluster.rest();
  cluster.log();
  cluster.abort();
  cluster.routes_are_accepted_at_once = false;
  cluster.rest();
  BOOST_TEST(cluster.log() == "route 0, step 0, phase Degraded");
  cluster.pass(120);
  BOOST_TEST(cluster.desired("v2") == 2);
  cluster.routes_are_accepted_at_once = true;
  cluster.rest();
  BOOST_TEST(cluster.log() == "service web-canary v1, deadline v2");
  cluster.pass(29);
  BOOST_TEST(cluster.log() == "");
  cluster.pass(600);
  BOOST_TEST(cluster.log() == "scale v2 2>0");
}

BOOST_AUTO_TEST_CASE(
    edge_28_defect_07_abort_moves_what_the_stable_set_can_carry_and_waits_a_bounded_time_for_the_rest) {
  ModelCluster cluster = serving(routed_spec(10, {weight_step(50), pause_step()}));
  cluster.set_image("v2");
  cluster.rest();
  cluster.limit_ready("v1", 9);
  cluster.abort();
  cluster.rest();
  BOOST_TEST(cluster.weight() == 10);
  cluster.pass(59);
  BOOST_TEST(cluster.weight() == 10);
  cluster.pass(2);
  BOOST_TEST(cluster.weight() == 0);
}

BOOST_AUTO_TEST_CASE(defect_03_an_abort_delay_of_zero_keeps_the_canary) {
  crds::RolloutSpec spec = routed_spec(10, {weight_step(20), pause_step()});
  spec.strategy.canary->abort_scale_down_delay_seconds = 0;
  ModelCluster cluster = serving(spec);
  cluster.set_image("v2");
  cluster.rest();
  cluster.abort();
  cluster.pass(3600);
  BOOST_TEST(cluster.sizes() == "v1=10 v2=2");
  BOOST_TEST(cluster.weight() == 0);
}

BOOST_AUTO_TEST_CASE(edge_26_a_superseded_canary_keeps_its_pods_until_its_requests_are_gone) {
  ModelCluster cluster = serving(routed_spec(10, {weight_step(50), pause_step()}));
  cluster.set_image("v2");
  cluster.rest();
  cluster.log();
  cluster.routes_are_accepted_at_once = false;
  cluster.set_image("v3");
  cluster.rest();
  BOOST_TEST(cluster.log() == "create v3 5, revision 3, step 0, phase Progressing, route 0");
  BOOST_TEST(cluster.selected("web-canary") == "v2");
  cluster.routes_are_accepted_at_once = true;
  cluster.rest();
  BOOST_TEST(cluster.log() == "service web-canary v3, route 50, deadline v2, step 1, phase Paused");
  cluster.pass(31);
  BOOST_TEST(cluster.sizes() == "v1=10 v2=0 v3=5");
}

BOOST_AUTO_TEST_CASE(a_new_version_between_promotion_and_switch_finishes_the_switch_first) {
  ModelCluster cluster = serving(routed_spec(10, {weight_step(100)}));
  cluster.set_image("v2");
  for (int turn = 0; turn < 50 && cluster.status().stable_rs != cluster.hash("v2"); ++turn) {
    const Decision decision = cluster.look();
    cluster.apply_partly(decision, decision.writes.size() + 1);
    cluster.become_ready();
  }
  BOOST_TEST(cluster.weight() == 100);
  BOOST_TEST(cluster.selected("web-stable") == "v1");
  cluster.log();
  cluster.set_image("v3");
  cluster.rest();
  BOOST_TEST(cluster.log().starts_with("create v3 10, revision 3, step 0, phase Progressing, service web-stable v2, "));
  BOOST_TEST(cluster.phase() == "Healthy: ");
}

BOOST_AUTO_TEST_CASE(full_promotion_moves_the_stable_service_when_all_pods_are_there) {
  ModelCluster cluster = serving(routed_spec(10, {weight_step(20), pause_step()}));
  cluster.set_image("v2");
  cluster.rest();
  cluster.log();
  cluster.limit_ready("v2", 9);
  cluster.promote_full();
  cluster.rest();
  BOOST_TEST(cluster.selected("web-stable") == "v1");
  cluster.limit_ready("v2", 10);
  cluster.rest();
  BOOST_TEST(cluster.selected("web-stable") == "v2");
  BOOST_TEST(cluster.weight() == 0);
}

BOOST_AUTO_TEST_CASE(back_to_stable_takes_the_requests_away_before_the_pods) {
  ModelCluster cluster = serving(routed_spec(10, {weight_step(50), pause_step()}));
  cluster.set_image("v2");
  cluster.rest();
  cluster.log();
  cluster.set_image("v1");
  cluster.rest();
  BOOST_TEST(cluster.log() ==
             "annotate v1, revision 3, step 2, phase Healthy, route 0, service web-canary v1, deadline v2");
}

BOOST_AUTO_TEST_CASE(explicit_canary_scale_is_obeyed) {
  crds::CanaryStep scale;
  scale.set_canary_scale.obtain().replicas = 3;
  ModelCluster cluster = serving(routed_spec(10, {scale, weight_step(50), pause_step()}));
  cluster.set_image("v2");
  cluster.rest();
  BOOST_TEST(cluster.sizes() == "v1=10 v2=3");
  BOOST_TEST(cluster.weight() == 50);
}

BOOST_AUTO_TEST_CASE(edge_27_a_dead_canary_gets_no_requests) {
  ModelCluster cluster = serving(routed_spec(10, {weight_step(50), pause_step()}));
  cluster.set_image("v2");
  cluster.rest();
  cluster.limit_ready("v2", 0);
  cluster.rest();
  BOOST_TEST(cluster.weight() == 0);
  cluster.limit_ready("v2", 5);
  cluster.rest();
  BOOST_TEST(cluster.weight() == 50);
}

BOOST_AUTO_TEST_CASE(a_missing_route_is_told_and_moves_nothing) {
  ModelCluster cluster = serving(routed_spec(10, {weight_step(50), pause_step()}));
  RolloutObservation seen = cluster.observe();
  seen.routes.front().error = "HTTPRoute \"web\" not found";
  const Decision decision = decide(seen, at(200));
  BOOST_TEST(decision.writes.empty());
  BOOST_TEST(decision.events.front().reason == "TrafficRoutingError");
  BOOST_TEST(decision.status->conditions.back().message == "HTTPRoute \"web\" not found");
}

BOOST_AUTO_TEST_CASE(raised_replicas_keep_the_weight) {
  ModelCluster cluster = serving(routed_spec(10, {weight_step(50), pause_step()}));
  cluster.set_image("v2");
  cluster.rest();
  cluster.log();
  cluster.edit([](crds::RolloutSpec& spec) { spec.replicas = 20; });
  cluster.rest();
  BOOST_TEST(cluster.log() == "scale v1 10>20, scale v2 5>10");
  BOOST_TEST(cluster.weight() == 50);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::controller::test
