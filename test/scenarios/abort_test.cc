// Named scenarios about aborts: what an update that is given up may cost, and how the old version comes back.
#include <boost/test/unit_test.hpp>

#include "golden.h"
#include "kube/json.h"
#include "plans.h"

namespace sluice::simulation {
namespace {

namespace resources = kube::resources;
using std::chrono::minutes;
using std::chrono::seconds;

bool has_deadline(const Story& story, const std::string& version) {
  for (const json::value& set : story.world.list(resources::replica_sets))
    if (kube::text_at(set, {"metadata", "labels", "rollouts-pod-template-hash"}) == story.hash_of(version))
      return kube::find_at(set, {"metadata", "annotations", "scale-down-deadline"}) != nullptr;
  return false;
}

// The measurements of "watch" are good from now on, or bad.
void measure(Story& story, bool is_good) {
  story.world.prometheus = [is_good](const kube::HttpRequest&) { return prometheus_says(is_good ? "0.99" : "0.1"); };
}

// From now on no proxy ever gives this version more than it does already.
void share_never_rises(Story& story, const std::string& version) {
  auto least = std::make_shared<int>(100);
  story.world.always("the share of " + version + " never rises", [&story, version, least] {
    const int share = story.share(version);
    if (share > *least) return false;
    *least = share;
    return true;
  });
}

BOOST_AUTO_TEST_SUITE(scenarios)

BOOST_AUTO_TEST_CASE(ar_1292_an_abort_with_nothing_in_progress) {
  Story story(t10("", 7));
  story.begin();
  expect_rehearsed("ar-1292", story);
  story.world.pass(minutes(1));
  const int before = story.writes_of("replicasets/web-" + story.hash_of("v1"));
  story.abort();
  story.world.pass(minutes(2));
  expect_explained("ar-1292", story);
  BOOST_TEST(story.size("v1") == 7);
  BOOST_TEST(story.writes_of("replicasets/web-" + story.hash_of("v1")) == before);
  BOOST_TEST(story.world.is("web", "Healthy"));
  BOOST_TEST(story.has_event("RolloutAbortIgnored"));
  BOOST_TEST(!kube::find_at(story.world.get(resources::rollouts, "web"), {"status", "abort"}));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(ar_3078_the_canary_service_stands_still_after_an_abort) {
  for (const auto& plan : {t10, ih10}) {
    for (const std::string delay : {"600", "0"}) {
      BOOST_TEST_CONTEXT("abortScaleDownDelaySeconds: " << delay) {
        Story story(plan("      abortScaleDownDelaySeconds: " + delay + "\n", 10));
        story.begin();
        const bool is_told = delay == "600" && story.weight() >= 0;
        if (is_told) expect_rehearsed("ar-3078", story);
        BOOST_REQUIRE(story.release_to_pause("v2", 1));
        const int before = story.writes_of("services/web-canary");
        story.abort();
        story.world.pass(seconds(60));
        BOOST_TEST(story.writes_of("services/web-canary") <= before + 1);
        if (is_told) expect_explained("ar-3078", story);
        const int settled = story.world.writes();
        story.world.pass(seconds(530));
        BOOST_TEST(story.world.writes() == settled);
        story.world.come_to_rest();
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(obs_05_the_delay_of_an_abort_begins_when_no_proxy_sends_the_canary_anything) {
  Story story(t10("      abortScaleDownDelaySeconds: 30\n"), honest_gateway(seconds(90)));
  story.begin();
  story.world.pass(minutes(5));  // until the gateway has spoken for the first time
  expect_rehearsed("obs-05", story);
  BOOST_REQUIRE(story.release_to_pause("v2", 3));
  BOOST_TEST(story.share("v2") == 50);
  story.world.always("while it gets requests, the canary has its five pods and no deadline",
                     [&] { return story.share("v2") == 0 || (story.size("v2") == 5 && !has_deadline(story, "v2")); });
  story.abort();
  story.world.pass(seconds(40));
  expect_explained("obs-05", story);
  BOOST_REQUIRE(story.world.until([&] { return story.share("v2") == 0; }));
  BOOST_TEST(story.size("v2") == 5);
  story.world.pass(seconds(29));
  BOOST_TEST(story.size("v2") == 5);
  BOOST_TEST(has_deadline(story, "v2"));
  BOOST_TEST(story.world.until([&] { return story.size("v2") == 0; }, seconds(60)));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(obs_07_one_missing_stable_pod_does_not_block_an_abort) {
  Story story(t10(watched));
  measure(story, true);
  story.begin(prometheus_template("watch", 0));
  expect_rehearsed("obs-07", story);
  BOOST_REQUIRE(story.release_to_pause("v2", 3));
  story.cordon_nodes();
  story.lose_pods("v1", 1);
  story.world.pass(seconds(10));
  BOOST_TEST(story.ready("v1") == 9);
  measure(story, false);
  BOOST_REQUIRE(story.world.until([&] { return story.runs().front() == "Failed"; }));
  story.world.pass(seconds(1));
  BOOST_TEST(story.share("v2") <= 10);
  BOOST_TEST(story.share("v2") > 0);
  BOOST_TEST(story.reasons().find("the stable side can carry 90 %") != std::string::npos, story.reasons());
  expect_explained("obs-07", story);
  // The wait for the last pod is bounded: then as many may be missing as maxUnavailable says.
  BOOST_TEST(story.world.until([&] { return story.share("v2") == 0; }, seconds(70)));
  story.cordon_nodes(false);
  BOOST_TEST(story.until_size("v2", 0));
  BOOST_TEST(story.world.until([&] { return story.ready("v1") == 10; }));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(obs_07_the_last_share_returns_with_the_last_pod) {
  Story story(t10(watched));
  measure(story, true);
  story.begin(prometheus_template("watch", 0));
  BOOST_REQUIRE(story.release_to_pause("v2", 3));
  story.cordon_nodes();
  story.lose_pods("v1", 1);
  story.world.pass(seconds(10));
  measure(story, false);
  BOOST_REQUIRE(story.world.until([&] { return story.share("v2") <= 10; }));
  story.cordon_nodes(false);
  BOOST_TEST(story.world.until([&] { return story.share("v2") == 0; }, seconds(5)));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(obs_26_an_invalid_spec_does_not_switch_protection_off) {
  const Plan good = t10(watched);
  Story story(good);
  measure(story, true);
  story.begin(prometheus_template("watch", 0));
  expect_rehearsed("obs-26", story);
  BOOST_REQUIRE(story.release_to_pause("v2", 3));
  Plan bad = t10(watched + "      steps: [{setWeight: 20, pause: {}}, {setWeight: 120}]\n");
  story.change(bad);
  story.world.always("no step is taken", [&] { return story.step() <= 3; });
  story.world.pass(seconds(5));
  expect_explained("obs-26", story);
  const std::string conditions =
      json::serialize(*kube::find_at(story.world.get(resources::rollouts, "web"), {"status", "conditions"}));
  BOOST_TEST(conditions.find("InvalidSpec") != std::string::npos);
  for (const char* mistake : {"steps[0]", "steps[1].setWeight"})
    BOOST_TEST(conditions.find(mistake) != std::string::npos, conditions);
  story.lose_pods("v1", 1);
  BOOST_TEST(story.world.until([&] { return story.ready("v1") == 9; }));
  BOOST_TEST(story.world.until([&] { return story.ready("v1") == 10; }));
  measure(story, false);
  BOOST_TEST(story.until_weight(0));
  BOOST_TEST(story.until_size("v2", 0));
  BOOST_TEST(story.size("v1") == 10);
  BOOST_TEST(story.stable() == "v1");
  story.world.check_requests();
}

BOOST_AUTO_TEST_CASE(fl_869_an_abort_restores_a_shrunken_stable_version_first) {
  Plan plan = d10(steps_with_pauses({20, 80}) + watched);
  plan.pods["v1"] = "sluice.test/ready-after: '30'";
  Story story(plan);
  measure(story, true);
  story.begin(prometheus_template("watch", 0));
  expect_rehearsed("fl-869", story);
  BOOST_REQUIRE(story.release_to_pause("v2", 3));
  BOOST_REQUIRE(story.until_size("v1", 2));
  measure(story, false);
  BOOST_REQUIRE(story.world.until([&] { return story.runs().front() == "Failed"; }));
  share_never_rises(story, "v2");
  story.world.pass(seconds(1));
  BOOST_TEST(story.size("v1") == 10);
  BOOST_TEST(story.share("v2") == 80);
  expect_explained("fl-869", story);
  BOOST_TEST(story.world.until([&] { return story.share("v2") == 0; }, seconds(39)));
  BOOST_TEST(story.ready("v1") == 10);
  BOOST_TEST(story.until_size("v2", 0));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::simulation
