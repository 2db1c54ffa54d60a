// Edge cases of updates, by their number in the list of those that a careless controller misses.
#include <boost/test/unit_test.hpp>

#include "controller/keys.h"
#include "controller/sets.h"
#include "serving.h"

namespace sluice::controller::test {
namespace {

crds::RolloutSpec routed(std::vector<crds::CanaryStep> steps) { return routed_spec(10, std::move(steps)); }

void replicas(ModelCluster& cluster, int count) {
  cluster.edit([&](crds::RolloutSpec& spec) { spec.replicas = count; });
}

crds::CanaryStep scale_step(int pods) {
  crds::CanaryStep step;
  step.set_canary_scale.obtain().replicas = pods;
  return step;
}

BOOST_AUTO_TEST_SUITE(edges)

BOOST_AUTO_TEST_CASE(edge_05_a_set_of_this_template_that_is_there_already_is_taken) {
  ModelCluster cluster = serving(routed({weight_step(20), pause_step()}));
  cluster.set_image("v2");
  // The process dies after the first write: the set is there, the status does not say so.
  cluster.apply_partly(cluster.look(), 1);
  cluster.log();
  cluster.rest();
  BOOST_TEST(cluster.log().find("create") == std::string::npos);
  BOOST_TEST(cluster.phase() == "Paused: CanaryPauseStep");
  BOOST_TEST(!cluster.status().collision_count);
}

BOOST_AUTO_TEST_CASE(edge_08_the_newest_revision_keeps_its_number_when_older_sets_go) {
  ModelCluster cluster = serving(canary_spec(4, {}));
  for (const char* version : {"v2", "v3"}) {
    cluster.set_image(version);
    cluster.rest();
  }
  cluster.delete_set("v1");
  cluster.delete_set("v2");
  cluster.rest();
  BOOST_TEST(cluster.set_of("v3").meta.annotations.get(keys::revision) == "3");
}

BOOST_AUTO_TEST_CASE(edge_10_a_new_template_is_recorded_before_anything_follows_from_it) {
  ModelCluster cluster = serving(routed({weight_step(20), pause_step()}));
  cluster.set_image("v2");
  for (const Write& write : cluster.look().writes)
    BOOST_TEST((std::holds_alternative<CreateReplicaSet>(write.effect) ||
                std::holds_alternative<PatchRolloutMetadata>(write.effect)));
}

BOOST_AUTO_TEST_CASE(edge_14_a_run_that_was_just_made_is_not_ended) {
  ModelCluster cluster = serving(routed({weight_step(20), analysis_step("success"), pause_step()}));
  cluster.set_image("v2");
  cluster.rest();
  BOOST_TEST(cluster.runs() == std::vector<std::string>{"web-v2-2-1"});
  BOOST_TEST(cluster.unfinished_runs().size() == 1U);
}

BOOST_AUTO_TEST_CASE(edge_15_a_name_that_a_finished_run_has_gets_a_number) {
  ModelCluster cluster = serving(routed({weight_step(20), analysis_step("success"), pause_step()}));
  cluster.set_image("v2");
  cluster.rest();
  cluster.finish_run("web-v2-2-1", "Failed");
  cluster.rest();
  cluster.set_now(at(200));
  cluster.retry();
  cluster.rest();
  BOOST_TEST(cluster.unfinished_runs() == std::vector<std::string>{"web-v2-2-1.1"});
}

BOOST_AUTO_TEST_CASE(edge_16_sets_in_the_middle_do_not_make_every_decision_one_about_size) {
  ModelCluster cluster = serving(routed({weight_step(50), pause_step()}));
  cluster.set_image("v2");
  cluster.rest();
  cluster.set_image("v3");
  cluster.rest();
  cluster.log();
  replicas(cluster, 20);
  cluster.rest();
  BOOST_TEST(cluster.log() == "scale v1 10>20, scale v3 5>10");
  BOOST_TEST(cluster.desired("v2") == 5);
}

BOOST_AUTO_TEST_CASE(edge_17_a_size_that_is_held_in_an_abort_still_notes_the_demand) {
  ModelCluster cluster = serving(routed({weight_step(50), pause_step()}));
  cluster.set_image("v2");
  cluster.rest();
  cluster.abort();
  cluster.rest();
  replicas(cluster, 12);
  cluster.rest();
  BOOST_TEST(cluster.sizes() == "v1=12 v2=5");
  BOOST_TEST(cluster.set_of("v2").meta.annotations.get(keys::desired_replicas) == "12");
  BOOST_TEST(cluster.weight() == 0);
}

BOOST_AUTO_TEST_CASE(edge_18_one_decision_writes_each_set_once) {
  ModelCluster cluster = serving(routed({weight_step(50), pause_step()}));
  cluster.set_image("v2");
  cluster.rest();
  cluster.abort();
  replicas(cluster, 12);
  for (int round = 0; round < 20; ++round) {
    const Decision decision = cluster.look();
    std::map<std::string, int> writes;
    for (const Write& write : decision.writes) {
      if (const auto* scale = std::get_if<ScaleReplicaSet>(&write.effect)) ++writes[scale->name];
      if (const auto* note = std::get_if<AnnotateReplicaSet>(&write.effect)) ++writes[note->name];
    }
    for (const auto& [name, count] : writes) BOOST_TEST(count == 1, name);
    cluster.apply_partly(decision, decision.writes.size() + 1);
    cluster.become_ready();
  }
}

BOOST_AUTO_TEST_CASE(edge_19_the_passed_deadline_keeps_an_aborted_set_down) {
  ModelCluster cluster = serving(routed({weight_step(50), pause_step()}));
  cluster.set_image("v2");
  cluster.rest();
  cluster.abort();
  cluster.pass(60);
  BOOST_TEST(cluster.desired("v2") == 0);
  BOOST_TEST(cluster.set_of("v2").meta.annotations.contains(keys::scale_down_deadline));
  replicas(cluster, 14);
  cluster.pass(60);
  BOOST_TEST(cluster.sizes() == "v1=14 v2=0");
}

BOOST_AUTO_TEST_CASE(edge_20_the_abort_delay_begins_when_the_stable_set_is_whole) {
  ModelCluster cluster = serving(routed({weight_step(50), pause_step()}));
  cluster.set_image("v2");
  cluster.rest();
  cluster.limit_ready("v1", 9);
  cluster.abort();
  cluster.pass(300);
  BOOST_TEST(cluster.desired("v2") == 5);
  BOOST_TEST(!cluster.set_of("v2").meta.annotations.contains(keys::scale_down_deadline));
  cluster.limit_ready("v1", 10);
  cluster.pass(29);
  BOOST_TEST(cluster.desired("v2") == 5);
  cluster.pass(2);
  BOOST_TEST(cluster.desired("v2") == 0);
}

BOOST_AUTO_TEST_CASE(edge_30_the_end_waits_until_the_last_weight_is_seen) {
  ModelCluster cluster = serving(routed({weight_step(100)}));
  cluster.routes_are_accepted_at_once = false;
  cluster.set_image("v2");
  cluster.rest();
  cluster.pass(3600);
  BOOST_TEST(cluster.weight() == 100);
  BOOST_TEST(cluster.status().stable_rs == cluster.hash("v1"));
  BOOST_TEST(cluster.sizes() == "v1=10 v2=10");
}

BOOST_AUTO_TEST_CASE(edge_31_a_set_that_a_service_selects_keeps_its_pods) {
  ModelCluster cluster = serving(blue_green_spec(4));
  cluster.set_image("v2");
  cluster.rest();
  cluster.set_selector("web-preview", cluster.hash("v1"));
  Decision decision = cluster.look();
  for (const Write& write : decision.writes) BOOST_TEST(!std::holds_alternative<ScaleReplicaSet>(write.effect));
  cluster.rest();
  cluster.pass(60);
  BOOST_TEST(cluster.sizes() == "v1=0 v2=4");
}

BOOST_AUTO_TEST_CASE(edge_33_defect_11_the_delays_of_a_superseded_and_of_the_previous_stable_set_are_their_own) {
  ModelCluster cluster = serving(routed({weight_step(50), pause_step()}));
  cluster.set_image("v2");
  cluster.rest();
  cluster.set_image("v3");
  cluster.rest();
  cluster.pass(31);
  BOOST_TEST(cluster.sizes() == "v1=10 v2=0 v3=5");
  cluster.promote();
  cluster.pass(29);
  BOOST_TEST(cluster.sizes() == "v1=10 v2=0 v3=10");
  cluster.pass(2);
  BOOST_TEST(cluster.sizes() == "v1=0 v2=0 v3=10");
}

BOOST_AUTO_TEST_CASE(edge_34_a_set_in_its_delay_keeps_its_size) {
  ModelCluster cluster = serving(routed({weight_step(20), pause_step()}));
  cluster.set_image("v2");
  cluster.rest();
  cluster.set_image("v1");
  cluster.rest();
  replicas(cluster, 20);
  cluster.pass(20);
  BOOST_TEST(cluster.sizes() == "v1=20 v2=2");
  cluster.pass(20);
  BOOST_TEST(cluster.sizes() == "v1=20 v2=0");
}

BOOST_AUTO_TEST_CASE(edge_35_old_pods_that_are_not_available_go_first) {
  ModelCluster cluster = serving(canary_spec(10, {weight_step(20), pause_step()}));
  cluster.set_image("v2");
  cluster.rest();
  cluster.limit_ready("v2", 0);
  cluster.rest();
  cluster.set_image("v3");
  cluster.rest();
  BOOST_TEST(cluster.desired("v2") == 0);
  BOOST_TEST(cluster.phase() == "Paused: CanaryPauseStep");
}

BOOST_AUTO_TEST_CASE(edge_37_a_broken_stable_set_does_not_hold_the_canary_up) {
  ModelCluster cluster = serving(canary_spec(10, {weight_step(20)}));
  cluster.limit_ready("v1", 0);
  cluster.rest();
  cluster.set_image("v2");
  cluster.rest();
  BOOST_TEST(cluster.phase() == "Healthy: ");
  BOOST_TEST(cluster.sizes() == "v1=0 v2=10");
}

BOOST_AUTO_TEST_CASE(edge_40_a_service_is_taken_over_when_all_pods_are_there) {
  ModelCluster cluster(routed({weight_step(20), pause_step()}));
  cluster.add_service("web-canary");
  cluster.add_service("web-stable");
  cluster.add_route("web");
  cluster.limit_ready("v1", 9);
  cluster.rest();
  BOOST_TEST(cluster.selected("web-stable") == "");
  cluster.limit_ready("v1", 10);
  cluster.rest();
  BOOST_TEST(cluster.selected("web-stable") == "v1");
}

BOOST_AUTO_TEST_CASE(edge_41_a_service_with_the_right_hash_is_marked_as_ours) {
  ModelCluster cluster(blue_green_spec(3));
  cluster.add_service("web-active");
  cluster.add_service("web-preview");
  cluster.set_selector("web-active", cluster.hash("v1"));
  cluster.rest();
  BOOST_TEST(cluster.service("web-active").meta.annotations.get(keys::managed_by) == "web");
}

BOOST_AUTO_TEST_CASE(edge_46_an_abort_keeps_its_time_and_a_retry_asks_anew) {
  ModelCluster cluster = serving(routed({weight_step(20), analysis_step("success"), pause_step()}));
  cluster.set_image("v2");
  cluster.rest();
  cluster.finish_run("web-v2-2-1", "Failed");
  cluster.rest();
  const std::optional<Time> since = cluster.status().aborted_at;
  BOOST_REQUIRE(since);
  cluster.pass(600);
  BOOST_TEST((cluster.status().aborted_at == since));
  cluster.retry();
  cluster.rest();
  BOOST_TEST(!cluster.status().aborted_at);
  BOOST_TEST(cluster.unfinished_runs().size() == 1U);
}

BOOST_AUTO_TEST_CASE(edge_47_a_pause_that_a_person_ended_does_not_begin_again) {
  ModelCluster cluster = serving(routed({weight_step(20), pause_step(), weight_step(50), pause_step()}));
  cluster.set_image("v2");
  cluster.rest();
  BOOST_TEST(cluster.status().controller_pause);
  cluster.promote();
  cluster.rest();
  BOOST_TEST(*cluster.status().current_step_index == 3);
  BOOST_TEST(cluster.phase() == "Paused: CanaryPauseStep");
}

BOOST_AUTO_TEST_CASE(edge_49_lost_pods_do_not_cancel_a_gate_that_began) {
  crds::RolloutSpec spec = blue_green_spec(2);
  spec.strategy.blue_green->pre_promotion_analysis = analysis_of("success");
  ModelCluster cluster = serving(spec);
  cluster.set_image("v2");
  cluster.rest();
  BOOST_TEST(cluster.unfinished_runs().size() == 1U);
  cluster.limit_ready("v2", 0);
  cluster.rest();
  cluster.limit_ready("v2", 2);
  cluster.rest();
  BOOST_TEST(cluster.runs() == std::vector<std::string>{"web-v2-2-pre"});
  BOOST_TEST(cluster.selected("web-active") == "v1");
}

BOOST_AUTO_TEST_CASE(edge_54_more_pods_than_wanted_do_not_hold_the_promotion_up) {
  ModelCluster cluster = serving(routed({weight_step(100), pause_step()}));
  cluster.set_image("v2");
  cluster.rest();
  replicas(cluster, 6);
  cluster.promote();
  cluster.rest();
  BOOST_TEST(cluster.phase() == "Healthy: ");
  BOOST_TEST(cluster.status().stable_rs == cluster.hash("v2"));
}

BOOST_AUTO_TEST_CASE(edge_55_the_least_number_of_pods_is_no_more_than_the_replicas) {
  crds::RolloutSpec spec = routed_spec(2, {weight_step(10), pause_step()});
  spec.strategy.canary->min_pods_per_replica_set = 3;
  ModelCluster cluster = serving(spec);
  cluster.set_image("v2");
  cluster.rest();
  BOOST_TEST(cluster.sizes() == "v1=2 v2=2");
  replicas(cluster, 1);
  cluster.rest();
  BOOST_TEST(cluster.sizes() == "v1=1 v2=1");
}

BOOST_AUTO_TEST_CASE(edge_56_a_chosen_scale_does_not_outlast_an_abort) {
  ModelCluster cluster = serving(routed({scale_step(4), weight_step(20), pause_step()}));
  cluster.set_image("v2");
  cluster.rest();
  BOOST_TEST(cluster.sizes() == "v1=10 v2=4");
  cluster.abort();
  cluster.pass(31);
  BOOST_TEST(cluster.sizes() == "v1=10 v2=0");
}

BOOST_AUTO_TEST_CASE(edge_58_sets_of_experiments_do_not_count_in_the_rollback_window) {
  Sets sets;
  std::vector<ReplicaSetPointer> made;
  for (int number = 0; number < 4; ++number) {
    auto set = std::make_shared<crds::ReplicaSet>();
    set->meta.name = "web-" + std::to_string(number);
    set->meta.creation_time = at(number);
    if (number == 1) set->meta.annotations.set(keys::experiment_name, "trial");
    made.push_back(set);
  }
  sets.newest = made[0];
  sets.stable = made[3];
  sets.others = {made[1], made[2]};
  crds::RolloutSpec spec;
  spec.rollback_window = crds::RollbackWindow{2};
  BOOST_TEST(is_within_rollback_window(sets, spec));
  spec.rollback_window = crds::RollbackWindow{1};
  BOOST_TEST(!is_within_rollback_window(sets, spec));
}

BOOST_AUTO_TEST_CASE(edge_63_a_new_template_in_a_pause_starts_with_clean_conditions) {
  ModelCluster cluster = serving(routed({weight_step(20), pause_step()}));
  cluster.set_image("v2");
  cluster.rest();
  cluster.set_image("v3");
  const Decision decision = cluster.look();
  BOOST_REQUIRE(decision.status);
  BOOST_TEST(decision.status->pause_conditions.empty());
  BOOST_TEST(decision.status->phase == "Progressing");
  BOOST_TEST(decision.status->observed_generation == std::to_string(cluster.observe().rollout->meta.generation));
}

BOOST_AUTO_TEST_CASE(edge_65_a_step_that_a_person_skips_ends_its_run) {
  ModelCluster cluster =
      serving(routed({analysis_step("success"), pause_step(), analysis_step("success"), pause_step()}));
  cluster.set_image("v2");
  cluster.rest();
  BOOST_TEST(cluster.unfinished_runs() == std::vector<std::string>{"web-v2-2-0"});
  cluster.edit_status([](crds::RolloutStatus& status) { status.current_step_index = 2; });
  cluster.rest();
  BOOST_TEST(cluster.runs() == (std::vector<std::string>{"web-v2-2-0 (ended)", "web-v2-2-2"}));
}

BOOST_AUTO_TEST_CASE(edge_66_what_step_plugins_left_behind_is_cleared_by_a_new_attempt) {
  ModelCluster cluster = serving(routed({weight_step(20), pause_step()}));
  cluster.set_image("v2");
  cluster.rest();
  cluster.abort();
  cluster.edit_status([](crds::RolloutStatus& status) { status.canary.step_plugin_statuses.emplace_back(); });
  cluster.rest();
  cluster.retry();
  cluster.rest();
  BOOST_TEST(cluster.status().canary.step_plugin_statuses.empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::controller::test
