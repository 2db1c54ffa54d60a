// Explanations as text.
#include "view/explanation.h"

#include <boost/test/unit_test.hpp>

namespace sluice::view {
namespace {

kube::Time at(int seconds) { return kube::Time{std::chrono::seconds{1767225600 + seconds}}; }

Explanation at_a_pause() {
  Explanation explanation;
  explanation.ns = "shop";
  explanation.name = "web";
  explanation.phase = {"Paused", "CanaryPauseStep"};
  explanation.place = "step 2 of 3 (pause: 1m)";
  explanation.obstacles = {
      {"pause", "the step pauses until 2026-01-01T00:01:00Z", "that time comes, or a person promotes", at(0)}};
  explanation.next = {{at(60), "step 3 of 3: the canary gets 50 % of the requests"},
                      {std::nullopt, "the new version is promoted and gets everything"}};
  return explanation;
}

ReplicaSetView set_with(std::vector<PodView> pods) {
  ReplicaSetView set;
  set.pods = std::move(pods);
  return set;
}

BOOST_AUTO_TEST_SUITE(explanation)

BOOST_AUTO_TEST_CASE(tells_where_it_stands_why_and_what_comes_next) {
  BOOST_TEST(text_of(at_a_pause(), at(18)) ==
             R"(Rollout shop/web is Paused (CanaryPauseStep), at step 2 of 3 (pause: 1m).

Why it waits
  1. pause: the step pauses until 2026-01-01T00:01:00Z
     since 2026-01-01T00:00:00Z (18s ago)
     goes on when that time comes, or a person promotes

What comes next
  - in 42s (2026-01-01T00:01:00Z): step 3 of 3: the canary gets 50 % of the requests
  - then the new version is promoted and gets everything
)");
}

BOOST_AUTO_TEST_CASE(a_settled_rollout_is_told_in_two_lines) {
  Explanation explanation;
  explanation.ns = "shop";
  explanation.name = "web";
  explanation.phase = {"Healthy", ""};
  BOOST_TEST(text_of(explanation, at(0)) == "Rollout shop/web is Healthy.\n\nNothing holds it back.\n");
}

BOOST_AUTO_TEST_CASE(what_is_due_unseen_or_unread_is_told_apart) {
  Explanation explanation = at_a_pause();
  explanation.obstacles.clear();
  explanation.next.clear();
  explanation.due = {"scale ReplicaSet web-abc from 2 to 5"};
  explanation.unseen = {"no router reports on HTTPRoute web"};
  explanation.notes = {"services could not be read"};
  BOOST_TEST(text_of(explanation, at(0)) == R"(Rollout shop/web is Paused (CanaryPauseStep), at step 2 of 3 (pause: 1m).

The controller is about to
  - scale ReplicaSet web-abc from 2 to 5

What cannot be seen here
  - no router reports on HTTPRoute web

About this answer
  - services could not be read
)");
}

BOOST_AUTO_TEST_CASE(an_obstacle_in_one_sentence) {
  BOOST_TEST(sentence_of(at_a_pause().obstacles.front()) ==
             "held by pause: the step pauses until 2026-01-01T00:01:00Z; goes on when that time comes, or a person "
             "promotes");
  BOOST_TEST(sentence_of({"abort", "a metric failed", "", std::nullopt}) == "held by abort: a metric failed");
}

BOOST_AUTO_TEST_CASE(only_pods_that_do_not_serve_are_named) {
  RolloutView view;
  RevisionView revision;
  revision.number = 2;
  revision.replica_sets = {set_with({{"web-a", "Running", "1m", 1, 1, 0},
                                     {"web-b", "ImagePullBackOff", "1m", 0, 1, 0},
                                     {"web-c", "Terminating", "1m", 0, 1, 0},
                                     {"web-d", "CrashLoopBackOff", "1m", 1, 2, 4}})};
  view.revisions = {revision};
  const std::vector<std::string> expected{
      "pod web-b of revision 2: ImagePullBackOff, 0 of 1 containers ready",
      "pod web-d of revision 2: CrashLoopBackOff, 1 of 2 containers ready, 4 restarts"};
  BOOST_TEST(pods_that_do_not_serve(view) == expected, boost::test_tools::per_element());
  BOOST_TEST(pods_that_do_not_serve(view, 1).back() == "and 1 more");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::view
