// What a Rollout says when a guard holds it for long, and when it falls silent again.
#include "controller/waiting.h"

#include <boost/test/unit_test.hpp>

#include "serving.h"

namespace sluice::controller::test {
namespace {

const crds::Condition* waiting(const ModelCluster& cluster) {
  for (const crds::Condition& one : cluster.status().conditions)
    if (one.type == "Waiting") return &one;
  return nullptr;
}

// 3 of the 5 pods that v2 needs do not become ready.
ModelCluster short_of_pods() {
  ModelCluster cluster = serving(routed_spec(10, {weight_step(50), pause_step()}));
  cluster.limit_ready("v2", 2);
  cluster.set_image("v2");
  cluster.rest();
  cluster.events();
  return cluster;
}

BOOST_AUTO_TEST_SUITE(waiting_condition)

BOOST_AUTO_TEST_CASE(a_guard_that_holds_for_a_minute_is_told_once) {
  ModelCluster cluster = short_of_pods();
  cluster.pass(59);
  BOOST_TEST(!waiting(cluster));
  BOOST_TEST(cluster.events() == "");
  cluster.pass(2);
  BOOST_REQUIRE(waiting(cluster));
  BOOST_TEST(waiting(cluster)->status == "True");
  BOOST_TEST(waiting(cluster)->reason == "Capacity");
  const std::string text =
      "held by capacity: 2 of 5 canary pods are available; goes on when 3 more pods become available";
  BOOST_TEST(waiting(cluster)->message == text);
  BOOST_TEST(cluster.events() == "RolloutWaiting: " + text);
  const int writes = cluster.status_writes_made();
  cluster.pass(400);
  BOOST_TEST(cluster.status_writes_made() == writes);
  BOOST_TEST(cluster.events() == "");
  BOOST_TEST(cluster.phase() == "Progressing: more replicas need to be updated");
}

BOOST_AUTO_TEST_CASE(the_next_progress_takes_it_away) {
  ModelCluster cluster = short_of_pods();
  cluster.pass(61);
  BOOST_REQUIRE(waiting(cluster));
  cluster.limit_ready("v2", 5);
  cluster.rest();
  BOOST_TEST(!waiting(cluster));
  BOOST_TEST(cluster.phase() == "Paused: CanaryPauseStep");
}

BOOST_AUTO_TEST_CASE(a_pause_is_told_by_the_phase_alone) {
  ModelCluster cluster = serving(routed_spec(10, {weight_step(50), pause_step()}));
  cluster.set_image("v2");
  cluster.rest();
  cluster.pass(600);
  BOOST_TEST(!waiting(cluster));
}

BOOST_AUTO_TEST_CASE(a_guard_has_words_for_a_condition) {
  BOOST_TEST(text_of(Reason{"pause", "spec.paused is true", std::nullopt, ""}) == "held by pause: spec.paused is true");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::controller::test
