// Named scenarios about blue-green updates: gates, deadlines, windows and sizes of the preview.
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

const std::string with_pre = "      prePromotionAnalysis: {templates: [{templateName: before}]}\n";
const std::string with_post = "      postPromotionAnalysis: {templates: [{templateName: after}]}\n";

BOOST_AUTO_TEST_SUITE(scenarios)

BOOST_AUTO_TEST_CASE(obs_15_an_abort_without_a_stable_version_leaves_the_selector_alone) {
  Plan plan = b4();
  plan.pods["v1"] = "sluice.test/crashes-after: '0'";
  Story story(plan);
  story.world.apply(Story::service("web-active") + Story::service("web-preview") + story.yaml("v1"));
  story.world.patch(resources::services, "web-active",
                    R"({"spec":{"selector":{"rollouts-pod-template-hash":"written-by-hand"}}})");
  story.world.start();
  story.world.pass(minutes(2));
  story.world.always("the selector is as it was written by hand",
                     [&] { return story.world.selected("web-active") == "written-by-hand"; });
  story.abort();
  story.world.pass(minutes(5));
}

BOOST_AUTO_TEST_CASE(ar_2641_the_preview_moves_when_a_pod_is_ready) {
  Plan plan = b4m();
  plan.pods["v2"] = "sluice.test/ready-after: '60'";
  Story story(plan);
  story.begin();
  story.release("v2");
  story.world.always("the preview is not without a pod",
                     [&] { return story.preview() != "v2" || story.ready("v2") >= 1; });
  BOOST_REQUIRE(story.until("Paused"));
  BOOST_TEST(story.preview() == "v2");
  story.promote();
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(ar_3988_each_version_has_its_own_deadline) {
  Plan plan = b4();
  plan.spec = "  progressDeadlineSeconds: 60\n  progressDeadlineAbort: true\n";
  for (int number = 2; number <= 6; ++number)
    plan.pods["v" + std::to_string(number)] = "sluice.test/crashes-after: '0'";
  Story story(plan);
  story.begin();
  for (int number = 2; number <= 6; ++number) {
    BOOST_TEST_CONTEXT("version " << number) {
      story.release("v" + std::to_string(number));
      const auto is_aborted = [&] {
        return kube::find_at(story.world.get(resources::rollouts, "web"), {"status", "abort"}) != nullptr;
      };
      story.world.pass(seconds(55));
      BOOST_TEST(!is_aborted());
      BOOST_TEST(story.world.until(is_aborted, seconds(8)));
      story.world.pass(minutes(2));
    }
  }
  BOOST_TEST(story.active() == "v1");
  story.world.come_to_rest(minutes(10));
}

BOOST_AUTO_TEST_CASE(ar_1992_without_a_delay_the_old_set_goes_when_nobody_sends_it_requests) {
  for (const auto& [name, plan] : {std::pair{"B4", b4("      scaleDownDelaySeconds: 0\n")},
                                   {"T10", t10("      scaleDownDelaySeconds: 0\n" + steps_with_pauses({50}))}}) {
    BOOST_TEST_CONTEXT(name) {
      Story story(plan);
      story.begin();
      story.release("v2");
      if (name == std::string("T10")) {
        BOOST_REQUIRE(story.until_paused_at(1));
        story.promote();
      }
      BOOST_REQUIRE(story.until_stable("v2"));
      BOOST_TEST(story.world.until([&] { return story.size("v1") == 0; }, seconds(60)));
      story.world.come_to_rest();
    }
  }
}

BOOST_AUTO_TEST_CASE(ar_3304_a_rollback_inside_the_window_is_promoted) {
  for (const bool is_in_delay : {false, true}) {
    BOOST_TEST_CONTEXT((is_in_delay ? "within the delay" : "with the set at 0")) {
      Plan plan = b4(is_in_delay ? "      scaleDownDelaySeconds: 600\n" : "");
      plan.spec = "  rollbackWindow: {revisions: 2}\n";
      Story story(plan);
      story.begin();
      for (const std::string version : {"v2", "v3"}) {
        story.release(version);
        BOOST_REQUIRE(story.until_stable(version));
      }
      if (!is_in_delay) BOOST_REQUIRE(story.until_size("v2", 0));
      story.release("v2");
      BOOST_TEST(story.until_stable("v2"));
      BOOST_TEST(story.active() == "v2");
      BOOST_TEST(story.preview() == "v2");
      story.world.come_to_rest(minutes(11));
    }
  }
}

BOOST_AUTO_TEST_CASE(ar_2931_demand_that_grows_while_a_small_preview_is_measured) {
  Story story(b4("      previewReplicaCount: 1\n" + with_pre));
  story.begin(job_template("before", "sleep 60; exit 0"));
  story.release("v2");
  BOOST_REQUIRE(story.world.until([&] { return story.runs() == Names{"Running"}; }));
  story.scale(6);
  story.world.pass(seconds(20));
  BOOST_TEST(story.runs() == Names{"Running"});
  BOOST_TEST(story.size("v2") == 1);
  BOOST_TEST(story.size("v1") == 6);
  story.world.always("the switch finds six pods", [&] { return story.active() != "v2" || story.size("v2") == 6; });
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(obs_14_a_retry_after_a_failed_gate_measures_anew) {
  for (const bool is_post : {false, true}) {
    BOOST_TEST_CONTEXT((is_post ? "post-promotion" : "pre-promotion")) {
      const std::string name = is_post ? "after" : "before";
      Story story(b4m(is_post ? with_post : with_pre));
      story.begin(job_template(name, "exit 1"));
      story.release("v2");
      if (is_post) {
        BOOST_REQUIRE(story.until("Paused"));
        story.promote();
      }
      BOOST_REQUIRE(story.until("Degraded"));
      BOOST_TEST(story.runs() == Names{"Failed"});
      BOOST_REQUIRE(story.until_size("v2", 0));
      story.world.apply(job_template(name, "exit 0"));
      story.retry();
      BOOST_REQUIRE(story.until("Paused"));
      BOOST_TEST(story.ready("v2") == 4);
      story.promote();
      BOOST_TEST(story.until_stable("v2"));
      BOOST_TEST(story.runs() == (Names{"Failed", "Successful"}));
      story.world.come_to_rest();
    }
  }
}

BOOST_AUTO_TEST_CASE(obs_18_the_fast_way_back_does_not_depend_on_one_moment) {
  Story story(b4m("      scaleDownDelaySeconds: 600\n" + with_pre));
  story.begin(job_template("before", "exit 0"));
  story.release("v2");
  BOOST_REQUIRE(story.until("Paused"));
  story.promote();
  BOOST_REQUIRE(story.until_stable("v2"));
  BOOST_TEST(story.size("v1") == 4);
  story.break_pods("v1", 1);
  story.world.pass(seconds(1));
  story.release("v1");
  story.world.pass(seconds(5));
  BOOST_TEST(story.active() == "v2");
  story.mend_pods("v1");
  BOOST_TEST(story.world.until([&] { return story.active() == "v1"; }, seconds(5)));
  BOOST_TEST(story.until_stable("v1"));
  BOOST_TEST(story.runs().size() == 1u);
  story.world.come_to_rest(minutes(11));
}

BOOST_AUTO_TEST_CASE(ar_2823_a_stuck_update_writes_few_lines) {
  Plan plan = b4(with_pre);
  plan.pods["v2"] = "sluice.test/crashes-after: '0'";
  Story story(plan);
  story.begin(job_template("before", "exit 0"));
  story.release("v2");
  story.world.pass(minutes(1));
  const std::size_t lines = story.world.log_lines().size();
  const std::size_t events = story.world.events("web").size();
  story.world.pass(minutes(10));
  BOOST_TEST(story.world.log_lines().size() - lines <= 600u);
  // The deadline of ten minutes comes in this time, and says so once.
  BOOST_TEST(story.world.events("web").size() - events <= 1u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::simulation
