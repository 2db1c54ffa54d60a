// Fields of spec and status that have no file of tests of their own.
#include <algorithm>

#include <boost/test/unit_test.hpp>

#include "controller/keys.h"
#include "controller/restart.h"
#include "serving.h"

namespace sluice::controller::test {
namespace {

crds::CanaryStep scale_step(const std::function<void(crds::SetCanaryScale&)>& set) {
  crds::CanaryStep step;
  set(step.set_canary_scale.obtain());
  return step;
}

void replicas(ModelCluster& cluster, int count) {
  cluster.edit([&](crds::RolloutSpec& spec) { spec.replicas = count; });
}

BOOST_AUTO_TEST_SUITE(fields)

BOOST_AUTO_TEST_CASE(every_form_of_set_canary_scale_is_obeyed) {
  const crds::CanaryStep by_weight = scale_step([](crds::SetCanaryScale& scale) { scale.weight = 60; });
  const crds::CanaryStep by_both = scale_step([](crds::SetCanaryScale& scale) {
    scale.weight = 60;
    scale.replicas = 3;
  });
  const crds::CanaryStep cancelled = scale_step([](crds::SetCanaryScale& scale) { scale.match_traffic_weight = true; });
  ModelCluster cluster = serving(routed_spec(
      10, {by_weight, weight_step(20), pause_step(), by_both, pause_step(), cancelled, weight_step(40), pause_step()}));
  cluster.set_image("v2");
  cluster.rest();
  BOOST_TEST(cluster.sizes() == "v1=10 v2=6");
  BOOST_TEST(cluster.weight() == 20);
  cluster.promote();
  cluster.rest();
  BOOST_TEST(cluster.sizes() == "v1=10 v2=3");
  BOOST_TEST(cluster.weight() == 20);
  cluster.promote();
  cluster.rest();
  BOOST_TEST(cluster.sizes() == "v1=10 v2=4");
  BOOST_TEST(cluster.weight() == 40);
  cluster.promote();
  cluster.rest();
  BOOST_TEST(cluster.phase() == "Healthy: ");
}

BOOST_AUTO_TEST_CASE(a_threshold_lets_a_step_pass_with_fewer_pods) {
  struct Row {
    std::string type;
    int value;
    int ready;
    bool passes;
  };
  const Row rows[] = {
      {"Percent", 80, 7, false}, {"Percent", 80, 8, true}, {"Pods", 3, 2, false},     {"Pods", 3, 3, true},
      {"Pod", 3, 3, true},       {"Pods", 99, 10, true},   {"Percent", -1, 9, false}, {"Percent", 0, 1, true},
  };
  for (const Row& row : rows) {
    crds::RolloutSpec spec = routed_spec(10, {weight_step(100), pause_step()});
    spec.strategy.canary->replica_progress_threshold = crds::ReplicaProgressThreshold{row.type, row.value};
    ModelCluster cluster = serving(spec);
    cluster.limit_ready("v2", row.ready);
    cluster.set_image("v2");
    cluster.rest();
    const bool has_passed = !cluster.status().pause_conditions.empty();
    BOOST_TEST(has_passed == row.passes, row.type << " " << row.value << " with " << row.ready);
  }
}

BOOST_AUTO_TEST_CASE(a_change_of_min_ready_seconds_is_no_revision) {
  ModelCluster cluster = serving(canary_spec(4, {weight_step(50), pause_step()}));
  cluster.edit([](crds::RolloutSpec& spec) { spec.min_ready_seconds = 7; });
  cluster.rest();
  BOOST_TEST(cluster.sizes() == "v1=4");
  BOOST_TEST(cluster.set_of("v1").spec.min_ready_seconds == 7);
}

BOOST_AUTO_TEST_CASE(old_canaries_in_their_delay_are_limited_in_number) {
  crds::RolloutSpec spec = routed_spec(4, {weight_step(50)});
  spec.strategy.canary->scale_down_delay_seconds = 600;
  spec.strategy.canary->scale_down_delay_revision_limit = 1;
  ModelCluster cluster = serving(spec);
  cluster.set_image("v2");
  cluster.rest();
  BOOST_TEST(cluster.sizes() == "v1=4 v2=4");
  cluster.set_image("v3");
  cluster.rest();
  BOOST_TEST(cluster.sizes() == "v1=0 v2=4 v3=4");
  cluster.pass(601);
  BOOST_TEST(cluster.sizes() == "v1=0 v2=0 v3=4");
}

BOOST_AUTO_TEST_CASE(blue_green_pods_keep_away_from_the_stable_ones_too) {
  crds::RolloutSpec spec = blue_green_spec(3);
  spec.strategy.blue_green->auto_promotion_enabled = false;
  spec.strategy.blue_green->anti_affinity.obtain().preferred = crds::PreferredAntiAffinity{10};
  ModelCluster cluster = serving(spec);
  cluster.set_image("v2");
  cluster.rest();
  BOOST_TEST(cluster.set_of("v2").spec.pod_template->away_from == cluster.hash("v1"));
  cluster.promote();
  cluster.rest();
  BOOST_TEST(cluster.set_of("v2").spec.pod_template->away_from == "");
}

BOOST_AUTO_TEST_CASE(a_blue_green_restart_takes_as_many_as_may_be_missing) {
  for (const auto& [unavailable, evictions] : {std::pair{"50%", 4}, std::pair{"0", 1}, std::pair{"25%", 2}}) {
    crds::RolloutSpec spec = blue_green_spec(8);
    spec.strategy.blue_green->max_unavailable = kube::IntOrString{std::string(unavailable)};
    ModelCluster cluster = serving(spec);
    cluster.edit([](crds::RolloutSpec& edited) { edited.restart_at = at(100); });
    cluster.rest();
    RolloutObservation seen = cluster.observe();
    seen.pods.emplace();
    const kube::ObjectMeta& set = seen.replica_sets.front()->meta;
    for (int number = 0; number < 8; ++number) {
      auto pod = std::make_shared<crds::Pod>();
      pod->meta.name = "web-" + std::to_string(number);
      pod->meta.uid = pod->meta.name;
      pod->meta.creation_time = at(0);
      pod->ready = true;
      pod->meta.owners = {{"apps/v1", "ReplicaSet", set.name, set.uid, true, true}};
      seen.pods->push_back(pod);
    }
    const Decision decision = decide(seen, at(101));
    const auto evicted = std::count_if(decision.writes.begin(), decision.writes.end(), [](const Write& write) {
      return std::holds_alternative<EvictPod>(write.effect);
    });
    BOOST_TEST(evicted == evictions, unavailable);
  }
}

BOOST_AUTO_TEST_CASE(every_counter_says_what_it_should) {
  ModelCluster canary = serving(routed_spec(10, {weight_step(20), pause_step()}));
  canary.set_image("v2");
  canary.rest();
  canary.limit_ready("v1", 9);
  canary.rest();
  BOOST_TEST(canary.status().replicas == 12);
  BOOST_TEST(canary.status().updated_replicas == 2);
  BOOST_TEST(canary.status().ready_replicas == 11);
  BOOST_TEST(canary.status().available_replicas == 11);
  BOOST_TEST(canary.status().hpa_replicas == 12);
  BOOST_TEST(canary.status().selector == "app=web");

  crds::RolloutSpec spec = blue_green_spec(4);
  spec.strategy.blue_green->auto_promotion_enabled = false;
  spec.strategy.blue_green->preview_replica_count = 1;
  ModelCluster blue_green = serving(spec);
  blue_green.set_image("v2");
  blue_green.rest();
  BOOST_TEST(blue_green.status().replicas == 5);
  BOOST_TEST(blue_green.status().updated_replicas == 1);
  BOOST_TEST(blue_green.status().ready_replicas == 4);
  BOOST_TEST(blue_green.status().available_replicas == 4);
  BOOST_TEST(blue_green.status().hpa_replicas == 4);
  BOOST_TEST(blue_green.status().selector == "app=web,rollouts-pod-template-hash=" + blue_green.hash("v1"));
}

BOOST_AUTO_TEST_CASE(a_duration_is_measured_without_the_pauses_of_people) {
  ModelCluster cluster = serving(routed_spec(4, {weight_step(50), pause_step()}));
  cluster.set_image("v2");
  cluster.rest();
  BOOST_REQUIRE(cluster.status().duration);
  BOOST_TEST((cluster.status().duration->rollout_started_at == at(100)));
  BOOST_TEST((cluster.status().duration->manual_pause_started_at == at(100)));
  cluster.pass(60);
  cluster.promote();
  cluster.rest();
  BOOST_TEST(cluster.status().duration->total_manual_pause_duration_seconds == 60);
  BOOST_TEST(!cluster.status().duration->manual_pause_started_at);
  BOOST_TEST(cluster.status().duration->completion_status == "Promoted");
  BOOST_TEST((cluster.status().duration->finished_at == at(160)));

  cluster.pass(40);
  cluster.set_image("v3");
  cluster.rest();
  BOOST_TEST(cluster.status().duration->completion_status == "");
  BOOST_TEST(!cluster.status().duration->finished_at);
  cluster.abort();
  cluster.rest();
  BOOST_TEST(cluster.status().duration->completion_status == "Aborted");
  BOOST_TEST(cluster.status().duration->finished_at.has_value());
  cluster.retry();
  cluster.rest();
  cluster.promote_full();
  cluster.rest();
  BOOST_TEST(cluster.status().duration->completion_status == "FastPromoted");
}

BOOST_AUTO_TEST_CASE(hpa_01_sizes_follow_demand_at_every_phase) {
  const auto stories = {routed_spec(10, {weight_step(20), pause_step(), weight_step(50), pause_step()}),
                        canary_spec(10, {weight_step(20), pause_step(), weight_step(50), pause_step()}), [] {
                          crds::RolloutSpec spec = routed_spec(10, {weight_step(20), pause_step(), weight_step(50)});
                          spec.strategy.canary->dynamic_stable_scale = true;
                          return spec;
                        }()};
  for (const crds::RolloutSpec& spec : stories)
    for (const int demand : {20, 5, 1}) {
      // The demand changes after so many decisions.
      for (int moment = 0; moment < 14; ++moment) {
        ModelCluster cluster = serving(spec);
        cluster.set_image("v2");
        for (int decision = 0; decision < moment; ++decision) {
          const Decision next = cluster.look();
          cluster.apply_partly(next, next.writes.size() + 1);
          cluster.become_ready();
          if (decision == 8) cluster.promote();
        }
        replicas(cluster, demand);
        cluster.rest();
        for (int person = 0; person < 3; ++person) {
          if (!cluster.status().pause_conditions.empty()) cluster.promote();
          cluster.rest();
        }
        cluster.pass(60);
        BOOST_TEST(cluster.phase() == "Healthy: ", demand << " at " << moment << ": " << cluster.history());
        BOOST_TEST(cluster.desired("v2") == demand);
        BOOST_TEST(cluster.desired("v1") == 0);
      }
    }
}

BOOST_AUTO_TEST_CASE(a_lost_stable_set_is_stood_in_for_and_that_is_told) {
  ModelCluster cluster = serving(routed_spec(10, {weight_step(100), pause_step(), weight_step(50), pause_step()}));
  cluster.set_image("v2");
  cluster.rest();
  cluster.delete_set("v1");
  cluster.events();
  cluster.rest();
  // Nobody else can serve what is routed to the stable version; the gates stay as they are.
  BOOST_TEST(cluster.selected("web-stable") == "v2");
  BOOST_TEST(cluster.events().find("StableReplicaSetGone") != std::string::npos);
  BOOST_TEST(cluster.status().stable_rs == cluster.hash("v1"));
  BOOST_TEST(*cluster.status().current_step_index == 1);
  BOOST_TEST(cluster.phase() == "Paused: CanaryPauseStep");
  cluster.promote();
  cluster.rest();
  cluster.promote();
  cluster.rest();
  BOOST_TEST(cluster.phase() == "Healthy: ");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::controller::test
