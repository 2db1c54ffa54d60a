// Canaries that measurements decide about: in steps and in the background, by Prometheus and by Jobs.
#include <boost/test/unit_test.hpp>

#include "kube/json.h"
#include "story.h"

namespace sluice::simulation {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using Names = std::vector<std::string>;

const std::string analysed =
    "      steps: [{setWeight: 25}, {analysis: {templates: [{templateName: check}]}}, {setWeight: 50}, {pause: {}}]\n";
const std::string background =
    "      analysis: {templates: [{templateName: check}]}\n"
    "      steps: [{setWeight: 25}, {pause: {}}, {setWeight: 50}, {pause: {}}]\n";
const std::string unsure = "successCondition: result[0] > 0.95\n      failureCondition: result[0] < 0.5";

struct Measured : Story {
  explicit Measured(const std::string& more, bool is_routed = true)
      : Story({4, is_routed ? routed_canary_with(more) : basic_canary_with(more), ""}) {
    world.prometheus = [this](const kube::HttpRequest&) { return prometheus_says(value); };
  }
  std::string value = "0.99";
};

void expect_rolled_back(Story& story) {
  BOOST_TEST(story.until("Degraded"));
  BOOST_TEST(story.message().starts_with("RolloutAborted"));
  BOOST_TEST(story.until_size("v2", 0));
  BOOST_TEST(story.weight() <= 0);
  BOOST_TEST(story.stable() == "v1");
  BOOST_TEST(story.size("v1") == 4);
}

BOOST_AUTO_TEST_SUITE(canary_analysis)

BOOST_AUTO_TEST_CASE(a_passing_step_leads_on) {
  for (const bool is_routed : {false, true}) {
    Measured story(analysed, is_routed);
    story.begin(prometheus_template("check", 3));
    story.release("v2");
    BOOST_REQUIRE(story.until("Paused"));
    BOOST_TEST(story.step() == 3);
    BOOST_TEST(story.runs() == Names{"Successful"});
    story.promote();
    BOOST_TEST(story.until_stable("v2"));
    story.world.come_to_rest();
  }
}

BOOST_AUTO_TEST_CASE(a_failing_step_rolls_back) {
  for (const bool is_routed : {false, true}) {
    Measured story(analysed, is_routed);
    story.value = "0.5";
    story.begin(prometheus_template("check", 3));
    story.release("v2");
    expect_rolled_back(story);
    BOOST_TEST(story.runs() == Names{"Failed"});
    story.world.come_to_rest();
  }
}

BOOST_AUTO_TEST_CASE(jobs_decide_as_well) {
  Measured good(analysed);
  good.begin(job_template("check", "sleep 3; exit 0"));
  good.release("v2");
  BOOST_TEST(good.until("Paused"));
  BOOST_TEST(good.step() == 3);
  good.world.come_to_rest();
  Measured bad(analysed);
  bad.begin(job_template("check", "sleep 3; exit 1"));
  bad.release("v2");
  expect_rolled_back(bad);
  bad.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(an_inconclusive_step_waits_and_is_skipped_by_a_person) {
  Measured story(analysed);
  story.value = "0.7";
  story.begin(prometheus_template("check", 1, unsure));
  story.release("v2");
  BOOST_REQUIRE(story.until("Paused"));
  BOOST_TEST(story.message() == "InconclusiveAnalysisRun");
  story.world.pass(minutes(30));
  BOOST_TEST(story.step() == 1);
  BOOST_TEST(story.runs() == Names{"Inconclusive"});
  story.promote();
  BOOST_REQUIRE(story.until_step(3));
  // The pause that follows is a pause of its own.
  BOOST_TEST(story.world.until([&] { return story.message() == "CanaryPauseStep"; }));
  story.promote();
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(a_retry_measures_again) {
  Measured story(analysed);
  story.value = "0.5";
  story.begin(prometheus_template("check", 1));
  story.release("v2");
  expect_rolled_back(story);
  story.value = "0.99";
  story.retry();
  BOOST_REQUIRE(story.until_step(3));
  BOOST_TEST(story.runs() == (Names{"Failed", "Successful"}));
  story.promote();
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(an_abort_ends_the_measuring) {
  Measured story(analysed);
  story.begin(prometheus_template("check", 1000));
  story.release("v2");
  BOOST_REQUIRE(story.world.until([&] { return story.runs() == Names{"Running"}; }));
  story.abort();
  BOOST_TEST(story.world.until([&] { return story.runs() != Names{"Running"}; }));
  story.world.come_to_rest();
  BOOST_TEST(story.stable() == "v1");
}

BOOST_AUTO_TEST_CASE(a_superseded_version_is_measured_no_more) {
  Measured story(analysed);
  story.begin(prometheus_template("check", 60));
  story.release("v2");
  BOOST_REQUIRE(story.world.until([&] { return story.runs() == Names{"Running"}; }));
  story.release("v3");
  BOOST_REQUIRE(story.until("Paused"));
  BOOST_TEST(story.step() == 3);
  BOOST_TEST(story.runs().size() == 2u);
  for (const std::string& phase : story.runs()) BOOST_TEST(phase == "Successful");
  story.promote();
  BOOST_TEST(story.until_stable("v3"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(a_background_analysis_watches_until_the_promotion) {
  for (const bool is_routed : {false, true}) {
    Measured story(background, is_routed);
    story.begin(prometheus_template("check", 0));
    BOOST_TEST(story.runs().empty());
    story.release("v2");
    BOOST_REQUIRE(story.until("Paused"));
    BOOST_TEST(story.runs() == Names{"Running"});
    story.promote();
    BOOST_REQUIRE(story.until_step(3));
    story.promote();
    BOOST_TEST(story.until_stable("v2"));
    story.world.pass(minutes(2));
    BOOST_TEST(story.runs() == Names{"Successful"});
    story.world.come_to_rest();
  }
}

BOOST_AUTO_TEST_CASE(a_background_analysis_that_fails_rolls_back_during_a_pause) {
  for (const bool is_routed : {false, true}) {
    Measured story(background, is_routed);
    story.begin(prometheus_template("check", 0));
    story.release("v2");
    BOOST_REQUIRE(story.until("Paused"));
    story.world.pass(minutes(5));
    story.value = "0.1";
    expect_rolled_back(story);
    story.world.come_to_rest();
  }
}

BOOST_AUTO_TEST_CASE(a_background_analysis_starts_at_its_step) {
  Measured story(
      "      analysis: {startingStep: 2, templates: [{templateName: check}]}\n"
      "      steps: [{setWeight: 25}, {pause: {}}, {setWeight: 50}, {pause: {}}]\n");
  story.begin(prometheus_template("check", 0));
  story.release("v2");
  BOOST_REQUIRE(story.until("Paused"));
  story.world.pass(minutes(1));
  BOOST_TEST(story.runs().empty());
  story.promote();
  BOOST_REQUIRE(story.until_step(3));
  BOOST_TEST(story.world.until([&] { return story.runs() == Names{"Running"}; }));
  story.promote();
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(an_inconclusive_background_analysis_pauses) {
  Measured story(background);
  story.begin(prometheus_template("check", 0, unsure));
  story.release("v2");
  BOOST_REQUIRE(story.until("Paused"));
  story.value = "0.7";
  BOOST_TEST(story.world.until([&] { return story.runs() == Names{"Inconclusive"}; }));
  story.world.pass(minutes(10));
  BOOST_TEST(story.world.phase("web") == "Paused");
  BOOST_TEST(story.step() == 1);
  BOOST_TEST(story.weight() == 25);
  story.abort();
  expect_rolled_back(story);
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(a_paused_spec_starts_no_analysis) {
  Measured story("      steps: [{pause: {}}, {analysis: {templates: [{templateName: check}]}}]\n");
  story.begin(prometheus_template("check", 1));
  story.release("v2");
  BOOST_REQUIRE(story.until("Paused"));
  story.pause();
  story.promote();
  story.world.pass(minutes(5));
  BOOST_TEST(story.runs().empty());
  story.resume();
  BOOST_TEST(story.until_stable("v2"));
  BOOST_TEST(story.runs() == Names{"Successful"});
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(only_so_many_finished_runs_are_kept) {
  Story story({2,
               routed_canary_with(
                   "      scaleDownDelaySeconds: 5\n      steps: [{analysis: {templates: [{templateName: check}]}}]\n"),
               "  analysis: {successfulRunHistoryLimit: 2}\n"});
  story.world.prometheus = [](const kube::HttpRequest&) { return prometheus_says("1"); };
  story.begin(prometheus_template("check", 1));
  for (const char* version : {"v2", "v3", "v4", "v5"}) {
    story.release(version);
    BOOST_REQUIRE(story.until_stable(version));
    story.world.pass(minutes(1));
  }
  story.world.come_to_rest();
  BOOST_TEST(story.runs().size() == 2u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::simulation
