// Steps, routers and status that other controllers get wrong, by the number of the defect in our list, and what is
// right.
#include <algorithm>

#include <boost/test/unit_test.hpp>

#include "controller/phase.h"
#include "serving.h"

namespace sluice::controller::test {
namespace {

crds::CanaryStep scale_step(int weight) {
  crds::CanaryStep step;
  step.set_canary_scale.obtain().weight = weight;
  return step;
}

crds::CanaryStep header_step() {
  crds::CanaryStep step;
  step.set_header_route.obtain().name = "beta";
  step.set_header_route->match = {{"X-Beta", crds::StringMatch{"1", "", ""}}};
  return step;
}

crds::RolloutSpec with_header_route() {
  crds::RolloutSpec spec = routed_spec(10, {scale_step(50), header_step(), weight_step(50), pause_step()});
  spec.strategy.canary->traffic_routing->managed_routes = {{"beta"}};
  return spec;
}

// At the header step, which no route shows yet.
RolloutObservation at_header_step(ModelCluster& cluster) {
  cluster.set_image("v2");
  cluster.rest();
  cluster.edit_status([](crds::RolloutStatus& status) {
    status.pause_conditions.clear();
    status.controller_pause = false;
    status.current_step_index = 1;
  });
  RolloutObservation seen = cluster.observe();
  seen.routes.front().largest_canary = seen.routes.front().smallest_canary = 0;
  seen.routes.front().has_declared = false;
  return seen;
}

const SetRouteWeights* route_write(const Decision& decision) {
  for (const Write& write : decision.writes)
    if (const auto* change = std::get_if<SetRouteWeights>(&write.effect)) return change;
  return nullptr;
}

bool passes_step(const Decision& decision, int index) {
  return decision.status && decision.status->current_step_index.value_or(0) > index;
}

bool waits_for(const Decision& decision, const std::string& guard) {
  return std::any_of(decision.reasons.begin(), decision.reasons.end(),
                     [&](const Reason& reason) { return reason.guard == guard; });
}

int count(const Decision& decision, const std::string& event) {
  int found = 0;
  for (const Write& write : decision.writes)
    for (const Event& one : write.events) found += one.reason == event;
  return found;
}

BOOST_AUTO_TEST_SUITE(defects_of_steps)

BOOST_AUTO_TEST_CASE(defect_08_a_header_step_is_over_only_when_its_route_is_seen) {
  ModelCluster cluster = serving(with_header_route());
  RolloutObservation seen = at_header_step(cluster);
  const Decision decision = decide(seen, at(200));
  BOOST_REQUIRE(route_write(decision));
  BOOST_TEST(route_write(decision)->intent.managed.size() == 1u);
  BOOST_TEST(!passes_step(decision, 1));
  BOOST_TEST(waits_for(decision, "route"));
  seen.routes.front().has_declared = true;
  seen.routes.front().is_accepted = false;
  BOOST_TEST(!passes_step(decide(seen, at(200)), 1));
  seen.routes.front().is_accepted = true;
  BOOST_TEST(passes_step(decide(seen, at(200)), 1));
}

BOOST_AUTO_TEST_CASE(defect_08_a_stable_set_that_lacks_a_pod_does_not_let_it_pass) {
  ModelCluster cluster = serving(with_header_route());
  RolloutObservation seen = at_header_step(cluster);
  for (auto& set : seen.replica_sets)
    if (set->meta.name == "web-" + cluster.hash("v1")) {
      auto short_set = std::make_shared<crds::ReplicaSet>(*set);
      short_set->status.available_replicas = 9;
      set = short_set;
    }
  const Decision decision = decide(seen, at(200));
  BOOST_TEST(!passes_step(decision, 1));
  BOOST_REQUIRE(route_write(decision));
  BOOST_TEST(route_write(decision)->intent.managed.size() == 1u);
}

BOOST_AUTO_TEST_CASE(defect_22_several_routers_are_all_written_and_all_waited_for) {
  ModelCluster cluster = serving(routed_spec(10, {weight_step(20), pause_step()}));
  cluster.add_route("edge", 0);
  cluster.set_image("v2");
  cluster.become_ready();
  while (cluster.look().writes.empty() || !route_write(cluster.look())) {
    const Decision decision = cluster.look();
    BOOST_REQUIRE((!decision.writes.empty() || decision.status));
    cluster.apply_partly(decision, decision.writes.size() + 1);
    cluster.become_ready();
  }
  const Decision raise = cluster.look();
  BOOST_TEST(std::count_if(raise.writes.begin(), raise.writes.end(), [](const Write& write) {
               return std::holds_alternative<SetRouteWeights>(write.effect);
             }) == 2);
  BOOST_TEST(count(raise, "TrafficWeightUpdated") == 1);
  // The first has taken it, the second has not; the order makes no difference.
  for (const bool is_first : {true, false}) {
    RolloutObservation seen = cluster.observe();
    for (traffic::ObservedRoute& route : seen.routes) {
      route.largest_canary = route.smallest_canary = 20;
      route.depth = traffic::Depth::reported;
      route.is_accepted = (&route == &seen.routes.front()) == is_first;
    }
    const Decision decision = decide(seen, at(200));
    BOOST_TEST(!passes_step(decision, 0));
    BOOST_REQUIRE((decision.status && decision.status->canary.weights));
    BOOST_TEST((decision.status->canary.weights->verified == false));
  }
}

BOOST_AUTO_TEST_CASE(defect_36_a_restart_in_the_future_is_none_yet) {
  ModelCluster cluster = serving(routed_spec(4, {weight_step(20), pause_step()}));
  cluster.edit([](crds::RolloutSpec& spec) { spec.restart_at = at(3700); });
  cluster.rest();
  BOOST_TEST(cluster.phase() == "Healthy: ");
  BOOST_TEST((cluster.look().wake_at == at(3700)));
  cluster.set_now(at(3700));
  const Decision due = cluster.look();
  BOOST_REQUIRE(due.status);
  BOOST_TEST(due.status->message == "rollout is restarting");
}

BOOST_AUTO_TEST_CASE(edge_12_what_a_load_balancer_controller_noted_in_the_status_stays) {
  ModelCluster cluster = serving(routed_spec(4, {weight_step(20), pause_step()}));
  cluster.edit_status([](crds::RolloutStatus& status) { status.alb.obtain(); });
  const auto noted = cluster.status().alb;
  cluster.set_image("v2");
  cluster.rest();
  BOOST_TEST(cluster.phase() == "Paused: CanaryPauseStep");
  BOOST_TEST((cluster.status().alb == noted));
}

BOOST_AUTO_TEST_CASE(edge_29_the_first_revision_gets_no_header_route) {
  ModelCluster cluster(with_header_route());
  cluster.add_service("web-canary");
  cluster.add_service("web-stable");
  cluster.add_route("web");
  for (int round = 0; round < 40; ++round) {
    const Decision decision = cluster.look();
    if (const SetRouteWeights* change = route_write(decision)) BOOST_TEST(change->intent.managed.empty());
    if (decision.writes.empty() && !decision.status) break;
    cluster.apply_partly(decision, decision.writes.size() + 1);
    cluster.become_ready();
  }
  BOOST_TEST(cluster.phase() == "Healthy: ");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::controller::test
