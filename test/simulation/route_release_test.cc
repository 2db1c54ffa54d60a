// Routes that a Rollout has left send everything to the stable side, and carry nothing of it any more.
#include <boost/test/unit_test.hpp>

#include "kube/json.h"
#include "router_manifests.h"
#include "story.h"

namespace sluice::simulation {
namespace {

namespace resources = kube::resources;
using std::chrono::seconds;

const kube::Resource virtual_services{"networking.istio.io", "v1", "VirtualService", "virtualservices"};
const kube::Resource destination_rules{"networking.istio.io", "v1", "DestinationRule", "destinationrules"};
const std::string steps = "      steps: [{setWeight: 25}, {pause: {}}]\n";

std::string second_route() { return replaced(Story::route(), "metadata: {name: web}", "metadata: {name: edge}"); }

std::string on_both(const std::string& strategy) {
  return replaced(strategy, "{httpRoute: web, namespace: default}",
                  "{httpRoutes: [{name: web}, {name: edge}], namespace: default}");
}

std::string text_of(const World& world, const kube::Resource& resource, const std::string& name) {
  return json::serialize(world.get(resource, name));
}

BOOST_AUTO_TEST_SUITE(route_release)

BOOST_AUTO_TEST_CASE(obs_t16_a_route_taken_out_of_the_spec_in_mid_update_sends_all_to_the_stable_side) {
  Story story({4, on_both(routed_canary_with(steps)), ""});
  story.begin(second_route());
  story.release("v2");
  BOOST_REQUIRE_MESSAGE(story.until("Paused"), story.message());
  BOOST_TEST(story.world.weight("edge", "web-canary") == 25);
  Plan plan = story.plan();
  plan.strategy = routed_canary_with(steps);
  story.change(plan);
  BOOST_TEST(story.world.until([&] { return story.world.weight("edge", "web-canary") == 0; }, seconds(30)));
  BOOST_TEST(story.weight() == 25);
  BOOST_TEST(story.world.is("web", "Paused"));
  BOOST_TEST(story.has_event("RouteReleased"));
  story.promote();
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(obs_t16_it_waits_until_the_stable_side_has_the_pods) {
  Story story({4, on_both(routed_canary_with(steps)), ""});
  story.begin(second_route());
  story.release("v2");
  BOOST_REQUIRE(story.until("Paused"));
  for (const char* invariant : {"I1", "I2", "I9"}) story.world.oracle().excuse(invariant);
  story.world.stop_traffic();
  // Somebody takes stable pods away while the controller is not there to give them back.
  story.world.patch(resources::services, "web-stable", R"({"spec":{"selector":{"nobody":"here"}}})");
  story.world.pass(seconds(5));
  Plan plan = story.plan();
  plan.strategy = routed_canary_with(steps);
  story.change(plan);
  story.world.pass(seconds(30));
  BOOST_TEST(story.world.weight("edge", "web-canary") == 25);
  story.world.patch(resources::services, "web-stable", R"({"spec":{"selector":{"nobody":null}}})");
  BOOST_TEST(story.world.until([&] { return story.world.weight("edge", "web-canary") == 0; }));
}

BOOST_AUTO_TEST_CASE(obs_t16_at_rest_nothing_is_written) {
  Story story({4, on_both(routed_canary_with(steps)), ""});
  story.begin(second_route());
  story.release("v2");
  BOOST_REQUIRE(story.until("Paused"));
  story.promote();
  BOOST_REQUIRE(story.until_stable("v2"));
  story.world.come_to_rest();
  const std::string before = text_of(story.world, resources::http_routes, "edge");
  Plan plan = story.plan();
  plan.strategy = routed_canary_with(steps);
  story.change(plan);
  story.world.pass(seconds(60));
  BOOST_TEST(text_of(story.world, resources::http_routes, "edge") == before);
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(obs_t56_routes_and_services_of_a_deleted_rollout_serve_on) {
  const std::string header_steps =
      "      steps:\n      - setCanaryScale: {weight: 50}\n"
      "      - setHeaderRoute: {name: beta, match: [{headerName: X-Beta, headerValue: {exact: '1'}}]}\n"
      "      - setWeight: 25\n      - pause: {}\n";
  std::string strategy = routed_canary_with(header_steps);
  strategy =
      replaced(strategy, "      trafficRouting:\n", "      trafficRouting:\n        managedRoutes: [{name: beta}]\n");
  strategy = replaced(strategy, "{httpRoute: web, namespace: default}",
                      "{httpRoutes: [{name: web, useHeaderRoutes: true}], namespace: default}");
  Story story({4, strategy, ""});
  // The rule of the header route gives all that it matches to the canary, which the oracle takes for a share.
  for (const char* invariant : {"I4", "I6"}) story.world.oracle().excuse(invariant);
  story.begin();
  story.release("v2");
  BOOST_REQUIRE_MESSAGE(story.until("Paused"), story.message());
  BOOST_REQUIRE(text_of(story.world, resources::http_routes, "web").find("X-Beta") != std::string::npos);
  for (const char* invariant : {"I1", "I2", "I3", "I9"}) story.world.oracle().excuse(invariant);
  // The sets stay, as with kubectl delete --cascade=orphan.
  const kube::ApiResponse answer = story.world.attempt(
      {"DELETE", "/apis/argoproj.io/v1alpha1/namespaces/default/rollouts/web?propagationPolicy=Orphan", "", ""});
  BOOST_REQUIRE(answer.status < 300);
  BOOST_TEST(story.world.until([&] { return story.weight() == 0; }, seconds(30)));
  BOOST_TEST(text_of(story.world, resources::http_routes, "web").find("X-Beta") == std::string::npos);
  BOOST_TEST(story.world.until(
      [&] { return story.world.selected("web-stable").empty() && story.world.selected("web-canary").empty(); }));
  story.world.pass(seconds(60));
  story.world.check_requests();
}

BOOST_AUTO_TEST_CASE(obs_t56_a_route_that_another_rollout_names_is_left_to_it) {
  Story story({4, routed_canary_with(steps), ""});
  story.begin();
  story.release("v2");
  BOOST_REQUIRE(story.until("Paused"));
  for (const char* invariant : {"I1", "I2", "I3", "I9"}) story.world.oracle().excuse(invariant);
  story.world.stop_traffic();
  story.world.apply(replaced(replaced(story.yaml("v1"), "metadata: {name: web}", "metadata: {name: other}"), "app: web",
                             "app: other"));
  story.world.pass(seconds(5));
  story.world.remove(resources::rollouts, "web");
  story.world.pass(seconds(60));
  BOOST_TEST(story.weight() == 25);
}

BOOST_AUTO_TEST_CASE(obs_t56_subsets_of_a_deleted_rollout_select_all_pods_again) {
  const RouterManifests router = istio_by_subsets();
  Story story({4, router.strategy + steps, ""});
  story.world.apply(router.definitions);
  story.world.apply(Story::service("web-stable") + Story::service("web-canary") + router.objects + story.yaml("v1"));
  story.world.start();
  BOOST_REQUIRE_MESSAGE(story.until("Healthy"), story.message());
  story.release("v2");
  BOOST_REQUIRE(story.until("Paused"));
  for (const char* invariant : {"I1", "I2", "I3", "I9"}) story.world.oracle().excuse(invariant);
  story.world.stop_traffic();
  story.world.remove(resources::rollouts, "web");
  BOOST_TEST(story.world.until([&] {
    const std::string rule = text_of(story.world, destination_rules, "web");
    return rule.find("rollouts-pod-template-hash") == std::string::npos && rule.find("managed-by") == std::string::npos;
  }));
  BOOST_TEST(text_of(story.world, virtual_services, "web").find("\"weight\":25") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::simulation
