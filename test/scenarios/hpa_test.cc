// Named scenarios about autoscalers that work beside an update.
#include <boost/test/unit_test.hpp>

#include "autoscaler.h"
#include "golden.h"
#include "kube/json.h"
#include "plans.h"

namespace sluice::simulation {
namespace {

namespace resources = kube::resources;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

BOOST_AUTO_TEST_SUITE(scenarios)

BOOST_AUTO_TEST_CASE(ar_1415_growing_demand_in_an_update_takes_no_ready_pod) {
  Plan plan{
      6,
      basic_canary_with("      canaryService: web-canary\n      stableService: web-stable\n"
                        "      maxSurge: 100%\n      maxUnavailable: 1\n      steps: [{setWeight: 30}, {pause: {}}]\n"),
      ""};
  plan.pods["v2"] = "sluice.test/ready-after: '400'";
  Story story(plan);
  story.begin(Story::service("web-canary") + Story::service("web-stable"));
  expect_rehearsed("ar-1415", story);
  story.release("v2");
  BOOST_REQUIRE(story.world.until([&] { return story.world.is("web", "Paused"); }, minutes(10)));
  BOOST_TEST(story.ready("v2") == 2);
  story.world.always("at least five pods serve", [&] { return story.ready("v1") + story.ready("v2") >= 5; });
  story.promote();
  story.world.pass(seconds(30));
  auto fewest = std::make_shared<int>(story.size("v1") + story.size("v2"));
  bool has_grown = false;
  story.world.always("sizes move towards more pods only", [&, fewest] {
    if (!has_grown) return true;
    const int all = story.size("v1") + story.size("v2");
    if (all < std::min(*fewest, 12)) return false;
    *fewest = std::max(*fewest, all);
    return true;
  });
  // Twice the work of six pods, divided among those that are ready.
  const Autoscaler autoscaler(story.world, 6, 20, [](int ready) { return 12.0 / ready; });
  has_grown = true;
  BOOST_TEST(story.world.until([&] { return autoscaler.largest() >= 12; }));
  expect_explained("ar-1415", story);
  BOOST_TEST(story.world.until([&] { return story.stable() == "v2" && story.world.is("web", "Healthy"); }, hours(1)));
  story.world.check_requests();
}

BOOST_AUTO_TEST_CASE(ar_4973_an_aborted_canary_is_not_scaled_up_again) {
  Plan plan = d10();
  plan.pods["v1"] = "sluice.test/ready-after: '40'";
  Story story(plan);
  story.begin();
  expect_rehearsed("ar-4973", story);
  BOOST_REQUIRE(story.release_to_pause("v2", 1));
  story.abort();
  BOOST_REQUIRE(story.until_size("v2", 0));
  BOOST_REQUIRE(story.until("Degraded"));
  story.world.pass(minutes(2));
  const std::string selected = story.world.selected("web-canary");
  story.world.always("the aborted version gets no pod", [&] { return story.size("v2") == 0; });
  story.world.always("the canary's Service stands still",
                     [&] { return story.world.selected("web-canary") == selected; });
  const Autoscaler autoscaler(story.world, 10, 20, [](int ready) { return 14.0 / ready; });
  BOOST_TEST(story.until_size("v1", 14));
  BOOST_TEST(story.world.until([&] { return story.ready("v1") == 14; }));
  story.lose_pods("v1", 2);
  BOOST_TEST(story.world.until([&] { return story.ready("v1") == 12; }));
  BOOST_TEST(story.world.until([&] { return story.ready("v1") == 14; }));
  expect_explained("ar-4973", story);
  story.world.pass(hours(1));
  BOOST_TEST(story.size("v1") == 14);
  BOOST_TEST(story.weight() == 0);
  story.world.check_requests();
}

const std::string autoscaler_of_memory =
    "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\nspec:\n  minReplicas: 5\n"
    "  maxReplicas: 42\n  scaleTargetRef: {apiVersion: argoproj.io/v1alpha1, kind: Rollout, name: web}\n";

BOOST_AUTO_TEST_CASE(ar_3849_the_rehearsal_says_when_an_autoscaler_would_grow_without_end) {
  Story story(t10(steps_with_pauses({1, 10, 65})));
  story.begin();
  expect_rehearsed("ar-3849", story, autoscaler_of_memory);
  BOOST_REQUIRE(story.release_to_pause("v2", 5));
  expect_explained("ar-3849", story);
  story.promote();
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
}

// Memory does not shrink when pods are added: 42 % used of a target of 60 % for each pod, whoever runs it.
BOOST_AUTO_TEST_CASE(ar_3849_pods_of_the_canary_do_not_feed_the_autoscaler, *boost::unit_test::disabled()) {
  Story story(t10(steps_with_pauses({1, 10, 65})));
  story.begin();
  const Autoscaler autoscaler(story.world, 5, 42, [](int) { return 0.7; });
  BOOST_REQUIRE(story.release_to_pause("v2", 5));
  story.world.pass(hours(2));
  BOOST_TEST(autoscaler.largest() <= 12);
  story.promote();
  BOOST_TEST(story.until_stable("v2"));
}

// A change of spec.replicas just before each write of an update: every third one keeps the time within bounds.
BOOST_AUTO_TEST_CASE(hpa_01_demand_that_changes_at_any_moment_is_followed) {
  const std::pair<const char*, Plan> plans[] = {{"T10", t10()}, {"D10", d10()}, {"C10", c10()}, {"B4m", b4m("", 10)}};
  for (const auto& [name, plan] : plans) {
    for (const int replicas : {20, 5}) {
      for (int at = 1; at < 60; at += 4) {
        BOOST_TEST_CONTEXT(name << " to " << replicas << " before write " << at) {
          Story story(plan);
          story.begin();
          // What was decided before the demand was known may still be on its way.
          story.world.oracle().excuse("I2");
          int writes = 0;
          story.world.controllers().transport().strike = [&](const kube::ApiRequest&) {
            if (++writes == at) story.scale(replicas);
            return WriteFault();
          };
          story.release("v2");
          BOOST_REQUIRE(story.until("Paused"));
          story.promote_full();
          BOOST_TEST(story.until_stable("v2"));
          if (writes < at) break;
          BOOST_TEST(story.until_size("v1", 0));
          BOOST_TEST(story.size("v2") == replicas);
          BOOST_TEST(story.world.until([&] { return story.ready("v2") == replicas; }));
          story.world.come_to_rest();
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(hpa_02_a_rollout_that_is_scaled_to_zero_keeps_its_weights) {
  Story story(t10());
  story.begin();
  BOOST_REQUIRE(story.release_to_pause("v2", 1));
  story.world.stop_traffic();  // nobody is there to answer
  story.world.oracle().excuse("I1");
  story.world.oracle().excuse("I2");
  story.scale(0);
  BOOST_TEST(story.until_size("v1", 0));
  BOOST_TEST(story.until_size("v2", 0));
  story.world.pass(minutes(10));
  BOOST_TEST(story.step() == 1);
  BOOST_TEST(story.reasons().find("zero") != std::string::npos, story.reasons() << story.message());
  story.scale(3);
  BOOST_TEST(story.until_size("v1", 3));
  BOOST_TEST(story.until_size("v2", 1));
  BOOST_TEST(story.until_weight(20));
  story.promote_full();
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(hpa_03_noise_in_the_replicas_costs_one_write_for_each_set) {
  Story story(t10());
  story.begin();
  BOOST_REQUIRE(story.release_to_pause("v2", 3));
  story.world.pass(minutes(1));
  for (int change = 0; change < 40; ++change) {
    const int before = story.world.writes();
    story.scale(change % 2 == 0 ? 11 : 10);
    story.world.pass(seconds(15));
    // Each set once, the status when the demand is seen and when the pods have followed.
    BOOST_TEST(story.world.writes() - before <= 5);
  }
  story.promote();
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(hpa_04_what_is_published_describes_the_set_that_serves) {
  Story story(b4m("      previewReplicaCount: 1\n"));
  story.begin();
  const Autoscaler autoscaler(story.world, 4, 8, [](int ready) { return 4.0 / ready; });
  story.release("v2");
  BOOST_REQUIRE(story.until("Paused"));
  const auto published = [&] {
    return std::string(kube::text_at(story.world.get(resources::rollouts, "web"), {"status", "selector"}));
  };
  // The status follows the switch by one write.
  auto agreed = std::make_shared<kube::Time>(story.world.clock().now());
  story.world.always("the selector is that of the active pods, and as many are published", [&, agreed] {
    const json::value rollout = story.world.get(resources::rollouts, "web");
    const bool is_active = published().find(story.world.selected("web-active")) != std::string::npos;
    const kube::Time now = story.world.clock().now();
    if (is_active && kube::number_at(rollout, {"status", "HPAReplicas"}) >= 4) *agreed = now;
    return now <= *agreed + seconds(1);
  });
  story.world.pass(minutes(5));
  story.promote();
  BOOST_TEST(story.until_stable("v2"));
  story.world.pass(minutes(5));
  BOOST_TEST(autoscaler.largest() == 4);
}

BOOST_AUTO_TEST_CASE(ar_4261_a_paused_spec_is_scaled) {
  for (const bool is_routed : {false, true}) {
    for (const bool is_in_update : {false, true}) {
      BOOST_TEST_CONTEXT((is_routed ? "T10" : "C10") << (is_in_update ? " at 20 %" : ", healthy")) {
        Story story(is_routed ? t10() : c10());
        story.begin();
        if (is_in_update) BOOST_REQUIRE(story.release_to_pause("v2", 1));
        story.pause();
        story.world.pass(seconds(10));
        const int step = story.step(), weight = story.weight();
        for (const int replicas : {16, 8}) {
          story.scale(replicas);
          story.world.pass(minutes(2));
          const int canary = is_in_update ? (replicas + 4) / 5 : 0;
          if (is_in_update) BOOST_TEST(story.size("v2") == canary);
          if (is_routed) BOOST_TEST(story.size("v1") == replicas);
          const int beside = story.size("v1") + canary - replicas;  // one more pod may come closer to the ratio
          if (!is_routed) BOOST_TEST((beside == 0 || beside == 1), beside);
          BOOST_TEST(story.step() == step);
          BOOST_TEST(story.weight() == weight);
          const int settled = story.world.writes();
          story.world.pass(minutes(10));
          BOOST_TEST(story.world.writes() == settled);
        }
        story.resume();
        if (is_in_update) {
          story.promote_full();
          BOOST_TEST(story.until_stable("v2"));
        }
        story.world.come_to_rest();
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(ar_4407_without_the_autoscaler_every_set_follows_the_replicas) {
  Story story(b4m("", 2));
  story.begin();
  story.release("v2");
  BOOST_REQUIRE(story.until("Paused"));
  BOOST_TEST(story.size("v2") == 2);
  story.scale(1);
  BOOST_TEST(story.until_size("v1", 1));
  BOOST_TEST(story.until_size("v2", 1));
  story.promote();
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(ar_3848_demand_that_grows_in_the_delay_of_an_old_set_does_not_hold_the_next_version) {
  Story story(
      t10("      scaleDownDelaySeconds: 3600\n      scaleDownDelayRevisionLimit: 1\n      steps: [{setWeight: "
          "50}, {pause: {}}]\n"));
  story.begin();
  BOOST_REQUIRE(story.release_to_pause("v2", 1));
  story.promote();
  BOOST_REQUIRE(story.until_stable("v2"));
  story.world.pass(minutes(1));
  story.scale(20);
  BOOST_TEST(story.until_size("v2", 20));
  BOOST_TEST(story.size("v1") <= 10);
  BOOST_REQUIRE(story.release_to_pause("v3", 1));
  story.promote();
  BOOST_TEST(story.until_stable("v3"));
  BOOST_TEST(story.size("v3") == 20);
}

BOOST_AUTO_TEST_CASE(fl_944_demand_that_grows_all_the_time_does_not_use_up_the_deadline) {
  Plan plan =
      t10("      steps: [{setWeight: 20}, {pause: {duration: 10m}}, {setWeight: 60}, {pause: {duration: 10m}}]\n", 5);
  plan.spec = "  progressDeadlineSeconds: 600\n  progressDeadlineAbort: true\n";
  plan.pods["v1"] = plan.pods["v2"] = "sluice.test/ready-after: '30'";
  Story story(plan);
  story.begin();
  // Healthy at the promotion, Progressing with the next pods, Healthy when they are there.
  story.world.oracle().excuse("I9");
  story.release("v2");
  double demand = 5;
  for (int minute = 0; minute < 30; ++minute) {
    story.world.pass(minutes(1));
    demand *= 1.1;
    story.scale(static_cast<int>(demand));
    BOOST_TEST(!kube::find_at(story.world.get(resources::rollouts, "web"), {"status", "abort"}));
  }
  BOOST_TEST((story.stable() == "v2" || story.step() >= 3), story.message());
  BOOST_TEST(
      story.world.until([&] { return story.stable() == "v2" && story.world.is("web", "Healthy"); }, minutes(30)));
  BOOST_TEST(story.size("v2") == static_cast<int>(demand));
  story.world.check_requests();
}

BOOST_AUTO_TEST_CASE(fl_634_demand_that_changes_does_not_begin_an_analysis_anew) {
  Story story(
      t10(watched + "      steps: [{setWeight: 20}, {analysis: {templates: [{templateName: gate}]}}, {pause: {}}]\n"));
  story.world.prometheus = [](const kube::HttpRequest&) { return prometheus_says("0.99"); };
  story.begin(prometheus_template("watch", 0) + job_template("gate", "sleep 300; exit 0"));
  story.release("v2");
  BOOST_REQUIRE(story.world.until([&] { return story.runs().size() == 2; }));
  for (int change = 0; change < 8; ++change) {
    story.scale(change % 2 == 0 ? 12 : 10);
    story.world.pass(seconds(30));
    BOOST_TEST(story.runs().size() == 2u);
  }
  BOOST_REQUIRE(story.until_paused_at(2));
  BOOST_TEST(story.runs().size() == 2u);
  story.promote();
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::simulation
