// dynamicStableScale: the stable set has the pods that its share of the requests needs, never fewer.
#include <boost/test/unit_test.hpp>

#include "model_cluster.h"

namespace sluice::controller::test {
namespace {

crds::RolloutSpec dynamic(int replicas, std::vector<crds::CanaryStep> steps) {
  crds::RolloutSpec spec = routed_spec(replicas, std::move(steps));
  spec.strategy.canary->dynamic_stable_scale = true;
  return spec;
}

ModelCluster serving(crds::RolloutSpec spec) {
  ModelCluster cluster(std::move(spec));
  cluster.add_service("web-canary");
  cluster.add_service("web-stable");
  cluster.add_route("web");
  cluster.rest();
  cluster.log();
  cluster.set_now(at(100));
  return cluster;
}

ModelCluster at_half() {
  ModelCluster cluster = serving(dynamic(10, {weight_step(20), weight_step(50), pause_step()}));
  cluster.set_image("v2");
  cluster.rest();
  return cluster;
}

BOOST_AUTO_TEST_SUITE(dynamic_stable)

BOOST_AUTO_TEST_CASE(the_stable_set_shrinks_behind_the_observed_weight) {
  ModelCluster cluster = serving(dynamic(10, {weight_step(20), weight_step(50), pause_step()}));
  cluster.set_image("v2");
  cluster.rest();
  BOOST_TEST(cluster.sizes() == "v1=5 v2=5");
  BOOST_TEST(cluster.weight() == 50);
  cluster.log();
  cluster.promote();
  cluster.rest();
  BOOST_TEST(cluster.sizes() == "v1=0 v2=10");
  BOOST_TEST(cluster.phase() == "Healthy: ");
  BOOST_TEST(cluster.weight() == 0);
  BOOST_TEST(cluster.selected("web-stable") == "v2");
}

BOOST_AUTO_TEST_CASE(edge_24_the_stable_set_stays_until_the_router_has_taken_the_weight) {
  ModelCluster cluster = serving(dynamic(10, {weight_step(50), pause_step()}));
  cluster.routes_are_accepted_at_once = false;
  cluster.set_image("v2");
  cluster.rest();
  BOOST_TEST(cluster.weight() == 50);
  BOOST_TEST(cluster.sizes() == "v1=10 v2=5");
  cluster.routes_are_accepted_at_once = true;
  cluster.rest();
  BOOST_TEST(cluster.sizes() == "v1=5 v2=5");
}

BOOST_AUTO_TEST_CASE(defect_40_the_last_step_leaves_the_stable_set_until_the_promotion) {
  ModelCluster cluster = at_half();
  cluster.limit_ready("v2", 9);
  cluster.promote();
  cluster.rest();
  BOOST_TEST(cluster.sizes() == "v1=5 v2=10");
  cluster.limit_ready("v2", 10);
  cluster.rest();
  BOOST_TEST(cluster.sizes() == "v1=0 v2=10");
}

BOOST_AUTO_TEST_CASE(an_abort_brings_back_the_stable_pods_before_the_requests) {
  ModelCluster cluster = at_half();
  cluster.limit_ready("v1", 9);
  cluster.abort();
  cluster.rest();
  BOOST_TEST(cluster.weight() == 10);
  BOOST_TEST(cluster.sizes() == "v1=10 v2=1");
  cluster.limit_ready("v1", 10);
  cluster.rest();
  BOOST_TEST(cluster.weight() == 0);
  BOOST_TEST(cluster.selected("web-canary") == "v1");
  BOOST_TEST(cluster.sizes() == "v1=10 v2=0");
}

BOOST_AUTO_TEST_CASE(edge_22_the_weight_never_rises_in_an_abort_while_stable_pods_flap) {
  ModelCluster cluster = at_half();
  cluster.limit_ready("v1", 9);
  cluster.abort();
  cluster.rest();
  for (const int ready : {7, 9, 6, 8}) {
    cluster.limit_ready("v1", ready);
    cluster.rest();
    BOOST_TEST(cluster.weight() == 10);
    BOOST_TEST(cluster.desired("v2") == 1);
  }
}

BOOST_AUTO_TEST_CASE(edge_23_an_aborted_canary_keeps_the_pods_that_its_requests_need) {
  ModelCluster cluster = at_half();
  cluster.limit_ready("v1", 7);
  cluster.abort();
  cluster.rest();
  BOOST_TEST(cluster.weight() == 30);
  BOOST_TEST(cluster.desired("v2") == 3);
}

BOOST_AUTO_TEST_CASE(edge_21_an_explicit_abort_delay_does_not_hold_the_weight_up) {
  crds::RolloutSpec spec = dynamic(10, {weight_step(50), pause_step()});
  spec.strategy.canary->abort_scale_down_delay_seconds = 60;
  ModelCluster cluster = serving(spec);
  cluster.set_image("v2");
  cluster.rest();
  cluster.abort();
  cluster.rest();
  BOOST_TEST(cluster.weight() == 0);
  BOOST_TEST(cluster.sizes() == "v1=10 v2=5");
  cluster.pass(59);
  BOOST_TEST(cluster.sizes() == "v1=10 v2=5");
  cluster.pass(2);
  BOOST_TEST(cluster.sizes() == "v1=10 v2=0");
}

BOOST_AUTO_TEST_CASE(ar_4841_few_pods_at_least_do_not_park_an_abort) {
  crds::RolloutSpec spec = dynamic(10, {weight_step(5), pause_step(), weight_step(50), pause_step()});
  spec.strategy.canary->min_pods_per_replica_set = 3;
  ModelCluster cluster = serving(spec);
  cluster.set_image("v2");
  cluster.rest();
  BOOST_TEST(cluster.sizes() == "v1=10 v2=3");
  cluster.promote();
  cluster.rest();
  BOOST_TEST(cluster.sizes() == "v1=5 v2=5");
  cluster.abort();
  cluster.rest();
  BOOST_TEST(cluster.weight() == 0);
  BOOST_TEST(cluster.sizes() == "v1=10 v2=0");
}

BOOST_AUTO_TEST_CASE(edge_25_back_to_the_stable_version_moves_only_what_it_can_carry) {
  ModelCluster cluster = at_half();
  cluster.limit_ready("v1", 8);
  cluster.set_image("v1");
  cluster.rest();
  BOOST_TEST(cluster.weight() == 20);
  BOOST_TEST(cluster.selected("web-canary") == "v2");
  BOOST_TEST(cluster.sizes() == "v1=10 v2=5");
  cluster.limit_ready("v1", 10);
  cluster.rest();
  BOOST_TEST(cluster.weight() == 0);
  BOOST_TEST(cluster.selected("web-canary") == "v1");
  BOOST_TEST(cluster.sizes() == "v1=10 v2=0");
}

BOOST_AUTO_TEST_CASE(ar_3372_a_third_version_waits_until_the_first_carries_all) {
  ModelCluster cluster = serving(dynamic(4, {weight_step(75), pause_step()}));
  cluster.set_image("v2");
  cluster.rest();
  BOOST_TEST(cluster.sizes() == "v1=1 v2=3");
  cluster.limit_ready("v1", 2);
  cluster.set_image("v3");
  cluster.rest();
  BOOST_TEST(cluster.desired("v1") == 4);
  BOOST_TEST(cluster.desired("v2") == 3);
  BOOST_TEST(cluster.weight() == 50);
  BOOST_TEST(cluster.selected("web-canary") == "v2");
  cluster.limit_ready("v1", 4);
  cluster.rest();
  BOOST_TEST(cluster.selected("web-canary") == "v3");
  BOOST_TEST(cluster.sizes() == "v1=1 v2=0 v3=3");
  BOOST_TEST(cluster.weight() == 75);
}

BOOST_AUTO_TEST_CASE(a_chosen_number_of_canary_pods_keeps_the_stable_set_whole) {
  crds::CanaryStep scale;
  scale.set_canary_scale.obtain().replicas = 3;
  ModelCluster cluster = serving(dynamic(10, {scale, weight_step(20), pause_step()}));
  cluster.set_image("v2");
  cluster.rest();
  BOOST_TEST(cluster.sizes() == "v1=10 v2=3");
}

BOOST_AUTO_TEST_CASE(demand_is_followed_by_both_sets) {
  ModelCluster cluster = at_half();
  for (const auto& [replicas, sizes] : {std::pair{20, "v1=10 v2=10"}, std::pair{4, "v1=2 v2=2"}}) {
    cluster.edit([&](crds::RolloutSpec& spec) { spec.replicas = replicas; });
    cluster.rest();
    BOOST_TEST(cluster.sizes() == sizes);
    BOOST_TEST(cluster.weight() == 50);
  }
}

BOOST_AUTO_TEST_CASE(full_promotion_keeps_both_sides_served) {
  ModelCluster cluster = at_half();
  cluster.limit_ready("v2", 8);
  cluster.promote_full();
  cluster.rest();
  BOOST_TEST(cluster.sizes() == "v1=5 v2=10");
  cluster.limit_ready("v2", 10);
  cluster.rest();
  BOOST_TEST(cluster.phase() == "Healthy: ");
  BOOST_TEST(cluster.sizes() == "v1=0 v2=10");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::controller::test
