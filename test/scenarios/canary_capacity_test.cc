// Named scenarios about canaries whose pods are fewer, later or other than they should be.
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "kube/json.h"
#include "plans.h"

namespace sluice::simulation {
namespace {

namespace resources = kube::resources;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using Names = std::vector<std::string>;

std::string conditions_of(const Story& story) {
  const json::value rollout = story.world.get(resources::rollouts, "web");
  const json::value* conditions = kube::find_at(rollout, {"status", "conditions"});
  return conditions ? json::serialize(*conditions) : "";
}

BOOST_AUTO_TEST_SUITE(scenarios)

BOOST_AUTO_TEST_CASE(obs_10_a_rollback_in_the_window_gets_the_traffic_that_its_pods_carry) {
  Plan plan = t10(steps_with_pauses({10, 70}));
  plan.spec = "  rollbackWindow: {revisions: 2}\n";
  plan.pods["v1"] = "sluice.test/ready-after: '20'";
  Story story(plan);
  story.begin();
  BOOST_REQUIRE(story.release_to_pause("v2", 3));
  story.promote();
  BOOST_REQUIRE(story.until_stable("v2"));
  BOOST_REQUIRE(story.until_size("v1", 0));
  story.world.always("the first version gets no more than its ready pods carry",
                     [&] { return story.stable() == "v1" || story.share("v1") <= 10 * story.ready("v1"); });
  story.release("v1");
  BOOST_TEST(story.until_stable("v1"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(ar_4371_a_service_that_selects_none_of_the_stable_pods_is_named_before_anything_is_written) {
  Story story(t10());
  story.begin();
  story.world.stop_traffic();  // a person takes the pods away from their Service
  story.world.oracle().excuse("I1");
  story.world.oracle().excuse("I2");
  story.world.patch(resources::services, "web-stable", R"({"spec":{"selector":{"app":"web2"}}})");
  story.world.pass(seconds(5));
  story.release("v2");
  story.world.pass(minutes(5));
  BOOST_TEST(story.size("v2") <= 0);
  BOOST_TEST(conditions_of(story).find("web-stable") != std::string::npos, conditions_of(story));
  story.world.patch(resources::services, "web-stable", R"({"spec":{"selector":{"app":"web"}}})");
  BOOST_REQUIRE(story.until("Paused"));
  story.promote();
  BOOST_REQUIRE(story.until_paused_at(3));
  story.promote();
  BOOST_TEST(story.until_stable("v2"));
}

BOOST_AUTO_TEST_CASE(ctl_nodeloss_half_of_the_stable_pods_are_lost_for_five_minutes) {
  Story story(t10());
  story.begin();
  BOOST_REQUIRE(story.release_to_pause("v2", 3));
  story.world.pass(seconds(2));
  story.cordon_nodes();
  story.lose_pods("v1", 5);
  story.world.always("the canary keeps its pods", [&] { return story.size("v2") == 5; });
  story.world.always("its weight is not put on pods that are missing",
                     [&] { return story.share("v2") == 50 && story.step() == 3; });
  story.world.pass(seconds(300));
  story.cordon_nodes(false);
  BOOST_TEST(story.world.until([&] { return story.ready("v1") == 10; }));
  story.world.no_longer("the canary keeps its pods");
  story.world.no_longer("its weight is not put on pods that are missing");
  story.promote();
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(obs_27b_delays_below_zero_are_refused_and_a_delay_of_zero_does_not_wait) {
  struct Row {
    const char *lines, *path;
  };
  const Row refused[] = {{"      scaleDownDelaySeconds: -1\n", "scaleDownDelaySeconds"},
                         {"      abortScaleDownDelaySeconds: -5\n", "abortScaleDownDelaySeconds"},
                         {"      maxSurge: 0\n      maxUnavailable: 0\n", "maxSurge"}};
  for (const Row& row : refused) {
    BOOST_TEST_CONTEXT(row.path) {
      Story story(t10(row.lines, 2));
      story.world.apply(Story::service("web-stable") + Story::service("web-canary") + Story::route() +
                        story.yaml("v1"));
      story.world.start();
      BOOST_TEST(
          story.world.until([&] { return conditions_of(story).find("InvalidSpec") != std::string::npos; }, seconds(5)));
      BOOST_TEST(conditions_of(story).find(row.path) != std::string::npos, conditions_of(story));
    }
  }
}

BOOST_AUTO_TEST_CASE(ar_1624_pods_that_are_lost_outside_an_update_abort_nothing) {
  Plan plan = t10();
  plan.spec = "  progressDeadlineSeconds: 60\n  progressDeadlineAbort: true\n";
  Story story(plan);
  story.begin();
  story.world.oracle().excuse("I2");  // the world takes pods and gives none
  story.cordon_nodes();
  story.lose_pods("v1", 4);
  for (const int replicas : {15, 10, 5, 10}) {
    story.world.pass(minutes(5));
    story.scale(replicas);
  }
  BOOST_TEST(!kube::find_at(story.world.get(resources::rollouts, "web"), {"status", "abort"}));
  BOOST_TEST(!story.world.is("web", "Healthy"));
  story.cordon_nodes(false);
  BOOST_TEST(story.until("Healthy"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(ar_3082_time_under_an_invalid_spec_is_no_time_of_the_next_version) {
  Plan plan = t10();
  plan.spec = "  progressDeadlineSeconds: 60\n  progressDeadlineAbort: true\n";
  Story story(plan);
  story.begin();
  Plan bad = plan;
  bad.strategy = t10("      steps: [{setWeight: 120}]\n").strategy;
  story.change(bad);
  story.world.pass(minutes(10));
  story.change(plan);
  story.release("v2");
  BOOST_REQUIRE(story.until("Paused"));
  BOOST_TEST(!kube::find_at(story.world.get(resources::rollouts, "web"), {"status", "abort"}));
  story.promote();
  BOOST_REQUIRE(story.until_paused_at(3));
  story.promote();
  BOOST_TEST(story.until_stable("v2"));
}

BOOST_AUTO_TEST_CASE(ar_1822_a_set_in_its_delay_keeps_its_size) {
  Story story(t10());
  story.begin();
  BOOST_REQUIRE(story.release_to_pause("v2", 3));
  story.release("v1");
  BOOST_REQUIRE(story.world.until([&] { return story.share("v2") == 0; }));
  story.world.always("five pods, and then none", [&, ended = false]() mutable {
    const int size = story.size("v2");
    if (size == 0) ended = true;
    return size == (ended ? 0 : 5);
  });
  story.world.pass(seconds(25));
  BOOST_TEST(story.size("v2") == 5);
  BOOST_TEST(story.until_size("v2", 0));
  BOOST_TEST(story.until_stable("v1"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(obs_38_a_threshold_above_the_step_asks_for_the_whole_step) {
  Story story(t10("      replicaProgressThreshold: {type: Pods, value: 5}\n"));
  story.begin();
  BOOST_REQUIRE(story.release_to_pause("v2", 1));
  BOOST_TEST(story.ready("v2") == 2);
  story.promote();
  BOOST_REQUIRE(story.until_paused_at(3));
  BOOST_TEST(story.ready("v2") == 5);
  story.promote();
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(ar_4570_few_pods_at_least_are_not_more_than_there_should_be) {
  for (int replicas = 1; replicas <= 3; ++replicas) {
    for (const int weight : {1, 50, 99}) {
      BOOST_TEST_CONTEXT(replicas << " replicas, " << weight << " %") {
        Story story(d10("      minPodsPerReplicaSet: 3\n" + steps_with_pauses({weight}), replicas));
        story.begin();
        BOOST_REQUIRE(story.release_to_pause("v2", 1));
        story.world.pass(seconds(40));
        BOOST_TEST(story.size("v2") == replicas);
        BOOST_TEST(story.size("v1") <= replicas);
        const int settled = story.world.writes();
        story.world.pass(minutes(10));
        BOOST_TEST(story.world.writes() == settled);
        story.scale(replicas + 1);
        story.world.pass(minutes(1));
        const int followed = story.world.writes();
        story.world.pass(minutes(10));
        BOOST_TEST(story.world.writes() == followed);
        story.promote();
        BOOST_TEST(story.until_stable("v2"));
        story.world.come_to_rest();
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(ar_738_an_update_that_cannot_progress_is_scaled, *boost::unit_test::disabled()) {
  Plan plan = c10("      maxSurge: 2\n      maxUnavailable: 0\n      steps: []\n", 4);
  plan.pods["v2"] = "sluice.test/crashes-after: '0'";
  Story story(plan);
  story.begin();
  story.release("v2");
  BOOST_REQUIRE(story.until_size("v2", 2));
  story.world.pass(minutes(1));
  story.world.always("four pods serve", [&] { return story.ready("v1") >= 4; });
  story.scale(8);
  BOOST_TEST(story.world.until([&] { return story.ready("v1") == 8; }), story.ready("v1") << " of 8");
  story.scale(4);
  BOOST_TEST(story.until_size("v1", 4));
  BOOST_TEST(story.size("v2") <= 2);
  story.world.come_to_rest(minutes(20));
}

BOOST_AUTO_TEST_CASE(obs_24_an_old_set_that_cannot_be_scaled_down_is_tried_again) {
  Story story(t10("      scaleDownDelaySeconds: 5\n"));
  story.begin();
  BOOST_REQUIRE(story.release_to_pause("v2", 3));
  int refused = 0;
  story.world.controllers().transport().strike = [&](const kube::ApiRequest& request) {
    const bool is_shrink = request.target.find("/replicasets/web-" + story.hash_of("v1")) != std::string::npos &&
                           request.body.find("\"replicas\"") != std::string::npos;
    return is_shrink && refused++ < 5 ? WriteFault{WriteFault::Kind::refused, 500} : WriteFault();
  };
  story.promote();
  BOOST_TEST(story.world.until([&] { return refused >= 3; }));
  BOOST_TEST(story.size("v1") == 10);
  BOOST_TEST(story.until_size("v1", 0));
  BOOST_TEST(refused >= 5);
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(ar_1677_the_trouble_of_a_superseded_version_holds_nothing) {
  Plan plan = c10();
  plan.pods["v1"] = "sluice.test/ready-after: '2'";
  Story story(plan);
  story.begin();
  BOOST_REQUIRE(story.release_to_pause("v2", 1));
  story.world.stop_traffic();  // pods that fail beyond what the update allows
  story.break_pods("v1", 1);
  story.release("v3");
  for (const int pause : {1, 3, 5}) {
    BOOST_REQUIRE(story.world.until(
        [&] { return story.step() == pause && story.world.is("web", "Paused") && story.size("v3") > 0; }));
    story.promote();
  }
  BOOST_TEST(story.until_stable("v3"));
  BOOST_TEST(story.until_size("v1", 0));
  BOOST_TEST(story.until_size("v2", 0));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(fl_1898_pods_lost_at_the_promotion_leave_the_old_version_in_place) {
  Story story(t10(steps_with_pauses({100})));
  story.begin();
  BOOST_REQUIRE(story.release_to_pause("v2", 1));
  BOOST_TEST(story.ready("v2") == 10);
  story.world.always("the old pods stay until the new version has all of its own",
                     [&] { return story.ready("v2") == 10 || story.size("v1") == 10; });
  story.cordon_nodes();               // no image can be pulled and no node is free
  story.world.oracle().excuse("I1");  // the world takes what serves
  story.lose_pods("v2", 5);
  story.world.pass(seconds(5));
  story.world.oracle().expect_again("I1");
  story.promote();
  story.world.pass(minutes(10));
  BOOST_TEST(story.size("v2") == 10);
  BOOST_TEST(story.size("v1") == 10);
  story.cordon_nodes(false);
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(ar_2953_inside_the_window_no_step_and_no_gate_outside_all_of_them) {
  Plan plan = t10("      steps: [{setWeight: 20}, {analysis: {templates: [{templateName: gate}]}}, {pause: {}}]\n");
  plan.spec = "  rollbackWindow: {revisions: 1}\n";
  for (const bool is_inside : {true, false}) {
    Story story(plan);
    story.begin(job_template("gate", "exit 0"));
    for (const std::string version : {"v2", "v3"}) {
      BOOST_REQUIRE(story.release_to_pause(version, 2));
      story.promote();
      BOOST_REQUIRE(story.until_stable(version));
    }
    BOOST_REQUIRE(story.until_size("v2", 0));
    const std::size_t runs = story.runs().size();
    if (is_inside) {
      story.release("v2");
      BOOST_TEST(story.until_stable("v2"));
      BOOST_TEST(story.runs().size() == runs);
      BOOST_TEST(story.has_event("SkipSteps"));
    } else {
      BOOST_REQUIRE(story.release_to_pause("v1", 2));
      BOOST_TEST(story.runs().size() == runs + 1);
      story.promote();
      BOOST_TEST(story.until_stable("v1"));
    }
    story.world.come_to_rest();
  }
}

BOOST_AUTO_TEST_CASE(obs_17_a_resume_in_two_patches_advances_exactly_once) {
  Story story(t10());
  story.begin();
  BOOST_REQUIRE(story.release_to_pause("v2", 1));
  story.pause();
  story.world.pass(seconds(5));
  story.status(R"({"pauseConditions":null})");
  story.world.pass(std::chrono::milliseconds(200));
  BOOST_TEST(story.step() == 1);
  story.resume();
  BOOST_REQUIRE(story.until_paused_at(3));
  story.world.pass(minutes(10));
  BOOST_TEST(story.step() == 3);
  BOOST_TEST(story.weight() == 50);
  story.promote();
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(obs_42_a_pause_begins_and_ends_with_one_status_write) {
  Story story(t10("      steps: [{pause: {duration: 20s}}, {pause: {duration: 20s}}, {pause: {duration: 20s}}]\n", 2));
  story.begin();
  story.release("v2");
  BOOST_REQUIRE(story.until("Paused"));
  const int before = story.writes_of("rollouts/web/status") + story.writes_of("rollouts/web");
  BOOST_REQUIRE(story.until_step(2));
  BOOST_REQUIRE(story.until("Paused"));
  // Each of two pauses ended, and each of two others began.
  BOOST_TEST(story.writes_of("rollouts/web/status") + story.writes_of("rollouts/web") - before <= 4);
  story.abort();
  BOOST_REQUIRE(story.until("Degraded"));
  const json::value rollout = story.world.get(resources::rollouts, "web");
  for (const json::value& condition : kube::find_at(rollout, {"status", "conditions"})->as_array())
    if (kube::text_at(condition, {"type"}) == "Paused") BOOST_TEST(kube::text_at(condition, {"status"}) == "False");
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::simulation
