// Named scenarios of analyses in the midst of an update; test/data/analysis_scenarios.tsv says for every one where it
// is tested.
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "held_watch.h"
#include "kube/json.h"
#include "story.h"

namespace sluice::simulation {
namespace {

namespace resources = kube::resources;
using std::chrono::minutes;
using std::chrono::seconds;
using Names = std::vector<std::string>;

const std::string unsure = "successCondition: result[0] > 0.95\n      failureCondition: result[0] < 0.5";
const std::string checked =
    "      steps: [{setWeight: 20}, {analysis: {templates: [{templateName: check}]}}, {pause: {}}]\n";

struct Gated : Story {
  explicit Gated(const std::string& more) : Story({10, routed_canary_with(more), ""}) {
    world.prometheus = [this](const kube::HttpRequest& request) {
      asked.push_back(request);
      return prometheus_says(value);
    };
  }
  kube::Duration since(kube::Time begun) { return world.clock().now() - begun; }
  std::string value = "0.99";
  std::vector<kube::HttpRequest> asked;
};

void expect_in(const std::string& text, const std::string& part) {
  BOOST_TEST(text.find(part) != std::string::npos, "no \"" << part << "\" in: " << text);
}

BOOST_AUTO_TEST_SUITE(analysis_scenarios)

BOOST_AUTO_TEST_CASE(ar_3850_an_inconclusive_background_run_is_not_promoted_by_time) {
  Gated story(
      "      analysis: {templates: [{templateName: check}], startingStep: 1}\n"
      "      steps: [{setWeight: 50}, {pause: {duration: 60s}}]\n");
  story.value = "0.7";
  story.begin(prometheus_template("check", 1, unsure));
  story.release("v2");
  BOOST_REQUIRE_MESSAGE(story.world.until([&] { return story.runs() == Names{"Inconclusive"}; }),
                        story.step() << " " << story.message());
  story.world.pass(minutes(10));
  expect_in(json::serialize(story.world.get(resources::rollouts, "web")), "InconclusiveAnalysisRun");
  BOOST_TEST(story.stable() == "v1");
  BOOST_TEST(story.weight() == 50);
  BOOST_TEST(story.runs() == Names{"Inconclusive"});
  story.promote_full();
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(ar_4602_a_job_that_never_ran_is_no_success) {
  Gated story(checked);
  story.begin(replaced(job_template("check", "exit 0"), "alpine:3.8", "registry.example/does-not-exist:1"));
  story.release("v2");
  BOOST_REQUIRE(story.until("Paused"));
  BOOST_TEST(story.message() == "InconclusiveAnalysisRun");
  BOOST_TEST(story.runs() == Names{"Inconclusive"});
  for (const json::value& run : story.world.list(resources::analysis_runs))
    expect_in(json::serialize(run), "ImagePull");
  BOOST_TEST(story.step() == 1);
  story.world.pass(minutes(1));
  BOOST_TEST(story.world.list(resources::jobs).empty());
  story.abort();
  BOOST_TEST(story.until_size("v2", 0));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(ar_521_a_suspended_job_is_at_work_and_a_failed_one_has_failed) {
  Gated story(checked);
  story.begin(
      replaced(job_template("check", "exit 1"), "backoffLimit: 0", "backoffLimit: 0\n            suspend: true"));
  story.release("v2");
  BOOST_REQUIRE(story.world.until([&] { return story.runs() == Names{"Running"}; }));
  story.world.pass(minutes(5));
  BOOST_TEST(story.runs() == Names{"Running"});
  const auto jobs = story.world.list(resources::jobs);
  BOOST_REQUIRE(jobs.size() == 1u);
  story.world.patch(resources::jobs, std::string(kube::text_at(jobs[0], {"metadata", "name"})),
                    R"({"spec":{"suspend":false}})");
  BOOST_TEST(story.until("Degraded"));
  BOOST_TEST(story.runs() == Names{"Failed"});
  BOOST_TEST(story.until_size("v2", 0));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(obs_a04_a_lagging_view_of_jobs_makes_no_second_job) {
  Gated story(checked);
  story.begin(job_template("check", "sleep 2; exit 0"));
  story.release("v2");
  BOOST_REQUIRE(story.until_step(1));
  hold_watch(story.world, "jobs", story.world.clock().now() + seconds(12));
  BOOST_REQUIRE(story.until_step(2));
  BOOST_TEST(story.world.list(resources::jobs).size() == 1u);
  BOOST_TEST(story.runs() == Names{"Successful"});
  for (const json::value& run : story.world.list(resources::analysis_runs))
    BOOST_TEST(kube::find_at(run, {"status", "metricResults"})->as_array().at(0).as_object().contains("error") ==
               false);
  story.promote();
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(ar_4805_a_run_that_the_view_does_not_show_yet_is_not_made_again) {
  Gated story(checked);
  story.begin(prometheus_template("check", 20));
  story.release("v2");
  BOOST_REQUIRE(story.until_step(1));
  hold_watch(story.world, "analysisruns", story.world.clock().now() + minutes(1));
  story.world.pass(minutes(2));
  BOOST_TEST(story.until_step(2));
  BOOST_TEST(story.runs() == Names{"Successful"});
  story.promote();
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(ar_3015_a_promotion_passes_the_analysis_step_and_nothing_else) {
  Gated story(
      "      steps: [{setWeight: 20}, {analysis: {templates: [{templateName: check}]}}, {pause: {duration: 50s}}, "
      "{setWeight: 40}, {pause: {duration: 40s}}]\n");
  story.value = "0.7";
  story.begin(prometheus_template("check", 1, unsure));
  story.release("v2");
  BOOST_REQUIRE(story.world.until([&] { return story.message() == "InconclusiveAnalysisRun"; }));
  story.promote();
  BOOST_REQUIRE(story.until_step(2));
  kube::Time begun = story.world.clock().now();
  BOOST_REQUIRE(story.until_step(3));
  BOOST_TEST((story.since(begun) >= seconds(49) && story.since(begun) <= seconds(53)), story.since(begun).count());
  BOOST_REQUIRE(story.until_step(4));
  begun = story.world.clock().now();
  BOOST_REQUIRE(story.until_step(5));
  BOOST_TEST((story.since(begun) >= seconds(39) && story.since(begun) <= seconds(43)), story.since(begun).count());
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(irq_05_a_new_version_ends_the_runs_of_the_one_before) {
  Gated story(
      "      analysis: {templates: [{templateName: watch}]}\n"
      "      steps: [{setWeight: 20}, {analysis: {templates: [{templateName: check}]}}, {setWeight: 50}, {pause: "
      "{}}]\n");
  story.begin(prometheus_template("check", 30) + prometheus_template("watch", 0));
  story.release("v2");
  BOOST_REQUIRE(story.world.until([&] { return story.runs() == (Names{"Running", "Running"}); }));
  const std::string hash_of_v2 = story.hash_of("v2");
  story.release("v3");
  BOOST_REQUIRE(story.world.until([&] { return story.hash_of("v3") != ""; }));
  story.world.pass(seconds(5));
  for (const json::value& run : story.world.list(resources::analysis_runs)) {
    const bool is_old = kube::text_at(run, {"metadata", "labels", "rollouts-pod-template-hash"}) == hash_of_v2;
    if (is_old) BOOST_TEST(kube::text_at(run, {"status", "phase"}) != "Running");
  }
  BOOST_REQUIRE(story.until("Paused"));
  BOOST_TEST(story.step() == 3);
  story.promote();
  BOOST_TEST(story.until_stable("v3"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(obs_a01_templates_that_refer_to_each_other_are_told) {
  Gated story(checked);
  const auto refers = [](const std::string& name, const std::string& to) {
    return replaced(prometheus_template(name, 1),
                    "spec:\n  metrics:", "spec:\n  templates: [{templateName: " + to + "}]\n  metrics:");
  };
  story.begin(prometheus_template("check", 1));
  story.world.apply(refers("check", "other") + refers("other", "check"));
  BOOST_REQUIRE(story.until("Degraded"));
  expect_in(story.message(), "templates refer to each other in a cycle: check");
  story.world.apply(refers("check", "check"));
  story.world.pass(seconds(5));
  expect_in(story.message(), "templates refer to each other in a cycle: check");
  story.world.replace_spec(prometheus_template("check", 1));
  BOOST_TEST(story.until_stable("v1"));
  // Fifty templates in a row are no circle.
  std::string chain = prometheus_template("t50", 1);
  for (int at = 49; at >= 1; --at)
    chain += "---\napiVersion: argoproj.io/v1alpha1\nkind: AnalysisTemplate\nmetadata: {name: t" + std::to_string(at) +
             "}\nspec: {templates: [{templateName: t" + std::to_string(at + 1) + "}]}\n";
  story.world.apply(chain);
  story.world.replace_spec(replaced(prometheus_template("check", 1),
                                    "spec:\n  metrics:", "spec:\n  templates: [{templateName: t1}]\n  metrics:"));
  story.release("v2");
  story.world.pass(minutes(1));
  BOOST_TEST(story.world.is_running());
  BOOST_TEST(story.world.lives() == 1);
  story.abort();
  story.world.pass(minutes(2));
  BOOST_TEST(story.stable() == "v1");
}

BOOST_AUTO_TEST_CASE(obs_a10_a_value_of_the_caller_wins_over_the_secret_of_the_template) {
  const std::string templated = replaced(
      replaced(prometheus_template("check", 1), "spec:\n  metrics:",
               "spec:\n  args: [{name: where, valueFrom: {secretKeyRef: {name: places, key: default}}}]\n  metrics:"),
      "query: up", "query: 'up{where=\"{{args.where}}\"}'");
  Gated story(
      "      steps: [{setWeight: 20}, {analysis: {templates: [{templateName: check}], args: [{name: where, value: "
      "north}]}}, {pause: {}}]\n");
  story.begin("apiVersion: v1\nkind: Secret\nmetadata: {name: places}\nstringData: {default: south}\n" + templated);
  story.release("v2");
  BOOST_REQUIRE(story.until_step(2));
  BOOST_REQUIRE(story.asked.size() == 1u);
  expect_in(story.asked[0].body, "north");
  story.promote();
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(obs_44_all_field_references_that_fail_are_told) {
  const std::string templated =
      replaced(prometheus_template("check", 1),
               "spec:\n  metrics:", "spec:\n  args: [{name: a}, {name: b}, {name: c}, {name: d}]\n  metrics:");
  const auto steps = [](const std::string& b, const std::string& d) {
    return "      steps: [{setWeight: 20}, {analysis: {templates: [{templateName: check}], args: ["
           "{name: a, valueFrom: {fieldRef: {fieldPath: spec.replicas}}},"
           "{name: b, valueFrom: {fieldRef: {fieldPath: '" +
           b +
           "'}}},"
           "{name: c, valueFrom: {fieldRef: {fieldPath: metadata.name}}},"
           "{name: d, valueFrom: {fieldRef: {fieldPath: '" +
           d + "'}}}]}}, {pause: {}}]\n";
  };
  Gated story(steps("spec.replicas", "metadata.name"));
  story.begin(replaced(templated, "query: up", "query: '{{args.a}} {{args.b}} {{args.c}} {{args.d}}'"));
  story.change({10, routed_canary_with(steps("spec.nowhere", "spec.template")), ""});
  BOOST_REQUIRE(story.until("Degraded"));
  expect_in(story.message(), "spec.nowhere");
  expect_in(story.message(), "spec.template");
  story.change({10, routed_canary_with(steps("spec.replicas", "metadata.name")), ""});
  BOOST_TEST(story.until_stable("v1"));
  story.release("v2");
  BOOST_REQUIRE(story.until_step(2));
  expect_in(story.asked.at(0).body, "query=10%2010%20web%20web");
  story.promote();
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(obs_45_a_template_is_checked_before_and_whenever_it_changes) {
  Gated story(checked);
  story.begin(prometheus_template("check", 1));
  story.world.apply(prometheus_template("check", 3, "failureLimit: 5"));
  story.world.pass(seconds(1));
  BOOST_TEST(story.world.is("web", "Degraded"));
  expect_in(story.message(), "spec.strategy.canary.steps[1].analysis.templates: metrics[0]");
  story.world.replace_spec(prometheus_template("check", 1));
  story.world.pass(seconds(1));
  BOOST_TEST(story.world.is("web", "Healthy"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::simulation
