// Named scenarios about blue-green updates.
#include <boost/test/unit_test.hpp>

#include "golden.h"
#include "kube/json.h"
#include "plans.h"

namespace sluice::simulation {
namespace {

namespace resources = kube::resources;
using std::chrono::minutes;
using std::chrono::seconds;

BOOST_AUTO_TEST_SUITE(scenarios)

BOOST_AUTO_TEST_CASE(ar_4750_a_second_bad_revision_beside_a_writer_that_strips_the_selector) {
  Plan plan = b4m("      prePromotionAnalysis: {templates: [{templateName: gate}]}\n");
  plan.pods["v2"] = plan.pods["v3"] = "sluice.test/crashes-after: '0'";
  Story story(plan);
  story.begin(job_template("gate", "exit 0"));
  expect_rehearsed("ar-4750", story);
  story.release("v2");
  story.world.always("the active Service selects the first version, or what the other writer left of its selector",
                     [&] { return story.active() == "v1" || story.world.selected("web-active").empty(); });
  story.world.always("the first version keeps its four pods", [&] { return story.size("v1") == 4; });
  story.world.pass(seconds(120));
  story.release("v3");
  for (int times = 0; times < 5; ++times) {
    story.world.patch(resources::services, "web-active",
                      R"({"spec":{"selector":{"rollouts-pod-template-hash":null}}})");
    BOOST_TEST(story.world.until([&] { return story.active() == "v1"; }, seconds(60)));
    story.world.pass(seconds(20));
  }
  expect_explained("ar-4750", story);
  story.world.pass(minutes(30));
  BOOST_TEST(story.runs().empty());
  BOOST_TEST(story.stable() == "v1");
  BOOST_TEST(story.active() == "v1");
}

BOOST_AUTO_TEST_CASE(ar_3724_pods_that_come_and_go_do_not_end_a_gate) {
  Story story(b4("      prePromotionAnalysis: {templates: [{templateName: gate}]}\n", 1));
  story.begin(job_template("gate", "sleep 300; exit 1"));
  expect_rehearsed("ar-3724", story);
  story.release("v2");
  BOOST_REQUIRE(story.world.until([&] { return story.runs().size() == 1; }));
  story.world.always("the switch waits for a verdict", [&] { return story.active() == "v1"; });
  for (int round = 0; round < 3; ++round) {
    story.world.pass(seconds(40));
    story.lose_pods("v2", 1);
  }
  expect_explained("ar-3724", story);
  BOOST_TEST(story.world.until([&] { return story.world.is("web", "Degraded"); }, minutes(10)));
  BOOST_TEST(story.runs() == std::vector<std::string>{"Failed"});
  BOOST_TEST(story.stable() == "v1");
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(ar_3724_pods_that_come_and_go_do_not_end_a_gate_after_the_switch, *boost::unit_test::disabled()) {
  Story story(b4("      postPromotionAnalysis: {templates: [{templateName: gate}]}\n", 1));
  story.begin(job_template("gate", "sleep 300; exit 1"));
  story.release("v2");
  BOOST_REQUIRE(story.world.until([&] { return story.active() == "v2" && story.runs().size() == 1; }));
  // The only pod that serves is taken away by hand, so nobody answers until the next one is ready.
  story.world.stop_traffic();
  story.world.oracle().excuse("I2");
  story.world.oracle().excuse("I3");
  for (int round = 0; round < 3; ++round) {
    story.world.pass(seconds(40));
    story.lose_pods("v2", 1);
    BOOST_TEST(story.stable() == "v1");
  }
  BOOST_TEST(story.world.until([&] { return story.world.is("web", "Degraded"); }, minutes(10)));
  BOOST_TEST(story.runs() == std::vector<std::string>{"Failed"});
  BOOST_TEST(story.active() == "v1");
  BOOST_TEST(story.stable() == "v1");
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(obs_13_an_abort_after_the_switch_needs_no_whole_new_set) {
  Story story(
      b4("      scaleDownDelaySeconds: 600\n      postPromotionAnalysis: {templates: [{templateName: gate}]}\n"));
  story.begin(job_template("gate", "sleep 60; exit 1"));
  expect_rehearsed("obs-13", story);
  story.release("v2");
  BOOST_REQUIRE(story.world.until([&] { return story.active() == "v2" && story.runs().size() == 1; }));
  story.world.pass(seconds(20));
  story.world.oracle().excuse("I2");  // half of the pods that serve fail by hand
  story.break_pods("v2", 2);
  story.world.always("the first version keeps its four pods", [&] { return story.size("v1") == 4; });
  BOOST_REQUIRE(story.world.until([&] { return story.runs().front() == "Failed"; }));
  story.world.pass(seconds(1));
  BOOST_TEST(story.active() == "v1");
  BOOST_TEST(story.size("v2") == 4);
  BOOST_TEST(story.until("Degraded"));
  expect_explained("obs-13", story);
  story.world.pass(seconds(25));
  BOOST_TEST(story.size("v2") == 4);
  story.world.come_to_rest();
  BOOST_TEST(story.size("v2") == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::simulation
