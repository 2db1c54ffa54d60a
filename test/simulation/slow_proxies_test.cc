// Routers whose proxies follow later than they say: pods and selectors wait for them, and no request is lost.
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "controller/keys.h"
#include "kube/json.h"
#include "router_manifests.h"
#include "story.h"

namespace sluice::simulation {
namespace {

namespace resources = kube::resources;
using std::chrono::minutes;
using std::chrono::seconds;

sandbox::SandboxOptions serving_after(kube::Duration delay) {
  sandbox::SandboxOptions options;
  options.workloads.route_serving_delay = delay;
  return options;
}

// The share that the proxies really give to the canary Service.
std::int64_t served(const Story& story, const std::string& route = "web") {
  for (const auto& [name, served] : story.world.sandbox().workloads().gateway().served())
    if (name.name == route && !served.rules.empty())
      for (const sandbox::ServedBackend& backend : served.rules.front().backends)
        if (backend.service.name == "web-canary") return backend.weight;
  return -1;
}

bool has_deadline(const Story& story, const std::string& version) {
  const json::value set = story.world.get(resources::replica_sets, "web-" + story.hash_of(version));
  return kube::find_at(set, {"metadata", "annotations", controller::keys::scale_down_deadline}) != nullptr;
}

BOOST_AUTO_TEST_SUITE(slow_proxies)

BOOST_AUTO_TEST_CASE(obs_09_a_lowered_weight_is_in_force_before_the_canary_shrinks) {
  Story story(
      {10, routed_canary_with("      steps: [{setWeight: 80}, {pause: {}}, {setWeight: 20}, {pause: {}}]\n"), ""},
      serving_after(seconds(10)));
  story.begin();
  story.release("v2");
  BOOST_REQUIRE(story.until("Paused"));
  BOOST_REQUIRE(story.world.until([&] { return served(story) == 80; }));
  story.promote();
  BOOST_REQUIRE(story.world.until([&] { return story.size("v2") < 8; }));
  BOOST_TEST(served(story) == 20);
  BOOST_REQUIRE(story.until("Paused"));
  BOOST_TEST(story.size("v2") == 2);
  BOOST_TEST(story.step() == 3);
  story.promote();
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(ar_4564_a_mesh_that_follows_late_finds_the_pods_of_its_subset) {
  const RouterManifests router = istio_by_subsets();
  Story story({10, router.strategy + "      steps: [{setWeight: 20}, {pause: {}}]\n", ""}, serving_after(seconds(5)));
  story.world.apply(router.definitions);
  story.world.apply(Story::service("web-stable") + Story::service("web-canary") + router.objects + story.yaml("v1"));
  story.world.start();
  BOOST_REQUIRE_MESSAGE(story.until("Healthy"), story.message());
  story.release("v2");
  BOOST_REQUIRE(story.until("Paused"));
  story.world.pass(seconds(20));
  story.release("v3");
  BOOST_REQUIRE(story.world.until([&] { return story.world.is("web", "Paused"); }));
  BOOST_TEST(story.stable() == "v1");
  story.promote();
  BOOST_TEST(story.until_stable("v3"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(ar_4534_a_superseded_canary_stays_until_nothing_is_sent_to_it_and_then_its_delay) {
  std::string strategy =
      routed_canary_with("      scaleDownDelaySeconds: 60\n      steps: [{setWeight: 80}, {pause: {}}]\n");
  strategy =
      replaced(strategy, "      trafficRouting:\n", "      trafficRouting:\n        propagationDelaySeconds: 20\n");
  Story story({10, strategy, ""}, serving_after(seconds(20)));
  story.begin();
  story.release("v2");
  BOOST_REQUIRE(story.until("Paused"));
  BOOST_REQUIRE(story.world.until([&] { return served(story) == 80; }));
  story.release("v3");
  BOOST_REQUIRE(story.world.until([&] { return served(story) == 0; }));
  BOOST_TEST(story.size("v2") == 8);
  const kube::Time left = story.world.clock().now();
  BOOST_REQUIRE(story.until_size("v2", 0));
  BOOST_TEST((story.world.clock().now() - left >= seconds(60)));
  BOOST_REQUIRE(story.until("Paused"));
  story.promote();
  BOOST_TEST(story.until_stable("v3"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(obs_05_an_abort_delay_begins_when_the_canary_gets_nothing_any_more) {
  std::string strategy =
      routed_canary_with("      abortScaleDownDelaySeconds: 30\n      steps: [{setWeight: 50}, {pause: {}}]\n");
  strategy =
      replaced(strategy, "      trafficRouting:\n", "      trafficRouting:\n        propagationDelaySeconds: 90\n");
  Story story({10, strategy, ""}, serving_after(seconds(90)));
  story.begin();
  story.release("v2");
  BOOST_REQUIRE(story.until("Paused"));
  BOOST_REQUIRE(story.world.until([&] { return served(story) == 50; }));
  story.abort();
  while (served(story) != 0) {
    BOOST_REQUIRE(story.size("v2") == 5);
    BOOST_REQUIRE(!has_deadline(story, "v2"));
    story.world.pass(seconds(1));
  }
  const kube::Time left = story.world.clock().now();
  BOOST_REQUIRE(story.world.until([&] { return has_deadline(story, "v2"); }));
  BOOST_REQUIRE(story.until_size("v2", 0));
  // Looked at once a second.
  BOOST_TEST((story.world.clock().now() - left >= seconds(29)));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::simulation
