// Canary stories: by replica ratio and on an HTTPRoute.
#include <boost/test/unit_test.hpp>

#include "manifests.h"
#include "world.h"

namespace sluice::simulation {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
namespace resources = kube::resources;

int size_of(const World& world, const std::string& hash) {
  for (const json::value& set : world.list(resources::replica_sets))
    if (kube::text_at(set, {"metadata", "labels", "rollouts-pod-template-hash"}) == hash)
      return static_cast<int>(kube::number_at(set, {"spec", "replicas"}));
  return -1;
}

std::string current(const World& world, const std::string& name) {
  return std::string(kube::text_at(world.get(resources::rollouts, name), {"status", "currentPodHash"}));
}

void promote(World& world, const std::string& name) {
  world.patch(resources::rollouts, name, R"({"status":{"pauseConditions":null}})", "status");
}

BOOST_AUTO_TEST_SUITE(canary)

BOOST_AUTO_TEST_CASE(the_replica_ratio_follows_the_steps) {
  World world;
  const std::string yaml = example("canary-basic/rollout.yaml");
  world.apply(yaml);
  world.start();
  BOOST_REQUIRE(world.until([&] { return world.is("web", "Healthy"); }));
  const std::string first = world.stable("web");

  world.apply(replaced(yaml, "example/web:v1", "example/web:v2"));
  BOOST_REQUIRE(world.until([&] { return world.is("web", "Paused"); }));
  BOOST_TEST(size_of(world, current(world, "web")) == 2);
  BOOST_TEST(size_of(world, first) == 8);
  world.pass(minutes(30));
  BOOST_TEST(world.is("web", "Paused"));

  promote(world, "web");
  BOOST_REQUIRE(world.until([&] { return size_of(world, current(world, "web")) == 5 && world.is("web", "Paused"); }));
  BOOST_REQUIRE(world.until([&] { return world.is("web", "Healthy"); }));
  BOOST_TEST(world.stable("web") == current(world, "web"));
  BOOST_TEST(size_of(world, first) == 0);
  world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(an_abort_brings_the_stable_version_back) {
  World world;
  const std::string yaml = example("canary-basic/rollout.yaml");
  world.apply(yaml);
  world.start();
  BOOST_REQUIRE(world.until([&] { return world.is("web", "Healthy"); }));
  const std::string first = world.stable("web");
  world.apply(replaced(yaml, "example/web:v1", "example/web:v2"));
  BOOST_REQUIRE(world.until([&] { return world.is("web", "Paused"); }));
  world.patch(resources::rollouts, "web", R"({"status":{"abort":true}})", "status");
  BOOST_TEST(world.until([&] { return world.is("web", "Degraded") && size_of(world, first) == 10; }));
  BOOST_TEST(world.until([&] { return size_of(world, current(world, "web")) == 0; }));
  // Back to the old template: healthy at once, no steps.
  world.apply(yaml);
  BOOST_TEST(world.until([&] { return world.is("web", "Healthy"); }));
  BOOST_TEST(world.stable("web") == first);
  world.come_to_rest();
}

// One set, four more sizes, six splits, two Services, the old set's deadline and end, the Rollout's revision, and a
// status for each step and what surrounds them: what an update of five weights writes while its pods start together.
BOOST_AUTO_TEST_CASE(an_update_writes_no_more_than_it_must) {
  sandbox::SandboxOptions options;
  options.workloads.shortest_start = options.workloads.longest_start = std::chrono::milliseconds(50);
  World world(options);
  const std::string rollout = example("canary-httproute/rollout.yaml");
  const std::string steps = rollout.substr(rollout.find("        - setCanaryScale"));
  const std::string yaml =
      replaced(replaced(rollout, steps,
                        "        - setWeight: 10\n        - setWeight: 25\n        - setWeight: 50\n"
                        "        - setWeight: 75\n        - setWeight: 100\n"),
               "replicas: 4", "replicas: 10") +
      "\n---\n" + example("canary-httproute/services.yaml") + "\n---\n" + example("canary-httproute/route.yaml");
  world.apply(yaml);
  world.start();
  BOOST_REQUIRE(world.until([&] { return world.is("shop", "Healthy"); }));
  const std::string first = world.stable("shop");
  world.pass(minutes(2));
  const std::size_t writes = world.controllers().transport().writes().size();
  const int reads = world.controllers().transport().reads();

  world.apply(replaced(yaml, "example/shop:v1", "example/shop:v2"));
  BOOST_REQUIRE(world.until([&] { return world.is("shop", "Healthy") && world.stable("shop") != first; }));
  world.pass(minutes(2));
  BOOST_TEST(size_of(world, first) == 0);
  BOOST_TEST(world.weight("shop", "shop-canary") == 0);
  BOOST_TEST(world.controllers().transport().writes().size() - writes <= 27u);
  BOOST_TEST(world.controllers().transport().reads() == reads);
}

BOOST_AUTO_TEST_CASE(weights_go_to_the_route) {
  World world;
  const std::string yaml = example("canary-httproute/rollout.yaml") + "\n---\n" +
                           example("canary-httproute/services.yaml") + "\n---\n" +
                           example("canary-httproute/route.yaml");
  world.apply(yaml);
  world.start();
  BOOST_REQUIRE(world.until([&] { return world.is("shop", "Healthy"); }));
  const std::string first = world.stable("shop");
  BOOST_TEST(world.selected("shop-stable") == first);
  BOOST_TEST(world.weight("shop", "shop-canary") == 0);

  world.apply(replaced(yaml, "example/shop:v1", "example/shop:v2"));
  BOOST_REQUIRE(world.until([&] { return world.is("shop", "Paused"); }));
  BOOST_TEST(world.weight("shop", "shop-canary") == 10);
  BOOST_TEST(size_of(world, first) == 4);
  promote(world, "shop");
  BOOST_REQUIRE(world.until([&] { return world.weight("shop", "shop-canary") == 50; }));
  BOOST_REQUIRE(world.until([&] { return world.is("shop", "Healthy") && world.stable("shop") != first; }));
  BOOST_TEST(world.until([&] { return world.weight("shop", "shop-canary") == 0 && size_of(world, first) == 0; }));
  BOOST_TEST(world.selected("shop-stable") == world.stable("shop"));
  world.come_to_rest();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::simulation
