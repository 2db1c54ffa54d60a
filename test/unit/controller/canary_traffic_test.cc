// The links between pods and traffic, one spoiled at a time: subsets, header routes, other writers, silent routers.
#include <algorithm>

#include <boost/test/unit_test.hpp>

#include "model_cluster.h"

namespace sluice::controller::test {
namespace {

crds::CanaryStep header_step() {
  crds::CanaryStep step;
  step.set_header_route.obtain().name = "beta";
  step.set_header_route->match = {{"X-Beta", crds::StringMatch{"1", "", ""}}};
  return step;
}

// v2 is at step 1 of [header route, 50 %, pause], its pods are ready and published, and the route has what it should.
ModelCluster at_header_route() {
  crds::CanaryStep scale;
  scale.set_canary_scale.obtain().weight = 50;
  crds::RolloutSpec spec = routed_spec(10, {scale, header_step(), weight_step(50), pause_step()});
  spec.strategy.canary->traffic_routing->managed_routes = {{"beta"}};
  ModelCluster cluster(spec);
  cluster.add_service("web-canary");
  cluster.add_service("web-stable");
  cluster.add_route("web");
  cluster.rest();
  cluster.set_now(at(100));
  cluster.set_image("v2");
  cluster.rest();
  BOOST_REQUIRE(cluster.weight() == 50);
  return cluster;
}

const SetRouteWeights* route_write(const Decision& decision) {
  for (const Write& write : decision.writes)
    if (const auto* change = std::get_if<SetRouteWeights>(&write.effect)) return change;
  return nullptr;
}

std::string guards(const Decision& decision) {
  std::string text;
  for (const Reason& reason : decision.reasons) text += reason.guard + ": " + reason.sentence + "\n";
  return text;
}

BOOST_AUTO_TEST_SUITE(canary_traffic)

BOOST_AUTO_TEST_CASE(obs_t01_an_empty_block_sizes_by_weight_and_routes_nothing) {
  crds::RolloutSpec spec = routed_spec(10, {weight_step(20), pause_step()});
  *spec.strategy.canary->traffic_routing = crds::TrafficRouting{};
  spec.strategy.canary->canary_service.clear();
  spec.strategy.canary->stable_service.clear();
  ModelCluster cluster(spec);
  cluster.rest();
  cluster.set_now(at(100));
  cluster.set_image("v2");
  cluster.rest();
  BOOST_TEST(cluster.sizes() == "v1=10 v2=2");
  BOOST_TEST(!cluster.status().canary.weights);
}

BOOST_AUTO_TEST_CASE(obs_t15_words_of_routers_are_told_as_they_are) {
  const std::string words = "100% of {} are %s: \"no\" {0}";
  RolloutObservation seen = at_header_route().observe();
  seen.routes.front().error = words;
  const Decision decision = decide(seen, at(200));
  BOOST_TEST(guards(decision).find("route: " + words) != std::string::npos, guards(decision));
  BOOST_REQUIRE(decision.status.has_value());
  const auto& conditions = decision.status->conditions;
  BOOST_TEST(std::any_of(conditions.begin(), conditions.end(), [&](const crds::Condition& condition) {
    return condition.message.view().find(words) != std::string::npos;
  }));
}

BOOST_AUTO_TEST_CASE(a_declared_route_that_has_gone_is_made_again) {
  ModelCluster cluster = at_header_route();
  RolloutObservation seen = cluster.observe();
  BOOST_TEST(!route_write(decide(seen, at(200))));
  seen.routes.front().has_declared = false;
  const Decision decision = decide(seen, at(200));
  BOOST_REQUIRE(route_write(decision));
  BOOST_REQUIRE(route_write(decision)->intent.managed.size() == 1u);
  BOOST_TEST(route_write(decision)->intent.managed.front().name == "beta");
  BOOST_TEST(route_write(decision)->intent.split.canary == 50);
}

BOOST_AUTO_TEST_CASE(obs_t04_an_abort_takes_header_routes_away_in_its_first_write) {
  ModelCluster cluster = at_header_route();
  cluster.edit_status([](crds::RolloutStatus& status) { status.abort = true; });
  RolloutObservation seen = cluster.observe();
  seen.routes.front().has_managed = true;
  const Decision decision = decide(seen, at(200));
  BOOST_REQUIRE(route_write(decision));
  BOOST_TEST(route_write(decision)->intent.managed.empty());
  BOOST_TEST(route_write(decision)->intent.split.canary == 0);
}

BOOST_AUTO_TEST_CASE(ctl_allpods_a_dead_canary_loses_its_header_route_and_keeps_its_step) {
  ModelCluster cluster = at_header_route();
  cluster.limit_ready("v2", 0);
  cluster.become_ready();
  RolloutObservation seen = cluster.observe();
  seen.routes.front().has_managed = true;
  const Decision decision = decide(seen, at(200));
  BOOST_REQUIRE(route_write(decision));
  BOOST_TEST(route_write(decision)->intent.managed.empty());
  BOOST_TEST((!decision.status || decision.status->current_step_index == 3));
}

BOOST_AUTO_TEST_CASE(a_service_stays_while_a_header_route_leads_to_it) {
  ModelCluster cluster = at_header_route();
  cluster.edit_status([](crds::RolloutStatus& status) { status.abort = true; });
  RolloutObservation seen = cluster.observe();
  seen.routes.front().largest_canary = seen.routes.front().smallest_canary = 0;
  seen.routes.front().has_managed = true;
  for (const Write& write : decide(seen, at(200)).writes)
    BOOST_TEST(!std::holds_alternative<SwitchService>(write.effect));
  seen.routes.front().has_managed = false;
  const Decision decision = decide(seen, at(200));
  BOOST_TEST(std::any_of(decision.writes.begin(), decision.writes.end(),
                         [](const Write& write) { return std::holds_alternative<SwitchService>(write.effect); }));
}

BOOST_AUTO_TEST_CASE(ar_4752_a_silent_router_gets_time_to_follow) {
  ModelCluster cluster = at_header_route();
  RolloutObservation seen = cluster.observe();
  traffic::ObservedRoute& route = seen.routes.front();
  route.depth = traffic::Depth::written;
  route.writer.at = at(200);
  route.propagation = kube::seconds(60);
  const Decision early = decide(seen, at(230));
  BOOST_TEST(early.wake_at.has_value());
  BOOST_TEST((early.wake_at == at(261)));
  BOOST_TEST(guards(early).find("counts as in force at") != std::string::npos);
  BOOST_TEST(guards(decide(seen, at(262))).find("counts as in force") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(another_writer_is_named_and_not_answered_at_once) {
  ModelCluster cluster = at_header_route();
  RolloutObservation seen = cluster.observe();
  traffic::ObservedRoute& route = seen.routes.front();
  route.largest_canary = route.smallest_canary = 0;
  route.writer = {"argocd-controller", at(200), at(198)};
  const Decision early = decide(seen, at(201));
  BOOST_TEST(!route_write(early));
  BOOST_TEST(guards(early).find("argocd-controller has changed HTTPRoute web") != std::string::npos);
  BOOST_TEST((early.wake_at == at(210)));
  BOOST_TEST(std::count_if(early.events.begin(), early.events.end(), [](const Event& event) {
               return event.reason == "TrafficRouteOverwritten" &&
                      event.message == "argocd-controller changed HTTPRoute web from 50 % to 0 %";
             }) == 1);
  BOOST_TEST(route_write(decide(seen, at(210))));
}

BOOST_AUTO_TEST_CASE(ar_4775_a_subset_is_not_labelled_under_a_weight) {
  ModelCluster cluster = at_header_route();
  RolloutObservation seen = cluster.observe();
  traffic::ObservedRoute rule;
  rule.kind = "DestinationRule";
  rule.key = {"shop", "web"};
  rule.resource_version = "7";
  rule.has_weights = false;
  rule.is_uniform = rule.is_accepted = true;
  rule.subsets = traffic::ObservedSubsets{"old", cluster.hash("v1"), "", true};
  seen.routes.push_back(rule);
  const auto relabels = [&](const Decision& decision) {
    return std::any_of(decision.writes.begin(), decision.writes.end(), [](const Write& write) {
      const auto* change = std::get_if<SetRouteWeights>(&write.effect);
      return change && change->kind == "DestinationRule";
    });
  };
  BOOST_TEST(!relabels(decide(seen, at(200))));
  seen.routes.front().largest_canary = seen.routes.front().smallest_canary = 0;
  const Decision decision = decide(seen, at(200));
  BOOST_TEST(relabels(decision));
  // The weight rises only when the subset was seen to select the pods.
  BOOST_TEST(!std::any_of(decision.writes.begin(), decision.writes.end(), [](const Write& write) {
    const auto* change = std::get_if<SetRouteWeights>(&write.effect);
    return change && change->intent.split.canary > 0;
  }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::controller::test
