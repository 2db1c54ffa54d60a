// Named scenarios about processes that end, begin, or are not alone.
#include <algorithm>
#include <set>

#include <boost/test/unit_test.hpp>

#include "golden.h"
#include "kube/json.h"
#include "led_process.h"
#include "plans.h"

namespace sluice::simulation {
namespace {

namespace resources = kube::resources;
using std::chrono::minutes;
using std::chrono::seconds;

BOOST_AUTO_TEST_SUITE(scenarios)

BOOST_AUTO_TEST_CASE(ar_2117_an_old_leader_writes_nothing_beside_the_new_one) {
  Story story(t10("", 4));
  LedProcess first(story.world, "first");
  BOOST_REQUIRE(story.world.until([&] { return first.leads(); }));
  LedProcess second(story.world, "second");
  story.world.apply(Story::service("web-stable") + Story::service("web-canary") + Story::route() + story.yaml("v1"));
  BOOST_REQUIRE(story.until("Healthy"));
  expect_rehearsed("ar-2117", story);
  story.world.always("one leads at most", [&] { return !first.leads() || !second.leads(); });
  story.release("v2");
  story.world.pass(seconds(1));
  BOOST_TEST(story.size("v2") == 1);
  first.link().is_cut = true;
  const kube::Time cut = story.world.clock().now();
  story.world.pass(seconds(5));
  expect_explained("ar-2117", story);
  BOOST_REQUIRE(story.world.until([&] { return second.leads(); }));
  first.link().is_cut = false;
  BOOST_REQUIRE(story.until("Paused"));
  story.promote();
  BOOST_REQUIRE(story.until_paused_at(3));
  story.promote();
  BOOST_TEST(story.until_stable("v2"));
  BOOST_TEST(first.has_ended());
  BOOST_TEST((first.writes().back() <= cut));
  BOOST_TEST((second.writes().front() > cut));
  BOOST_TEST(second.writes().size() >= 5u);
  story.world.check_requests();
}

BOOST_AUTO_TEST_CASE(ar_1193_after_many_conflicts_the_next_event_is_answered_soon) {
  Story story(t10());
  story.begin();
  int refused = 0;
  bool is_refusing = true;
  story.world.controllers().transport().strike = [&](const kube::ApiRequest&) {
    if (!is_refusing) return WriteFault();
    ++refused;
    return WriteFault{WriteFault::Kind::refused, 409};
  };
  story.release("v2");
  BOOST_REQUIRE_MESSAGE(story.world.until([&] { return refused >= 30; }, minutes(60)), refused << " conflicts");
  is_refusing = false;
  story.world.patch(resources::rollouts, "web", R"({"metadata":{"labels":{"edited":"yes"}}})");
  BOOST_TEST(story.world.until([&] { return story.size("v2") == 2; }, seconds(10)));
  BOOST_REQUIRE(story.until_paused_at(1));
  story.promote();
  BOOST_REQUIRE(story.until_paused_at(3));
  story.promote();
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(ctl_410storm_all_watches_expire_at_once) {
  Story story(t10());
  story.begin();
  BOOST_REQUIRE(story.release_to_pause("v2", 1));
  const int before = story.world.writes();
  std::set<std::string> expired;
  FaultyTransport& transport = story.world.controllers().transport();
  transport.clock = &story.world.clock();
  transport.hold = [&](const std::string& target, const std::string&) {
    return expired.insert(target.substr(0, target.find('?'))).second ? LineFault{LineFault::Kind::expired}
                                                                     : LineFault();
  };
  story.world.patch(resources::services, "web-stable", R"({"metadata":{"labels":{"edited":"yes"}}})");
  story.world.pass(minutes(10));
  BOOST_TEST(expired.size() >= 1u);
  BOOST_TEST(story.world.writes() == before);
  transport.hold = nullptr;
  story.promote();
  BOOST_REQUIRE(story.until_paused_at(3));
  story.promote();
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(obs_36_a_restart_takes_one_pod_at_a_time_at_its_time_and_not_below_a_budget) {
  Story story(c10("      maxUnavailable: 1\n" + steps_with_pauses({50})));
  story.begin(
      "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: web}\nspec:\n  minAvailable: 9\n"
      "  selector: {matchLabels: {app: web}}\n");
  BOOST_REQUIRE(story.release_to_pause("v2", 1));
  const std::vector<std::string> first = story.pods("v1");
  const kube::Time due = story.world.clock().now() + std::chrono::hours(1);
  story.spec(R"({"restartAt":")" + kube::format_time(due) + R"("})");
  story.world.pass(minutes(59));
  BOOST_TEST(story.pods("v1") == first);
  BOOST_TEST(story.world.is("web", "Paused"));
  story.world.always("one pod at most is missing", [&] { return story.ready("v1") + story.ready("v2") >= 9; });
  BOOST_REQUIRE(story.world.until(
      [&] { return !kube::text_at(story.world.get(resources::rollouts, "web"), {"status", "restartedAt"}).empty(); },
      minutes(30)));
  for (const std::string& pod : first) {
    const std::vector<std::string> now = story.pods("v1");
    BOOST_TEST((std::find(now.begin(), now.end(), pod) == now.end()));
  }
  story.world.no_longer("one pod at most is missing");
  story.promote();
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::simulation
