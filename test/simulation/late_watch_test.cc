// A watch that stands still for a minute: nothing is decided on what the controller knows to be old.
#include <boost/test/unit_test.hpp>

#include "held_watch.h"
#include "story.h"

namespace sluice::simulation {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

BOOST_AUTO_TEST_SUITE(late_watch)

BOOST_AUTO_TEST_CASE(a_promotion_that_the_controller_cannot_see_yet_is_kept) {
  Story story({4, routed_canary_with("      steps: [{setWeight: 25}, {pause: {}}]\n"), ""});
  story.begin();
  story.release("v2");
  BOOST_REQUIRE(story.until_step(1));
  hold_watch(story.world, "rollouts", story.world.clock().now() + minutes(1));
  BOOST_REQUIRE(story.until("Paused"));
  story.promote();
  story.world.pass(seconds(50));
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(sets_that_are_known_to_be_old_lose_no_further_pods) {
  Story story(
      {3,
       basic_canary_with("      maxSurge: 1\n      maxUnavailable: 0\n      steps: [{setWeight: 34}, {pause: {}}]\n"),
       ""});
  story.begin();
  story.release("v2");
  BOOST_REQUIRE(story.until_size("v2", 1));
  hold_watch(story.world, "replicasets", story.world.clock().now() + minutes(1));
  story.world.pass(seconds(2));
  story.abort();
  BOOST_TEST(story.until("Degraded"));
  BOOST_TEST(story.until_size("v2", 0));
  BOOST_TEST(story.size("v1") == 3);
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::simulation
