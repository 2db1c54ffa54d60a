// What a user can get wrong in manifests: one clear message at the object, traffic untouched, the neighbour unharmed,
// and recovery without a restart as soon as it is put right.
#include <boost/test/unit_test.hpp>

#include "kube/json.h"
#include "neighbour.h"
#include "story.h"

namespace sluice::simulation {
namespace {

namespace resources = kube::resources;
using std::chrono::minutes;
using std::chrono::seconds;
using Names = std::vector<std::string>;

const std::string steps = "      steps: [{setWeight: 25}, {pause: {}}]\n";

std::string condition(const World& world, const std::string& type) {
  const json::value rollout = world.get(resources::rollouts, "web");
  if (const json::value* conditions = kube::find_at(rollout, {"status", "conditions"}); conditions)
    for (const json::value& one : conditions->as_array())
      if (kube::text_at(one, {"type"}) == type) return std::string(kube::text_at(one, {"message"}));
  return "";
}

void expect_named(const Story& story, const std::string& type, const Names& parts) {
  const std::string message = condition(story.world, type);
  for (const std::string& part : parts)
    BOOST_TEST(message.find(part) != std::string::npos, type << " does not name \"" << part << "\": " << message);
}

// Told exactly once, however long it lasts.
bool is_quiet(Story& story, kube::Duration time) {
  story.world.pass(seconds(30));
  const int before = story.world.writes();
  story.world.pass(time);
  return story.world.writes() == before;
}

BOOST_AUTO_TEST_SUITE(bad_spec)

BOOST_AUTO_TEST_CASE(all_mistakes_of_a_rollout_are_named_at_once) {
  Story story({4, routed_canary_with(steps), ""});
  Neighbour neighbour(story.world);
  neighbour.settle();
  story.begin();
  const Plan good = story.plan();
  Plan bad = good;
  bad.spec = "  minReadySeconds: 700\n  progressDeadlineSeconds: 600\n";
  bad.strategy = routed_canary_with(
      "      maxSurge: 0\n      maxUnavailable: 0\n"
      "      steps: [{setWeight: 150}, {setWeight: 20, pause: {}}, {pause: {}}]\n"
      "      analysis: {templates: [{templateName: nowhere}]}\n");
  story.change(bad);
  BOOST_TEST(story.until("Degraded"));
  BOOST_TEST(story.message().starts_with("InvalidSpec: "));
  expect_named(story, "InvalidSpec", {"spec.progressDeadlineSeconds", "steps[0].setWeight", "steps[1]", "nowhere"});
  BOOST_TEST(is_quiet(story, minutes(10)));
  BOOST_TEST(story.weight() == 0);
  BOOST_TEST(story.size("v1") == 4);
  neighbour.update();
  story.change(good);
  BOOST_TEST(story.until_stable("v1"));
  BOOST_TEST(condition(story.world, "InvalidSpec").empty());
  story.release("v2");
  BOOST_TEST(story.until("Paused"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(a_spec_that_becomes_wrong_in_the_middle_holds_the_update_and_its_traffic) {
  Story story({4, routed_canary_with(steps), ""});
  Neighbour neighbour(story.world);
  neighbour.settle();
  story.begin();
  story.release("v2");
  BOOST_REQUIRE(story.until("Paused"));
  const Plan good = story.plan();
  Plan bad = good;
  bad.spec = "  minReadySeconds: 700\n  progressDeadlineSeconds: 600\n";
  story.change(bad);
  BOOST_TEST(story.until("Degraded"));
  expect_named(story, "InvalidSpec", {"spec.progressDeadlineSeconds"});
  story.world.pass(minutes(5));
  BOOST_TEST(story.weight() == 25);
  BOOST_TEST(story.size("v2") == 1);
  neighbour.update();
  story.spec(R"({"minReadySeconds":null})");
  BOOST_TEST(story.until("Paused"));
  story.promote();
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(a_service_that_does_not_exist_is_named_until_it_does) {
  for (const bool is_blue_green : {true, false}) {
    Story story({2, is_blue_green ? blue_green_with() : routed_canary_with(steps), ""});
    Neighbour neighbour(story.world);
    neighbour.settle();
    story.world.apply(story.yaml("v1"));
    story.world.start();
    BOOST_TEST(story.until("Degraded"));
    const Names services = is_blue_green ? Names{"web-active", "web-preview"} : Names{"web-stable", "web-canary"};
    expect_named(story, "InvalidSpec", services);
    BOOST_TEST(is_quiet(story, minutes(10)));
    neighbour.update();
    if (!is_blue_green) story.world.apply(story.route());
    for (const std::string& service : services) story.world.apply(story.service(service));
    BOOST_TEST(story.until_stable("v1"));
    story.world.come_to_rest();
  }
}

BOOST_AUTO_TEST_CASE(edge_32_a_service_deleted_in_the_middle_holds_the_update_until_it_is_back) {
  Story story({4, routed_canary_with(steps), ""});
  story.begin();
  story.release("v2");
  BOOST_REQUIRE(story.until("Paused"));
  // Requests to a Service that is gone are lost by the hand that deleted it.
  story.world.stop_traffic();
  story.world.oracle().excuse("I1");
  story.world.remove(resources::services, "web-canary");
  BOOST_TEST(story.until("Degraded"));
  expect_named(story, "InvalidSpec", {"web-canary", "not found"});
  story.world.apply(story.service("web-canary"));
  BOOST_TEST(story.until("Paused"));
  story.world.pass(seconds(10));
  BOOST_TEST(story.world.selected("web-canary") == story.hash_of("v2"));
  BOOST_TEST(story.weight() == 25);
  story.promote();
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(a_route_that_does_not_exist_is_named_until_it_does) {
  Story story({4, routed_canary_with(steps), ""});
  Neighbour neighbour(story.world);
  neighbour.settle();
  story.world.apply(story.service("web-stable") + story.service("web-canary") + story.yaml("v1"));
  story.world.start();
  story.world.pass(seconds(30));
  story.release("v2");
  story.world.pass(minutes(5));
  expect_named(story, "TrafficRouted", {"HTTPRoute", "web", "not found"});
  BOOST_TEST(story.step() == 0);
  BOOST_TEST(story.size("v1") == 4);
  neighbour.update();
  story.world.apply(story.route());
  BOOST_TEST(story.until("Paused"));
  BOOST_TEST(story.weight() == 25);
  BOOST_TEST(condition(story.world, "TrafficRouted").empty());
  story.promote();
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(a_route_deleted_in_the_middle_holds_the_update_until_it_is_back) {
  Story story({4, routed_canary_with(steps), ""});
  story.begin();
  story.release("v2");
  BOOST_REQUIRE(story.until("Paused"));
  story.world.remove(resources::http_routes, "web");
  story.promote();
  story.world.pass(minutes(5));
  expect_named(story, "TrafficRouted", {"web", "not found"});
  BOOST_TEST(story.stable() == "v1");
  BOOST_TEST(story.size("v1") == 4);
  story.world.apply(story.route());
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(a_service_serves_one_rollout_only) {
  Story story({2, blue_green_with(), ""});
  story.begin();
  story.world.apply(replaced(story.yaml("v9"), "metadata: {name: web}", "metadata: {name: intruder}"));
  BOOST_TEST(story.world.until([&] { return story.world.is("intruder", "Degraded"); }));
  BOOST_TEST(story.world.message("intruder").find("managed by another Rollout") != std::string::npos);
  BOOST_TEST(story.world.message("intruder").find("web-active") != std::string::npos);
  story.world.pass(minutes(5));
  BOOST_TEST(story.active() == "v1");
  // The rightful one goes on.
  story.release("v2");
  BOOST_TEST(story.until_stable("v2"));
  BOOST_TEST(story.active() == "v2");
  story.world.remove(resources::rollouts, "intruder");
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(stray_fields_are_pruned_and_do_no_harm) {
  World world;
  world.apply(with_graceful_pods(example("blue-green/rollout.yaml")) + "\n---\n" +
              example("blue-green/analysis-template.yaml"));
  const json::value rollout = world.get(resources::rollouts, "rollout-bluegreen");
  BOOST_TEST(!kube::find_at(rollout, {"spec", "syncPolicy"}));
  world.start();
  BOOST_TEST(world.until([&] { return world.is("rollout-bluegreen", "Healthy"); }));
  world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(a_rollout_without_strategy_or_template_is_told_so) {
  Story story({2, blue_green_with(), ""});
  Neighbour neighbour(story.world);
  neighbour.settle();
  story.world.apply(
      "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: web}\nspec:\n  replicas: 2\n"
      "  selector: {matchLabels: {app: web}}\n  strategy: {}\n");
  story.world.start();
  BOOST_TEST(story.until("Degraded"));
  expect_named(story, "InvalidSpec", {"spec.template", "spec.strategy"});
  BOOST_TEST(is_quiet(story, minutes(10)));
  neighbour.update();
}

BOOST_AUTO_TEST_CASE(labels_that_the_selector_does_not_match_are_told) {
  Story story({2, basic_canary_with(steps), ""});
  story.world.apply(
      replaced(story.yaml("v1"), "selector: {matchLabels: {app: web}}", "selector: {matchLabels: {app: other}}"));
  story.world.start();
  BOOST_TEST(story.until("Degraded"));
  expect_named(story, "InvalidSpec", {"spec.template.metadata.labels"});
  BOOST_TEST(story.world.list(resources::replica_sets).empty());
}

BOOST_AUTO_TEST_CASE(a_field_that_is_not_acted_on_is_refused) {
  Story story({2, basic_canary_with("      dynamicStableScale: true\n      steps: [{plugin: {name: mine}}]\n"), ""});
  story.world.apply(story.yaml("v1"));
  story.world.start();
  BOOST_TEST(story.until("Degraded"));
  expect_named(story, "InvalidSpec", {"steps[0].plugin", "Forbidden"});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::simulation
