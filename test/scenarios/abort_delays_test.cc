// Named scenarios about aborts: their delays, their retries, and stable pods that come and go meanwhile.
#include <boost/test/unit_test.hpp>

#include "kube/json.h"
#include "plans.h"

namespace sluice::simulation {
namespace {

namespace resources = kube::resources;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using Names = std::vector<std::string>;

bool is_aborted(const Story& story) {
  return kube::find_at(story.world.get(resources::rollouts, "web"), {"status", "abort"}) != nullptr;
}

BOOST_AUTO_TEST_SUITE(scenarios)

BOOST_AUTO_TEST_CASE(ar_3774_a_second_abort_waits_for_its_own_delay) {
  Story story(t10("      abortScaleDownDelaySeconds: 60\n"));
  story.begin();
  BOOST_REQUIRE(story.release_to_pause("v2", 1));
  story.abort();
  BOOST_REQUIRE(story.until("Degraded"));
  story.world.pass(seconds(10));
  story.retry();
  BOOST_REQUIRE(story.until_paused_at(1));
  bool is_refused = false;
  story.world.controllers().transport().strike = [&](const kube::ApiRequest& request) {
    if (is_refused || request.target.find("/replicasets/") == std::string::npos) return WriteFault();
    is_refused = true;
    return WriteFault{WriteFault::Kind::refused, 409};
  };
  story.abort();
  BOOST_REQUIRE(story.world.until([&] { return story.share("v2") == 0; }));
  story.world.pass(seconds(57));
  BOOST_TEST(is_refused);
  BOOST_TEST(story.size("v2") == 2);
  BOOST_TEST(story.world.until([&] { return story.size("v2") == 0; }, seconds(60)));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(obs_04_a_long_delay_holds_across_a_restart) {
  Story story(t10("      abortScaleDownDelaySeconds: 1800\n"));
  story.begin();
  BOOST_REQUIRE(story.release_to_pause("v2", 1));
  story.abort();
  BOOST_REQUIRE(story.world.until([&] { return story.share("v2") == 0; }));
  story.world.pass(seconds(900));
  story.world.kill();
  story.world.pass(seconds(10));
  story.world.start();
  story.world.pass(seconds(880));
  BOOST_TEST(story.size("v2") == 2);
  story.world.pass(seconds(60));
  BOOST_TEST(story.size("v2") == 0);
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(ar_4841_an_abort_returns_the_last_share) {
  Story story(
      d10("      minPodsPerReplicaSet: 3\n      steps: [{setWeight: 5}, {pause: {}}, {setWeight: 50}, {pause: {}}, "
          "{setWeight: 100}]\n"));
  story.begin();
  BOOST_REQUIRE(story.release_to_pause("v2", 3));
  story.abort();
  BOOST_REQUIRE(story.world.until([&] { return story.ready("v1") == 10; }));
  story.world.pass(seconds(1));
  BOOST_TEST(story.share("v2") == 0);
  BOOST_TEST(story.until_size("v2", 0));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(ar_4898_the_delay_and_the_weight_and_the_pods_do_not_wait_for_each_other) {
  Story story(d10("      abortScaleDownDelaySeconds: 60\n"));
  story.begin();
  BOOST_REQUIRE(story.release_to_pause("v2", 3));
  BOOST_REQUIRE(story.until_size("v1", 5));
  story.abort();
  story.world.pass(seconds(1));
  BOOST_TEST(story.size("v1") == 10);
  BOOST_REQUIRE(story.world.until([&] { return story.share("v2") == 0; }, seconds(10)));
  story.world.pass(seconds(57));
  BOOST_TEST(story.size("v2") == 5);
  BOOST_TEST(story.world.until([&] { return story.size("v2") == 0; }, seconds(60)));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(ar_1665_nothing_rises_again_while_stable_pods_flap) {
  Story story(d10());
  story.begin();
  BOOST_REQUIRE(story.release_to_pause("v2", 3));
  BOOST_REQUIRE(story.until_size("v1", 5));
  story.abort();
  story.world.always("neither the share nor the size of the canary rises", [&, share = 100, size = 100]() mutable {
    const int is_share = story.status_weight(), is_size = story.size("v2");
    const bool is_kept = is_share <= share && is_size <= size;
    share = is_share;
    size = is_size;
    return is_kept;
  });
  story.world.oracle().excuse("I2");  // pods fail by hand
  for (int flap = 0; flap < 10; ++flap) {
    story.world.pass(seconds(2));
    story.break_pods("v1", 2);
    story.world.pass(seconds(2));
    story.mend_pods("v1");
  }
  BOOST_TEST(story.world.until([&] { return story.share("v2") == 0; }));
  BOOST_TEST(story.until_size("v2", 0));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(obs_03_a_delay_of_zero_keeps_the_canary_at_its_size) {
  for (const std::string first : {"", "{setCanaryScale: {weight: 30}}, "}) {
    BOOST_TEST_CONTEXT("first step: " << first) {
      Story story(t10("      abortScaleDownDelaySeconds: 0\n      steps: [" + first +
                      "{setWeight: 20}, {pause: {}}, {setWeight: 50}, {pause: {}}]\n"));
      story.begin();
      BOOST_REQUIRE(story.release_to_pause("v2", first.empty() ? 1 : 2));
      const int size = story.size("v2");
      BOOST_TEST(size >= 2);
      story.abort();
      BOOST_REQUIRE(story.until("Degraded"));
      BOOST_REQUIRE(story.until_weight(0));
      story.world.pass(hours(1));
      BOOST_TEST(story.size("v2") == size);
      story.world.come_to_rest();
    }
  }
}

BOOST_AUTO_TEST_CASE(ar_2982_an_abort_of_a_promoted_rollout_writes_next_to_nothing) {
  Story story(i10("", 3));
  story.begin();
  BOOST_REQUIRE(story.release_to_pause("v2", 3));
  story.promote();
  BOOST_REQUIRE(story.until_stable("v2"));
  BOOST_REQUIRE(story.until_size("v1", 0));
  story.world.pass(minutes(1));
  const int before = story.world.writes();
  story.abort();
  story.world.pass(minutes(10));
  BOOST_TEST(story.world.writes() - before <= 2);
  BOOST_TEST(story.size("v2") == 3);
  BOOST_TEST(story.world.is("web", "Healthy"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(ar_3120_a_retry_scales_up_and_measures_anew) {
  Story story(
      t10("      abortScaleDownDelaySeconds: 5\n      steps: [{setWeight: 20}, {analysis: {templates: "
          "[{templateName: gate}]}}, {pause: {}}]\n"));
  story.begin(job_template("gate", "sleep 60; exit 0"));
  story.release("v2");
  BOOST_REQUIRE(story.world.until([&] { return story.runs() == Names{"Running"}; }));
  story.abort();
  BOOST_REQUIRE(story.until_size("v2", 0));
  BOOST_TEST(story.runs().size() == 1u);
  story.retry();
  story.world.pass(seconds(1));
  BOOST_TEST(story.size("v2") == 2);
  BOOST_REQUIRE(story.until_paused_at(2));
  BOOST_TEST(story.runs().size() == 2u);
  BOOST_TEST(story.runs().back() == "Successful");
  story.promote();
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(ar_2929_an_abort_lasts_until_a_person_ends_it) {
  Story story(t10(steps_with_pauses({5, 50})));
  story.begin();
  BOOST_REQUIRE(story.release_to_pause("v2", 1));
  const json::value before_abort = story.world.get(resources::rollouts, "web");
  story.abort();
  BOOST_REQUIRE(story.until("Degraded"));
  BOOST_REQUIRE(story.until_size("v2", 0));
  story.world.always("it stays aborted, without weight and at the first step",
                     [&] { return is_aborted(story) && story.weight() == 0 && story.step() == 0; });
  story.world.patch(resources::rollouts, "web", R"({"metadata":{"labels":{"edited":"yes"}}})");
  story.world.pass(minutes(1));
  story.release("v2");  // GitOps applies the same manifest again
  story.world.pass(minutes(1));
  story.world.kill();
  story.world.pass(seconds(10));
  story.world.start();
  story.world.pass(minutes(30));
  BOOST_TEST(story.world.is("web", "Degraded"));
  story.world.no_longer("it stays aborted, without weight and at the first step");
  story.retry();
  BOOST_REQUIRE(story.until_paused_at(1));
  story.promote();
  BOOST_REQUIRE(story.until_paused_at(3));
  story.promote();
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::simulation
