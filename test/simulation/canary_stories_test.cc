// Every way through a canary update, with and without a router, with the oracle and requests on.
#include <boost/test/unit_test.hpp>

#include "kube/json.h"
#include "story.h"

namespace sluice::simulation {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using Names = std::vector<std::string>;

const std::string steps = "      steps: [{setWeight: 25}, {pause: {}}, {setWeight: 50}, {pause: {duration: 30s}}]\n";

Plan basic(const std::string& more = steps, const std::string& spec = "", int replicas = 4) {
  return {replicas, basic_canary_with("      maxSurge: 1\n      maxUnavailable: 0\n" + more), spec};
}
Plan routed(const std::string& more = steps, const std::string& spec = "", int replicas = 4) {
  return {replicas, routed_canary_with(more), spec};
}

// The same story for both kinds.
template <class Tell>
void for_both(Tell tell, const std::string& more = steps, const std::string& spec = "") {
  for (const bool is_routed : {false, true}) {
    BOOST_TEST_CONTEXT((is_routed ? "routed" : "basic")) {
      Story story(is_routed ? routed(more, spec) : basic(more, spec));
      tell(story, is_routed);
      story.world.come_to_rest();
    }
  }
}

BOOST_AUTO_TEST_SUITE(canary_stories)

BOOST_AUTO_TEST_CASE(all_steps_lead_to_promotion) {
  for_both([](Story& story, bool is_routed) {
    story.begin();
    story.release("v2");
    BOOST_REQUIRE(story.until("Paused"));
    BOOST_TEST(story.step() == 1);
    BOOST_TEST(story.size("v2") == 1);
    BOOST_TEST(story.weight() == (is_routed ? 25 : -1));
    story.world.pass(std::chrono::hours(1));
    BOOST_TEST(story.step() == 1);
    story.promote();
    BOOST_REQUIRE(story.until_step(3));
    BOOST_TEST(story.size("v2") == 2);
    BOOST_TEST(story.until_stable("v2"));
    story.world.pass(minutes(2));
    BOOST_TEST(story.size("v1") == 0);
    BOOST_TEST(story.weight() == (is_routed ? 0 : -1));
  });
}

BOOST_AUTO_TEST_CASE(a_timed_pause_lasts_as_long_as_it_says) {
  for_both(
      [](Story& story, bool) {
        story.begin();
        story.release("v2");
        BOOST_REQUIRE(story.until_step(1));
        BOOST_REQUIRE(story.until("Paused"));
        story.world.pass(seconds(85));
        BOOST_TEST(story.step() == 1);
        story.world.pass(seconds(7));
        BOOST_TEST(story.step() == 2);
        BOOST_TEST(story.until_stable("v2"));
      },
      "      steps: [{setWeight: 50}, {pause: {duration: 90}}]\n");
}

BOOST_AUTO_TEST_CASE(without_steps_the_update_goes_through_at_once) {
  for_both(
      [](Story& story, bool) {
        story.begin();
        story.release("v2");
        BOOST_TEST(story.until_stable("v2"));
      },
      "      steps: []\n");
}

BOOST_AUTO_TEST_CASE(a_full_promotion_skips_the_steps) {
  for_both([](Story& story, bool) {
    story.begin();
    story.release("v2");
    BOOST_REQUIRE(story.until("Paused"));
    story.promote_full();
    BOOST_TEST(story.until_stable("v2"));
  });
}

BOOST_AUTO_TEST_CASE(a_person_may_skip_a_step_that_is_not_reached) {
  for_both([](Story& story, bool) {
    story.begin();
    story.release("v2");
    BOOST_REQUIRE(story.until_step(0));
    story.promote();
    BOOST_REQUIRE(story.until("Paused"));
    BOOST_TEST(story.step() == 1);
    story.promote();
    BOOST_TEST(story.until_stable("v2"));
  });
}

BOOST_AUTO_TEST_CASE(an_abort_brings_the_traffic_back_and_a_retry_begins_anew) {
  for_both([](Story& story, bool is_routed) {
    story.begin();
    story.release("v2");
    BOOST_REQUIRE(story.until("Paused"));
    story.promote();
    BOOST_REQUIRE(story.until_step(3));
    story.abort();
    BOOST_TEST(story.until("Degraded"));
    BOOST_TEST(story.until_size("v2", 0));
    BOOST_TEST(story.weight() == (is_routed ? 0 : -1));
    BOOST_TEST(story.size("v1") == 4);
    BOOST_TEST(story.stable() == "v1");
    story.world.pass(minutes(5));
    story.retry();
    BOOST_REQUIRE(story.until("Paused"));
    BOOST_TEST(story.step() == 1);
    story.promote();
    BOOST_TEST(story.until_stable("v2"));
  });
}

BOOST_AUTO_TEST_CASE(undo_to_the_stable_version_needs_no_steps) {
  for_both([](Story& story, bool is_routed) {
    story.begin();
    story.release("v2");
    BOOST_REQUIRE(story.until("Paused"));
    story.release("v1");
    BOOST_TEST(story.until_stable("v1"));
    story.world.pass(minutes(2));
    BOOST_TEST(story.size("v2") == 0);
    BOOST_TEST(story.weight() == (is_routed ? 0 : -1));
  });
}

BOOST_AUTO_TEST_CASE(undo_after_an_abort_is_healthy_at_once) {
  for_both([](Story& story, bool) {
    story.begin();
    story.release("v2");
    BOOST_REQUIRE(story.until("Paused"));
    story.abort();
    BOOST_REQUIRE(story.until("Degraded"));
    story.release("v1");
    BOOST_TEST(story.until_stable("v1"));
  });
}

BOOST_AUTO_TEST_CASE(a_third_version_supersedes_the_second) {
  for_both([](Story& story, bool is_routed) {
    story.begin();
    story.release("v2");
    BOOST_REQUIRE(story.until("Paused"));
    story.promote();
    BOOST_REQUIRE(story.until_step(3));
    story.release("v3");
    BOOST_REQUIRE(story.world.until([&] { return story.size("v3") == 1 && story.world.is("web", "Paused"); }));
    BOOST_TEST(story.step() == 1);
    BOOST_TEST(story.weight() == (is_routed ? 25 : -1));
    BOOST_TEST(story.stable() == "v1");
    story.promote();
    BOOST_TEST(story.until_stable("v3"));
    story.world.pass(minutes(2));
    BOOST_TEST(story.size("v2") == 0);
    BOOST_TEST(story.size("v1") == 0);
  });
}

BOOST_AUTO_TEST_CASE(a_version_released_during_an_abort_starts_normally) {
  for_both([](Story& story, bool) {
    story.begin();
    story.release("v2");
    BOOST_REQUIRE(story.until("Paused"));
    story.abort();
    story.world.pass(seconds(1));
    story.release("v3");
    BOOST_REQUIRE(story.world.until([&] { return story.size("v3") == 1 && story.world.is("web", "Paused"); }));
    story.promote();
    BOOST_TEST(story.until_stable("v3"));
  });
}

BOOST_AUTO_TEST_CASE(a_paused_spec_stops_everything_but_demand) {
  for_both([](Story& story, bool is_routed) {
    story.begin();
    story.release("v2");
    BOOST_REQUIRE(story.until("Paused"));
    story.pause();
    story.promote();
    story.world.pass(minutes(10));
    BOOST_TEST(story.step() == 1);
    BOOST_TEST(story.weight() == (is_routed ? 25 : -1));
    BOOST_TEST(story.message() == "manually paused");
    story.scale(8);
    BOOST_TEST(story.world.until([&] { return story.size("v1") + story.size("v2") >= 8; }));
    story.resume();
    BOOST_TEST(story.until_stable("v2"));
    BOOST_TEST(story.size("v2") == 8);
  });
}

BOOST_AUTO_TEST_CASE(replicas_changed_during_a_step_are_followed_in_proportion) {
  for_both([](Story& story, bool is_routed) {
    story.begin();
    story.release("v2");
    BOOST_REQUIRE(story.until("Paused"));
    story.scale(8);
    BOOST_TEST(story.until_size("v2", 2));
    BOOST_TEST(story.until_size("v1", is_routed ? 8 : 6));
    story.world.pass(seconds(20));
    story.scale(4);
    BOOST_TEST(story.until_size("v2", 1));
    BOOST_TEST(story.until_size("v1", is_routed ? 4 : 3));
    BOOST_TEST(story.step() == 1);
    story.promote();
    BOOST_TEST(story.until_stable("v2"));
  });
}

BOOST_AUTO_TEST_CASE(replicas_and_template_may_change_together) {
  for_both([](Story& story, bool) {
    story.begin();
    Plan larger = story.plan();
    larger.replicas = 6;
    story.change(larger);
    story.release("v2");
    BOOST_REQUIRE(story.until("Paused"));
    story.promote();
    BOOST_TEST(story.until_stable("v2"));
    BOOST_TEST(story.size("v2") == 6);
  });
}

BOOST_AUTO_TEST_CASE(other_steps_begin_at_the_first_again) {
  for_both([](Story& story, bool) {
    story.begin();
    story.release("v2");
    BOOST_REQUIRE(story.until("Paused"));
    Plan other = story.plan();
    const std::string from = "{setWeight: 50}, ";
    other.strategy.erase(other.strategy.find(from), from.size());
    story.change(other);
    story.world.pass(seconds(20));
    BOOST_TEST(story.step() == 1);
    BOOST_TEST(story.world.phase("web") == "Paused");
    story.promote();
    BOOST_TEST(story.until_stable("v2"));
  });
}

BOOST_AUTO_TEST_CASE(a_rollback_within_the_window_skips_the_steps) {
  for_both(
      [](Story& story, bool) {
        story.begin();
        story.release("v2");
        BOOST_REQUIRE(story.until("Paused"));
        story.promote();
        BOOST_REQUIRE(story.until_stable("v2"));
        story.world.pass(minutes(2));
        story.release("v1");
        BOOST_TEST(story.until_stable("v1"));
      },
      steps, "  rollbackWindow: {revisions: 2}\n");
}

BOOST_AUTO_TEST_CASE(without_a_window_an_older_version_goes_through_the_steps) {
  for_both([](Story& story, bool) {
    story.begin();
    story.release("v2");
    BOOST_REQUIRE(story.until("Paused"));
    story.promote();
    BOOST_REQUIRE(story.until_stable("v2"));
    story.world.pass(minutes(2));
    story.release("v1");
    BOOST_REQUIRE(story.until("Paused"));
    BOOST_TEST(story.step() == 1);
    story.promote();
    BOOST_TEST(story.until_stable("v1"));
  });
}

BOOST_AUTO_TEST_CASE(history_keeps_as_many_revisions_as_asked_for) {
  for_both(
      [](Story& story, bool) {
        story.begin();
        for (const char* version : {"v2", "v3", "v4"}) {
          story.release(version);
          BOOST_REQUIRE(story.until_stable(version));
          story.world.pass(seconds(40));
        }
        story.world.pass(minutes(1));
        BOOST_TEST(story.revisions() == (Names{"v3", "v4"}));
      },
      "      steps: [{setWeight: 50}]\n", "  revisionHistoryLimit: 1\n");
}

BOOST_AUTO_TEST_CASE(a_version_that_never_starts_exceeds_its_deadline) {
  for_both(
      [](Story& story, bool is_routed) {
        story.begin();
        story.release("does-not-exist");
        BOOST_TEST(story.until("Degraded"));
        BOOST_TEST(story.message().starts_with("ProgressDeadlineExceeded"));
        BOOST_TEST(story.weight() == (is_routed ? 0 : -1));
        BOOST_TEST(story.step() == 0);
        story.world.pass(minutes(10));
        story.release("v3");
        BOOST_REQUIRE(story.until("Paused"));
        BOOST_TEST(story.step() == 1);
        story.promote();
        BOOST_TEST(story.until_stable("v3"));
      },
      steps, "  progressDeadlineSeconds: 60\n");
}

BOOST_AUTO_TEST_CASE(an_exceeded_deadline_can_abort) {
  for_both(
      [](Story& story, bool) {
        story.begin();
        story.release("does-not-exist");
        BOOST_TEST(story.world.until([&] { return story.message().starts_with("RolloutAborted"); }));
        BOOST_TEST(story.until_size("does-not-exist", 0));
        BOOST_TEST(story.size("v1") == 4);
      },
      steps, "  progressDeadlineSeconds: 60\n  progressDeadlineAbort: true\n");
}

BOOST_AUTO_TEST_CASE(edge_51_a_pause_does_not_use_up_the_deadline) {
  for_both(
      [](Story& story, bool) {
        story.begin();
        story.release("v2");
        BOOST_REQUIRE(story.until("Paused"));
        story.world.pass(minutes(30));
        BOOST_TEST(story.world.phase("web") == "Paused");
        story.promote();
        BOOST_TEST(story.until_stable("v2"));
      },
      steps, "  progressDeadlineSeconds: 60\n  progressDeadlineAbort: true\n");
}

BOOST_AUTO_TEST_CASE(a_restart_replaces_the_pods_a_few_at_a_time) {
  for_both([](Story& story, bool) {
    // A restart takes pods away one by one, as many as maxUnavailable or one; their requests go to the others.
    story.world.oracle().excuse("I1");
    story.world.oracle().excuse("I2");
    story.begin();
    const auto pods = [&] {
      std::set<std::string> names;
      for (const json::value& pod : story.world.list(kube::resources::pods))
        names.emplace(kube::text_at(pod, {"metadata", "name"}));
      return names;
    };
    const std::set<std::string> before = pods();
    story.world.pass(seconds(10));
    story.spec(R"({"restartAt":")" + kube::format_time(story.world.clock().now()) + R"("})");
    BOOST_TEST(story.world.until(
        [&] {
          int ready = 0;
          for (const SetView* set :
               story.world.oracle().view().sets_of(*story.world.oracle().view().rollouts().begin()->second))
            ready += story.world.oracle().view().ready_pods(set->uid);
          BOOST_REQUIRE(ready >= 3);
          for (const std::string& pod : pods())
            if (before.contains(pod)) return false;
          return story.world.is("web", "Healthy");
        },
        minutes(20)));
  });
}

BOOST_AUTO_TEST_CASE(a_set_canary_scale_sizes_apart_from_the_weight) {
  Story story(
      routed("      steps:\n        - setCanaryScale: {replicas: 2}\n        - pause: {}\n        - setWeight: 10\n"
             "        - pause: {}\n        - setCanaryScale: {weight: 75}\n        - pause: {}\n"
             "        - setCanaryScale: {matchTrafficWeight: true}\n        - setWeight: 50\n        - pause: {}\n"));
  story.begin();
  story.release("v2");
  BOOST_REQUIRE(story.until("Paused"));
  BOOST_TEST(story.size("v2") == 2);
  BOOST_TEST(story.weight() == 0);
  story.promote();
  BOOST_REQUIRE(story.until_step(3));
  BOOST_TEST(story.size("v2") == 2);
  BOOST_TEST(story.weight() == 10);
  story.promote();
  BOOST_REQUIRE(story.until_step(5));
  BOOST_TEST(story.size("v2") == 3);
  BOOST_TEST(story.weight() == 10);
  story.promote();
  BOOST_REQUIRE(story.until_step(8));
  BOOST_TEST(story.size("v2") == 2);
  BOOST_TEST(story.weight() == 50);
  story.promote();
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
  BOOST_TEST(story.size("v1") == 0);
}

BOOST_AUTO_TEST_CASE(a_lower_weight_later_takes_traffic_before_pods) {
  for_both(
      [](Story& story, bool is_routed) {
        story.begin();
        story.release("v2");
        BOOST_REQUIRE(story.until("Paused"));
        BOOST_TEST(story.size("v2") == 3);
        story.promote();
        BOOST_REQUIRE(story.until_step(3));
        BOOST_TEST(story.size("v2") == 1);
        BOOST_TEST(story.weight() == (is_routed ? 25 : -1));
        story.promote();
        BOOST_TEST(story.until_stable("v2"));
      },
      "      steps: [{setWeight: 75}, {pause: {}}, {setWeight: 25}, {pause: {}}]\n");
}

BOOST_AUTO_TEST_CASE(an_abort_delay_keeps_the_canary_for_a_while) {
  Story story(routed(steps + "      abortScaleDownDelaySeconds: 120\n"));
  story.begin();
  story.release("v2");
  BOOST_REQUIRE(story.until("Paused"));
  story.abort();
  BOOST_REQUIRE(story.until_weight(0));
  story.world.pass(seconds(100));
  BOOST_TEST(story.size("v2") == 1);
  BOOST_TEST(story.until_size("v2", 0));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(a_canary_that_loses_its_pods_gets_no_requests) {
  Story story(routed());
  story.begin();
  story.release("v2");
  BOOST_REQUIRE(story.until("Paused"));
  // The pods go by the hand of a person; what is lost until the route has followed is not the program's.
  story.world.oracle().excuse("I1");
  story.world.stop_traffic();
  const std::string set = "web-" + story.hash_of("v2");
  for (const json::value& pod : story.world.list(kube::resources::pods)) {
    const std::string name(kube::text_at(pod, {"metadata", "name"}));
    if (name.starts_with(set)) story.world.remove(kube::resources::pods, name);
  }
  BOOST_TEST(story.until_weight(0));
  BOOST_TEST(story.until_weight(25));
  story.promote();
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::simulation
