// Named scenarios about canaries: their steps, sizes and clocks.
#include <boost/test/unit_test.hpp>

#include "golden.h"
#include "kube/json.h"
#include "plans.h"

namespace sluice::simulation {
namespace {

namespace resources = kube::resources;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

BOOST_AUTO_TEST_SUITE(scenarios)

BOOST_AUTO_TEST_CASE(obs_09_a_lower_weight_is_observed_before_the_canary_shrinks) {
  Story story(t10(steps_with_pauses({80, 20})), honest_gateway(seconds(10), seconds(5)));
  story.begin();
  story.world.pass(seconds(30));  // until the gateway has spoken for the first time
  expect_rehearsed("obs-09", story);
  BOOST_REQUIRE(story.release_to_pause("v2", 1));
  BOOST_TEST(story.size("v2") == 8);
  story.world.always("the canary keeps eight pods until every proxy gives it 20 %",
                     [&] { return story.share("v2") <= 20 || story.size("v2") == 8; });
  story.promote();
  story.world.pass(seconds(5));
  expect_explained("obs-09", story);
  BOOST_REQUIRE(story.until_paused_at(3));
  BOOST_TEST(story.until_size("v2", 2));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(obs_48_a_paused_spec_stops_the_promotion) {
  Story story(t10());
  story.begin();
  expect_rehearsed("obs-48", story);
  BOOST_REQUIRE(story.release_to_pause("v2", 3));
  story.pause();
  story.promote();
  story.world.pass(minutes(10));
  expect_explained("obs-48", story);
  BOOST_TEST(story.step() == 3);
  BOOST_TEST(story.weight() == 50);
  BOOST_TEST(story.stable() == "v1");
  story.resume();
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(obs_48_a_step_index_past_the_end_is_corrected) {
  Story story(t10());
  story.begin();
  BOOST_REQUIRE(story.release_to_pause("v2", 3));
  story.status(R"({"currentStepIndex":9,"pauseConditions":null,"controllerPause":false})");
  BOOST_TEST(story.until_stable("v2"));
  BOOST_TEST(story.step() == 4);
  BOOST_TEST(story.has_event("RolloutStepIndexCorrected"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(ar_4073_an_answer_that_is_older_than_the_watch_hides_nothing) {
  Story story(t10("", 4));
  story.begin();
  expect_rehearsed("ar-4073", story);
  story.world.acting().api_delay = milliseconds(100);
  int conflicts = 0;
  const auto usual = story.world.acting().done;
  story.world.acting().done = [&](const kube::ApiRequest& request, const kube::ApiResponse& answer,
                                  std::uint64_t before) {
    conflicts += answer.status == 409 ? 1 : 0;
    usual(request, answer, before);
  };
  // As soon as the server has carried out a status write, and before the writer hears of it, a person edits a label.
  int edits = 0;
  story.world.api().listen([&](const sandbox::Change& change) {
    if (change.plural != "rollouts" || story.world.acting().actor() != Actor::controller) return;
    story.world.later(milliseconds(10), [&] {
      story.world.patch(resources::rollouts, "web",
                        R"({"metadata":{"labels":{"edit":")" + std::to_string(++edits) + R"("}}})");
    });
  });
  BOOST_REQUIRE(story.release_to_pause("v2", 3));
  expect_explained("ar-4073", story);
  BOOST_TEST(edits >= 4);
  BOOST_TEST(conflicts <= edits);
  story.promote();
  BOOST_TEST(story.until_stable("v2"));
  BOOST_TEST(kube::text_at(story.world.get(resources::rollouts, "web"), {"metadata", "labels", "edit"}) ==
             std::to_string(edits));
  story.world.come_to_rest();
}

// What a person does between two requests of one decision; answers whether the story ends as it should.
struct Act {
  const char* name;
  void (*act)(Story&);
  bool (*ends_well)(Story&);
};

const std::vector<Act> acts{
    {"abort", [](Story& story) { story.abort(); },
     [](Story& story) {
       return story.world.until([&] { return story.world.is("web", "Degraded") && story.size("v2") == 0; }) &&
              story.stable() == "v1" && story.weight() == 0 &&
              kube::find_at(story.world.get(resources::rollouts, "web"), {"status", "abort"});
     }},
    {"pause", [](Story& story) { story.pause(); },
     [](Story& story) {
       story.world.pass(minutes(2));
       const int step = story.step();
       if (story.stable() == "v2") return true;  // it came behind the promotion
       story.world.pass(minutes(5));
       if (story.step() != step || story.stable() != "v1") return false;
       story.resume();
       story.world.until([&] { return story.world.is("web", "Paused") || story.stable() == "v2"; });
       story.promote_full();
       return story.until_stable("v2");
     }},
    {"full promotion", [](Story& story) { story.promote_full(); },
     [](Story& story) { return story.until_stable("v2"); }},
};

BOOST_AUTO_TEST_CASE(ar_4784_what_a_person_does_in_the_midst_of_a_decision_is_kept) {
  for (const Act& act : acts) {
    for (int at = 1, all = at; at <= all; ++at) {
      BOOST_TEST_CONTEXT(act.name << " before write " << at) {
        Story story(t10("", 4));
        story.begin();
        const bool is_told = at == 1 && act.name == std::string("pause");
        if (is_told) expect_rehearsed("ar-4784", story);
        BOOST_REQUIRE(story.release_to_pause("v2", 1));
        // What is on its way when a person aborts is still carried out; the next decision takes it back.
        for (const char* invariant : {"I4", "I6", "I7", "I8"}) story.world.oracle().excuse(invariant);
        int writes = 0;
        story.world.controllers().transport().strike = [&](const kube::ApiRequest&) {
          if (++writes == at) act.act(story);
          return WriteFault();
        };
        story.promote();
        story.world.pass(seconds(30));
        if (is_told) expect_explained("ar-4784", story);
        if (writes < at) break;  // all of them have had their turn
        all = std::max(all, writes);
        BOOST_TEST(act.ends_well(story), story.world.phase("web") << " " << story.message());
        story.world.come_to_rest();
        all = std::min(all, 12);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(ar_3316_a_lost_event_of_the_old_set_does_not_hold_the_update, *boost::unit_test::disabled()) {
  Story story(c10());
  story.begin();
  expect_rehearsed("ar-3316", story);
  BOOST_REQUIRE(story.release_to_pause("v2", 5));
  int lost = 0;
  story.world.controllers().transport().damage = [&](const std::string& target,
                                                     const std::string& line) -> std::optional<std::string> {
    if (target.find("/replicasets") == std::string::npos || line.find("\"MODIFIED\"") == std::string::npos) return {};
    const auto event = kube::parse_json(line);
    const json::value* set = event ? kube::find_at(*event, {"object"}) : nullptr;
    const bool is_last =
        set && kube::text_at(*set, {"metadata", "labels", "rollouts-pod-template-hash"}) == story.hash_of("v1") &&
        kube::number_at(*set, {"spec", "replicas"}) == 0 && kube::number_at(*set, {"status", "replicas"}) == 0;
    if (!is_last) return {};
    ++lost;
    return R"({"type":"BOOKMARK","object":{"kind":"ReplicaSet","apiVersion":"apps/v1","metadata":{"resourceVersion":")" +
           std::string(kube::text_at(*set, {"metadata", "resourceVersion"})) + R"("}}})";
  };
  story.promote();
  BOOST_TEST(story.world.until([&] { return story.stable() == "v2" && story.world.is("web", "Healthy"); }, hours(1)));
  expect_explained("ar-3316", story);
  BOOST_TEST(lost == 1);
  BOOST_TEST(story.size("v1") == 0);
  BOOST_TEST(!story.has_event("RolloutAborted"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(ar_3765_a_crash_loop_does_not_feed_the_progress_clock, *boost::unit_test::disabled()) {
  Plan plan = c10("      steps: [{setWeight: 10}, {pause: {}}]\n", 100);
  plan.spec = "  progressDeadlineSeconds: 600\n  progressDeadlineAbort: true\n";
  plan.pods["v2"] = "sluice.test/crashes-after: '1'";
  // Ready for so short a time that not all ten are it at once, which would complete the step.
  Story story(plan);
  story.begin();
  expect_rehearsed("ar-3765", story);
  // Requests to a pod that has just crashed are lost before its endpoint is withdrawn.
  story.world.stop_traffic();
  int most = 0;
  kube::Time newest_high{};
  story.world.always("the most pods that were ready at a time are noted", [&] {
    const int ready = story.hash_of("v2").empty() ? 0 : story.ready("v2");
    if (ready > most) newest_high = story.world.clock().now();
    most = std::max(most, ready);
    return true;
  });
  story.release("v2");
  BOOST_REQUIRE(story.world.until(
      [&] { return kube::find_at(story.world.get(resources::rollouts, "web"), {"status", "abort"}) != nullptr; },
      minutes(60)));
  expect_explained("ar-3765", story);
  const auto waited = story.world.clock().now() - newest_high;
  BOOST_TEST((waited <= seconds(601)), std::chrono::duration<double>(waited).count());
  BOOST_TEST((waited >= seconds(599)), std::chrono::duration<double>(waited).count());
  story.world.no_longer("the most pods that were ready at a time are noted");
  story.world.pass(hours(2));
  BOOST_TEST(story.stable() == "v1");
  BOOST_TEST(story.size("v2") == 0);
}

BOOST_AUTO_TEST_CASE(ar_1774_a_broken_stable_version_does_not_block_the_fix) {
  for (const bool is_routed : {false, true}) {
    BOOST_TEST_CONTEXT((is_routed ? "T10" : "C10")) {
      Story story(is_routed ? t10() : c10());
      story.begin();
      if (is_routed) expect_rehearsed("ar-1774", story);
      story.world.stop_traffic();  // nobody serves
      story.world.oracle().excuse("I1");
      story.world.oracle().excuse("I2");
      story.break_pods("v1", 10);
      story.world.pass(seconds(5));
      BOOST_TEST(story.ready("v1") == 0);
      story.release("v2");
      BOOST_REQUIRE(story.until("Paused"));
      BOOST_TEST(story.step() == 1);
      BOOST_TEST(story.ready("v2") >= 2);
      story.world.pass(seconds(1));
      if (is_routed) BOOST_TEST(story.share("v2") >= 20);
      if (is_routed) expect_explained("ar-1774", story);
      BOOST_TEST(story.reasons().find("stable") != std::string::npos, story.reasons());
      story.promote();
      BOOST_REQUIRE(story.until_paused_at(3));
      story.promote();
      if (!is_routed) {
        BOOST_REQUIRE(story.until_paused_at(5));
        story.promote();
      }
      BOOST_TEST(story.until_stable("v2"));
      story.world.come_to_rest();
    }
  }
}

BOOST_AUTO_TEST_CASE(ar_1774_a_first_version_that_never_ran_gives_way_to_the_second, *boost::unit_test::disabled()) {
  Plan plan = c10();
  plan.pods["v1"] = "sluice.test/crashes-after: '0'";
  Story story(plan);
  story.world.apply(Story::service("web") + story.yaml("v1"));
  story.world.start();
  story.world.pass(minutes(5));
  BOOST_TEST(!story.world.is("web", "Healthy"));
  story.release("v2");
  for (const int pause : {1, 3, 5}) {
    BOOST_REQUIRE_MESSAGE(story.until_paused_at(pause), story.message() << "\n" << story.reasons());
    story.promote();
  }
  BOOST_TEST(story.until_stable("v2"));
  BOOST_TEST(story.until_size("v1", 0));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::simulation
