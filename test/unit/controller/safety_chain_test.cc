// The last links of the chain: pods and selectors stay until the router had the time to carry out what it has taken.
#include "controller/safety_chain.h"

#include <boost/test/unit_test.hpp>

#include "controller/keys.h"
#include "serving.h"

namespace sluice::controller::test {
namespace {

// The size that the decision gives to the set of a version; its present one when it leaves it alone.
int size_after(const ModelCluster& cluster, const Decision& decision, const std::string& version) {
  const std::string name = "web-" + cluster.hash(version);
  for (const Write& write : decision.writes)
    if (const auto* scale = std::get_if<ScaleReplicaSet>(&write.effect); scale && scale->name == name)
      return scale->replicas;
  return cluster.desired(version);
}

bool moves(const Decision& decision, const std::string& service) {
  for (const Write& write : decision.writes)
    if (const auto* change = std::get_if<SwitchService>(&write.effect); change && change->name == service) return true;
  return false;
}

bool sets_deadline(const Decision& decision) {
  for (const Write& write : decision.writes)
    if (const auto* note = std::get_if<AnnotateReplicaSet>(&write.effect))
      if (note->set_annotations.contains(keys::scale_down_deadline)) return true;
  return false;
}

std::string guards(const Decision& decision) {
  std::string text;
  for (const Reason& reason : decision.reasons) text += reason.guard + ": " + reason.sentence + "\n";
  return text;
}

// As it is seen when the router has taken this share for the canary at that moment.
RolloutObservation taken(const ModelCluster& cluster, int share, Time since) {
  RolloutObservation seen = cluster.observe();
  traffic::ObservedRoute& route = seen.routes.front();
  route.largest_canary = route.smallest_canary = share;
  route.is_uniform = route.is_accepted = true;
  route.depth = traffic::Depth::reported;
  route.writer.at = since - kube::seconds(3);
  route.confirmed_at = since;
  return seen;
}

// v2 has all pods of its 80 %, and stands at the step that lowers it to 20 %.
ModelCluster lowering() {
  ModelCluster cluster = serving(routed_spec(10, {weight_step(80), pause_step(), weight_step(20), pause_step()}));
  cluster.set_image("v2");
  cluster.rest();
  BOOST_REQUIRE(cluster.desired("v2") == 8);
  cluster.edit_status([](crds::RolloutStatus& status) {
    status.pause_conditions.clear();
    status.controller_pause = false;
    status.current_step_index = 2;
  });
  return cluster;
}

BOOST_AUTO_TEST_SUITE(safety_chain)

BOOST_AUTO_TEST_CASE(obs_09_a_canary_shrinks_after_the_proxies_had_time_to_follow_a_lower_weight) {
  const ModelCluster cluster = lowering();
  const Decision early = decide(taken(cluster, 20, at(200)), at(205));
  BOOST_TEST(size_after(cluster, early, "v2") == 8);
  BOOST_TEST((early.wake_at == at(211)));
  BOOST_TEST(guards(early).find("drain: web-") != std::string::npos);
  BOOST_TEST(size_after(cluster, decide(taken(cluster, 20, at(200)), at(211)), "v2") == 2);
}

BOOST_AUTO_TEST_CASE(a_propagation_delay_that_is_asked_for_is_the_time_to_follow) {
  ModelCluster cluster = lowering();
  cluster.edit([](crds::RolloutSpec& spec) { spec.strategy.canary->traffic_routing->propagation_delay_seconds = 60; });
  BOOST_TEST(size_after(cluster, decide(taken(cluster, 20, at(200)), at(260)), "v2") == 8);
  BOOST_TEST(size_after(cluster, decide(taken(cluster, 20, at(200)), at(261)), "v2") == 2);
}

BOOST_AUTO_TEST_CASE(a_router_whose_data_plane_is_seen_needs_no_such_time) {
  const ModelCluster cluster = lowering();
  RolloutObservation seen = taken(cluster, 20, at(200));
  seen.routes.front().depth = traffic::Depth::seen;
  BOOST_TEST(size_after(cluster, decide(seen, at(200)), "v2") == 2);
}

BOOST_AUTO_TEST_CASE(a_weight_that_is_not_taken_yet_keeps_all_pods) {
  const ModelCluster cluster = lowering();
  RolloutObservation seen = taken(cluster, 20, at(100));
  seen.routes.front().is_accepted = false;
  seen.routes.front().waits_for = "gateway edge has not reported yet";
  const Decision decision = decide(seen, at(600));
  BOOST_TEST(size_after(cluster, decision, "v2") == 8);
  BOOST_TEST(guards(decision).find("gateway edge has not reported yet") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(ar_4534_a_superseded_canary_keeps_its_service_and_its_pods_until_it_is_drained) {
  ModelCluster cluster = serving(routed_spec(10, {weight_step(80), pause_step()}));
  cluster.set_image("v2");
  cluster.rest();
  cluster.routes_are_accepted_at_once = false;
  cluster.set_image("v3");
  cluster.rest();
  const Decision early = decide(taken(cluster, 0, at(200)), at(205));
  BOOST_TEST(!moves(early, "web-canary"));
  BOOST_TEST(!sets_deadline(early));
  BOOST_TEST(size_after(cluster, early, "v2") == 8);
  BOOST_TEST(guards(early).find("Service web-canary keeps selecting web-" + cluster.hash("v2")) != std::string::npos);
  const Decision later = decide(taken(cluster, 0, at(200)), at(211));
  BOOST_TEST(moves(later, "web-canary"));
}

BOOST_AUTO_TEST_CASE(obs_05_the_abort_delay_begins_when_the_canary_is_drained) {
  ModelCluster cluster = serving(routed_spec(10, {weight_step(50), pause_step()}));
  cluster.set_image("v2");
  cluster.rest();
  cluster.routes_are_accepted_at_once = false;
  cluster.abort();
  cluster.rest();
  // The canary Service goes first, as the last way to the set.
  cluster.set_selector("web-canary", cluster.hash("v1"));
  BOOST_TEST(!sets_deadline(decide(taken(cluster, 0, at(200)), at(210))));
  BOOST_TEST(sets_deadline(decide(taken(cluster, 0, at(200)), at(211))));
}

BOOST_AUTO_TEST_CASE(ar_4195_a_promoted_stable_service_stays_where_it_is_until_the_former_set_is_drained) {
  ModelCluster cluster = serving(routed_spec(10, {weight_step(100), pause_step()}));
  cluster.set_image("v2");
  cluster.rest();
  cluster.edit_status([&](crds::RolloutStatus& status) {
    status.pause_conditions.clear();
    status.controller_pause = false;
    status.current_step_index = 2;
    status.stable_rs = cluster.hash("v2");
  });
  BOOST_TEST(!moves(decide(taken(cluster, 100, at(200)), at(205)), "web-stable"));
  BOOST_TEST(moves(decide(taken(cluster, 100, at(200)), at(211)), "web-stable"));
  // As long as requests come this way, the promoted set serves them at once.
  BOOST_TEST(moves(decide(taken(cluster, 60, at(200)), at(205)), "web-stable"));
}

BOOST_AUTO_TEST_CASE(an_old_version_keeps_its_pods_until_the_active_service_publishes_the_new_one) {
  ModelCluster cluster = serving(blue_green_spec(4));
  cluster.set_image("v2");
  cluster.rest();
  RolloutObservation seen = cluster.observe();
  for (ObservedService& service : seen.services)
    if (service.name == "web-active") service.ready_endpoints.emplace();
  const Decision decision = decide(seen, at(2000));
  BOOST_TEST(size_after(cluster, decision, "v1") == 4);
  BOOST_TEST(guards(decision).find("publishes no pod of the set that it selects yet") != std::string::npos);
  BOOST_TEST(size_after(cluster, decide(cluster.observe(), at(2000)), "v1") == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::controller::test
