// Every way through a blue/green update, with the oracle and requests on.
#include <boost/test/unit_test.hpp>

#include "kube/json.h"
#include "story.h"

namespace sluice::simulation {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using Names = std::vector<std::string>;

const std::string manual = "      autoPromotionEnabled: false\n";
const std::string pre = "      prePromotionAnalysis: {templates: [{templateName: check}]}\n";
const std::string post = "      postPromotionAnalysis: {templates: [{templateName: check}]}\n";
const std::string unsure = "successCondition: result[0] > 0.95\n      failureCondition: result[0] < 0.5";

Plan blue_green(const std::string& more = "", const std::string& spec = "", int replicas = 3) {
  return {replicas, blue_green_with(more), spec};
}

BOOST_AUTO_TEST_SUITE(blue_green_stories)

BOOST_AUTO_TEST_CASE(automatic_promotion_switches_when_all_pods_are_ready) {
  Story story(blue_green());
  story.begin();
  story.release("v2");
  BOOST_TEST(story.world.until([&] {
    if (story.active() == "v2") return true;
    BOOST_REQUIRE(story.active() == "v1");
    return false;
  }));
  BOOST_TEST(story.size("v1") == 3);
  BOOST_TEST(story.until_stable("v2"));
  BOOST_TEST(story.preview() == "v2");
  // The old pods stay for scaleDownDelaySeconds, 30 by default.
  story.world.pass(seconds(25));
  BOOST_TEST(story.size("v1") == 3);
  BOOST_TEST(story.until_size("v1", 0));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(auto_promotion_seconds_delay_the_switch) {
  Story story(blue_green("      autoPromotionSeconds: 60\n"));
  story.begin();
  story.release("v2");
  BOOST_REQUIRE(story.until("Paused"));
  story.world.pass(seconds(55));
  BOOST_TEST(story.active() == "v1");
  story.world.pass(seconds(10));
  BOOST_TEST(story.active() == "v2");
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(a_person_may_promote_before_auto_promotion_seconds_are_over) {
  Story story(blue_green("      autoPromotionSeconds: 600\n"));
  story.begin();
  story.release("v2");
  BOOST_REQUIRE(story.until("Paused"));
  story.promote();
  story.world.pass(seconds(5));
  BOOST_TEST(story.active() == "v2");
  story.world.come_to_rest();
  BOOST_TEST(story.stable() == "v2");
}

BOOST_AUTO_TEST_CASE(manual_promotion_waits_for_ever) {
  Story story(blue_green(manual));
  story.begin();
  story.release("v2");
  BOOST_REQUIRE(story.until("Paused"));
  BOOST_TEST(story.preview() == "v2");
  story.world.pass(std::chrono::hours(1));
  BOOST_TEST(story.active() == "v1");
  BOOST_TEST(story.message() == "BlueGreenPause");
  story.promote();
  BOOST_TEST(story.until_stable("v2"));
  BOOST_TEST(story.active() == "v2");
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(a_preview_of_another_size_grows_before_the_switch) {
  Story story(blue_green(manual + "      previewReplicaCount: 1\n"));
  story.begin();
  story.release("v2");
  BOOST_REQUIRE(story.until("Paused"));
  BOOST_TEST(story.size("v2") == 1);
  story.promote();
  BOOST_TEST(story.until_size("v2", 3));
  BOOST_TEST(story.active() == "v1");
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(a_full_promotion_skips_pause_and_analysis) {
  Story story(blue_green(manual + pre));
  story.begin(job_template("check", "sleep 600"));
  story.release("v2");
  BOOST_REQUIRE(story.world.until([&] { return !story.runs().empty(); }));
  story.promote_full();
  BOOST_TEST(story.until_stable("v2"));
  BOOST_TEST(story.active() == "v2");
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(a_passing_pre_promotion_analysis_lets_the_switch_happen) {
  Story story(blue_green(pre));
  story.begin(job_template("check", "sleep 5; exit 0"));
  story.release("v2");
  BOOST_TEST(story.until_stable("v2"));
  BOOST_TEST(story.runs() == Names{"Successful"});
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(a_failing_pre_promotion_analysis_never_switches) {
  Story story(blue_green(pre));
  story.begin(job_template("check", "exit 1"));
  story.release("v2");
  BOOST_TEST(story.world.until([&] {
    BOOST_REQUIRE(story.active() == "v1");
    return story.world.is("web", "Degraded");
  }));
  BOOST_TEST(story.message().starts_with("RolloutAborted"));
  story.world.come_to_rest();
  BOOST_TEST(story.active() == "v1");
  BOOST_TEST(story.size("v2") == 0);
}

BOOST_AUTO_TEST_CASE(an_inconclusive_pre_promotion_analysis_waits_for_a_person) {
  Story story(blue_green(pre));
  std::string value = "0.7";
  story.world.prometheus = [&](const kube::HttpRequest&) { return prometheus_says(value); };
  story.begin(prometheus_template("check", 1, unsure));
  story.release("v2");
  BOOST_REQUIRE(story.until("Paused"));
  BOOST_TEST(story.message() == "InconclusiveAnalysisRun");
  story.world.pass(minutes(30));
  BOOST_TEST(story.active() == "v1");
  BOOST_TEST(story.runs() == Names{"Inconclusive"});
  // Resumed, it is measured again.
  value = "0.99";
  story.promote();
  BOOST_TEST(story.until_stable("v2"));
  BOOST_TEST(story.runs() == (Names{"Inconclusive", "Successful"}));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(a_failing_post_promotion_analysis_switches_back) {
  Story story(blue_green(post));
  story.begin(job_template("check", "sleep 10; exit 1"));
  story.release("v2");
  BOOST_TEST(story.world.until([&] { return story.active() == "v2"; }));
  BOOST_TEST(story.size("v1") == 3);
  BOOST_TEST(story.until("Degraded"));
  BOOST_TEST(story.world.until([&] { return story.active() == "v1"; }));
  BOOST_TEST(story.stable() == "v1");
  story.world.come_to_rest();
  BOOST_TEST(story.active() == "v1");
  BOOST_TEST(story.size("v2") == 0);
}

BOOST_AUTO_TEST_CASE(a_long_post_promotion_analysis_keeps_the_old_pods) {
  Story story(blue_green(post));
  story.begin(job_template("check", "sleep 120; exit 0"));
  story.release("v2");
  BOOST_REQUIRE(story.world.until([&] { return story.active() == "v2"; }));
  story.world.pass(seconds(100));
  BOOST_TEST(story.size("v1") == 3);
  BOOST_TEST(story.stable() == "v1");
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
  BOOST_TEST(story.size("v1") == 0);
}

BOOST_AUTO_TEST_CASE(an_abort_before_the_switch_retires_the_preview) {
  Story story(blue_green(manual + "      abortScaleDownDelaySeconds: 20\n"));
  story.begin();
  story.release("v2");
  BOOST_REQUIRE(story.until("Paused"));
  story.abort();
  BOOST_TEST(story.until("Degraded"));
  story.world.pass(seconds(10));
  BOOST_TEST(story.size("v2") == 3);
  BOOST_TEST(story.until_size("v2", 0));
  BOOST_TEST(story.active() == "v1");
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(an_abort_after_the_switch_goes_back) {
  Story story(blue_green(post));
  story.begin(job_template("check", "sleep 600"));
  story.release("v2");
  BOOST_REQUIRE(story.world.until([&] { return story.active() == "v2" && !story.runs().empty(); }));
  story.abort();
  BOOST_TEST(story.until("Degraded"));
  BOOST_TEST(story.active() == "v1");
  story.world.come_to_rest();
  BOOST_TEST(story.stable() == "v1");
  BOOST_TEST(story.size("v1") == 3);
}

BOOST_AUTO_TEST_CASE(a_retry_goes_through_everything_again) {
  Story story(blue_green(pre));
  std::string value = "0.1";
  story.world.prometheus = [&](const kube::HttpRequest&) { return prometheus_says(value); };
  story.begin(prometheus_template("check", 1));
  story.release("v2");
  BOOST_REQUIRE(story.until("Degraded"));
  story.world.pass(minutes(3));
  BOOST_REQUIRE(story.size("v2") == 0);
  value = "0.99";
  story.retry();
  BOOST_TEST(story.until_stable("v2"));
  BOOST_TEST(story.runs() == (Names{"Failed", "Successful"}));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(a_third_version_supersedes_the_second) {
  Story story(blue_green(manual));
  story.begin();
  story.release("v2");
  BOOST_REQUIRE(story.until("Paused"));
  story.release("v3");
  BOOST_TEST(story.world.until([&] { return story.preview() == "v3" && story.world.is("web", "Paused"); }));
  BOOST_TEST(story.active() == "v1");
  story.promote();
  BOOST_TEST(story.until_stable("v3"));
  story.world.come_to_rest();
  BOOST_TEST(story.size("v1") == 0);
  BOOST_TEST(story.size("v2") == 0);
}

BOOST_AUTO_TEST_CASE(going_back_to_the_first_during_an_update_needs_no_promotion) {
  Story story(blue_green(manual));
  story.begin();
  story.release("v2");
  BOOST_REQUIRE(story.until("Paused"));
  story.release("v1");
  BOOST_TEST(story.until_stable("v1"));
  BOOST_TEST(story.active() == "v1");
  story.world.come_to_rest();
  BOOST_TEST(story.preview() == "v1");
  BOOST_TEST(story.size("v2") == 0);
}

BOOST_AUTO_TEST_CASE(going_back_within_the_scale_down_delay_is_fast) {
  Story story(blue_green(manual + "      scaleDownDelaySeconds: 300\n"));
  story.begin();
  story.release("v2");
  BOOST_REQUIRE(story.until("Paused"));
  story.promote();
  BOOST_REQUIRE(story.until_stable("v2"));
  story.world.pass(seconds(30));
  story.release("v1");
  story.world.pass(seconds(5));
  BOOST_TEST(story.active() == "v1");
  BOOST_TEST(story.until_stable("v1"));
  story.world.come_to_rest(minutes(11));
  BOOST_TEST(story.size("v2") == 0);
}

BOOST_AUTO_TEST_CASE(going_back_after_the_scale_down_delay_goes_the_whole_way) {
  Story story(blue_green(manual));
  story.begin();
  story.release("v2");
  BOOST_REQUIRE(story.until("Paused"));
  story.promote();
  BOOST_REQUIRE(story.until_stable("v2"));
  BOOST_REQUIRE(story.until_size("v1", 0));
  story.world.pass(minutes(1));
  story.release("v1");
  BOOST_TEST(story.until("Paused"));
  BOOST_TEST(story.active() == "v2");
  story.promote();
  BOOST_TEST(story.until_stable("v1"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(a_scale_down_delay_of_nothing_takes_the_old_pods_at_once) {
  Story story(blue_green("      scaleDownDelaySeconds: 0\n"));
  story.begin();
  story.release("v2");
  BOOST_REQUIRE(story.until_stable("v2"));
  story.world.pass(seconds(10));
  BOOST_TEST(story.size("v1") == 0);
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(the_delay_holds_for_so_many_revisions_only) {
  Story story(blue_green("      scaleDownDelaySeconds: 600\n      scaleDownDelayRevisionLimit: 1\n"));
  story.begin();
  for (const char* version : {"v2", "v3"}) {
    story.release(version);
    BOOST_REQUIRE(story.until_stable(version));
  }
  story.world.pass(seconds(20));
  BOOST_TEST(story.size("v2") == 3);
  BOOST_TEST(story.size("v1") == 0);
  story.world.come_to_rest(minutes(11));
  BOOST_TEST(story.size("v2") == 0);
}

BOOST_AUTO_TEST_CASE(an_abort_delay_of_nothing_keeps_the_preview) {
  Story story(blue_green(manual + "      abortScaleDownDelaySeconds: 0\n"));
  story.begin();
  story.release("v2");
  BOOST_REQUIRE(story.until("Paused"));
  story.abort();
  story.world.come_to_rest();
  BOOST_TEST(story.size("v2") == 3);
  BOOST_TEST(story.active() == "v1");
}

BOOST_AUTO_TEST_CASE(a_version_that_never_starts_exceeds_its_deadline) {
  Story story(blue_green("", "  progressDeadlineSeconds: 60\n"));
  story.begin();
  story.release("does-not-exist");
  BOOST_TEST(story.until("Degraded"));
  BOOST_TEST(story.message().starts_with("ProgressDeadlineExceeded"));
  story.world.come_to_rest();
  BOOST_TEST(story.active() == "v1");
  BOOST_TEST(story.size("does-not-exist") == 3);
  story.release("v3");
  BOOST_TEST(story.until_stable("v3"));
}

BOOST_AUTO_TEST_CASE(an_exceeded_deadline_can_abort) {
  Story story(blue_green("", "  progressDeadlineSeconds: 60\n  progressDeadlineAbort: true\n"));
  story.begin();
  story.release("does-not-exist");
  BOOST_TEST(story.until("Degraded"));
  BOOST_TEST(story.world.until([&] { return story.message().starts_with("RolloutAborted"); }));
  story.world.come_to_rest();
  BOOST_TEST(story.active() == "v1");
  BOOST_TEST(story.size("does-not-exist") == 0);
}

BOOST_AUTO_TEST_CASE(a_paused_spec_stops_everything) {
  Story story(blue_green());
  story.begin();
  story.pause();
  story.release("v2");
  story.world.pass(minutes(10));
  BOOST_TEST(story.active() == "v1");
  BOOST_TEST(story.preview() == "v1");
  BOOST_TEST(story.world.phase("web") == "Paused");
  story.resume();
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(replicas_changed_in_the_middle_are_followed_by_both_sets) {
  Story story(blue_green(manual));
  story.begin();
  story.release("v2");
  BOOST_REQUIRE(story.until("Paused"));
  story.scale(5);
  BOOST_TEST(story.until_size("v1", 5));
  BOOST_TEST(story.until_size("v2", 5));
  story.world.pass(seconds(20));
  story.scale(2);
  BOOST_TEST(story.until_size("v1", 2));
  BOOST_TEST(story.until_size("v2", 2));
  BOOST_TEST(story.active() == "v1");
  story.promote();
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(replicas_and_template_may_change_together) {
  Story story(blue_green());
  story.begin();
  Plan larger = story.plan();
  larger.replicas = 5;
  story.change(larger);
  story.release("v2");
  BOOST_TEST(story.until_stable("v2"));
  BOOST_TEST(story.size("v2") == 5);
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(history_keeps_as_many_revisions_as_asked_for) {
  Story story(blue_green("      scaleDownDelaySeconds: 5\n", "  revisionHistoryLimit: 1\n"));
  story.begin();
  for (const char* version : {"v2", "v3", "v4"}) {
    story.release(version);
    BOOST_REQUIRE(story.until_stable(version));
    story.world.pass(seconds(20));
  }
  story.world.come_to_rest();
  BOOST_TEST(story.revisions() == (Names{"v3", "v4"}));
}

BOOST_AUTO_TEST_CASE(a_rollback_within_the_window_skips_the_gates) {
  Story story(blue_green(manual, "  rollbackWindow: {revisions: 2}\n"));
  story.begin();
  story.release("v2");
  BOOST_REQUIRE(story.until("Paused"));
  story.promote();
  BOOST_REQUIRE(story.until_stable("v2"));
  story.world.pass(minutes(2));
  story.release("v1");
  BOOST_TEST(story.until_stable("v1"));
  BOOST_TEST(story.active() == "v1");
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::simulation
