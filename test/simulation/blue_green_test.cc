// Blue/green stories: the seeds' example, promotion, abort, retry.
#include <boost/test/unit_test.hpp>

#include "manifests.h"
#include "world.h"

namespace sluice::simulation {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
namespace resources = kube::resources;

const std::string name = "rollout-bluegreen";
const std::string active = name + "-active";
const std::string preview = name + "-preview";

std::string seeds() {
  return example("blue-green/rollout.yaml") + "\n---\n" + example("blue-green/analysis-template.yaml");
}
std::string without_analysis(std::string yaml) {
  return replaced(std::move(yaml), "      prePromotionAnalysis:\n        templates:\n          - templateName: fail\n",
                  "");
}
std::string second_version(std::string yaml) {
  return replaced(std::move(yaml), "rollouts-demo:green", "rollouts-demo:blue");
}

void settle_first_version(World& world, const std::string& yaml) {
  world.apply(yaml);
  world.start();
  BOOST_REQUIRE(world.until([&] { return world.is(name, "Healthy"); }));
}

BOOST_AUTO_TEST_SUITE(blue_green)

BOOST_AUTO_TEST_CASE(the_first_version_becomes_healthy_without_analysis) {
  World world;
  settle_first_version(world, seeds());
  BOOST_TEST(world.selected(active) == world.stable(name));
  BOOST_TEST(world.selected(preview) == world.stable(name));
  BOOST_TEST(world.list(resources::analysis_runs).empty());
  world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(the_seeds_example_rolls_back_by_itself) {
  World world;
  settle_first_version(world, seeds());
  const std::string first = world.stable(name);
  world.apply(second_version(seeds()));
  BOOST_TEST(world.until([&] {
    BOOST_REQUIRE(world.selected(active) == first);
    return world.is(name, "Degraded");
  }));
  BOOST_TEST(world.stable(name) == first);
  BOOST_TEST(world.message(name).find("RolloutAborted") == 0u);
  const auto runs = world.list(resources::analysis_runs);
  BOOST_REQUIRE(runs.size() == 1u);
  BOOST_TEST(kube::text_at(runs[0], {"status", "phase"}) == "Failed");
  world.pass(minutes(2));
  BOOST_TEST(world.selected(active) == first);
  world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(a_good_version_is_promoted_by_itself) {
  World world;
  settle_first_version(world, without_analysis(seeds()));
  const std::string first = world.stable(name);
  world.apply(second_version(without_analysis(seeds())));
  BOOST_TEST(world.until([&] { return world.is(name, "Healthy") && world.stable(name) != first; }));
  BOOST_TEST(world.selected(active) == world.stable(name));
  world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(a_person_promotes_when_automatic_promotion_is_off) {
  World world;
  const std::string manual =
      replaced(without_analysis(seeds()), "    blueGreen:\n", "    blueGreen:\n      autoPromotionEnabled: false\n");
  settle_first_version(world, manual);
  const std::string first = world.stable(name);
  world.apply(second_version(manual));
  BOOST_TEST(world.until([&] { return world.is(name, "Paused"); }));
  world.pass(minutes(10));
  BOOST_TEST(world.selected(active) == first);
  BOOST_TEST(world.message(name) == "BlueGreenPause");
  world.patch(resources::rollouts, name, R"({"status":{"pauseConditions":null}})", "status");
  BOOST_TEST(world.until([&] { return world.is(name, "Healthy") && world.selected(active) != first; }));
  world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(an_abort_by_a_person_keeps_the_active_service) {
  World world;
  const std::string manual =
      replaced(without_analysis(seeds()), "    blueGreen:\n", "    blueGreen:\n      autoPromotionEnabled: false\n");
  settle_first_version(world, manual);
  const std::string first = world.stable(name);
  world.apply(second_version(manual));
  BOOST_REQUIRE(world.until([&] { return world.is(name, "Paused"); }));
  world.patch(resources::rollouts, name, R"({"status":{"abort":true}})", "status");
  BOOST_TEST(world.until([&] { return world.is(name, "Degraded"); }));
  world.pass(minutes(2));
  BOOST_TEST(world.selected(active) == first);
  // Retried, it comes to the pause again.
  world.patch(resources::rollouts, name, R"({"status":{"abort":false}})", "status");
  BOOST_TEST(world.until([&] { return world.is(name, "Paused"); }));
  world.come_to_rest();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::simulation
