// What can go wrong with measuring: templates, arguments, Secrets, Prometheus, Jobs. A fault of the world is an error
// or inconclusive, never a failure of the release.
#include <boost/test/unit_test.hpp>

#include "kube/json.h"
#include "neighbour.h"
#include "story.h"

namespace sluice::simulation {
namespace {

namespace resources = kube::resources;
using std::chrono::minutes;
using std::chrono::seconds;
using Names = std::vector<std::string>;

const std::string analysed =
    "      steps: [{setWeight: 25}, {analysis: {templates: [{templateName: check}]}}, {pause: {}}]\n";

// A canary whose step is measured by the template "check".
struct Measured : Story {
  Measured() : Story({4, routed_canary_with(analysed), ""}), neighbour(world) { neighbour.settle(); }
  Neighbour neighbour;

  std::string run_message() const {
    std::string text;
    for (const json::value& run : world.list(resources::analysis_runs))
      text = kube::text_at(run, {"status", "message"});
    return text;
  }
  std::string measured(const std::string& field) const {
    for (const json::value& run : world.list(resources::analysis_runs))
      if (const json::value* results = kube::find_at(run, {"status", "metricResults"}); results)
        for (const json::value& result : results->as_array())
          if (const json::value* all = kube::find_at(result, {"measurements"}); all && !all->as_array().empty())
            return std::string(kube::text_at(all->as_array().back(), {field}));
    return "";
  }
  // Whatever was wrong, the step was not passed and the traffic is where it was or back.
  void expect_stopped(int most) {
    if (!hash_of("v2").empty()) BOOST_TEST(step() <= 1);
    BOOST_TEST(weight() <= most);
    BOOST_TEST(stable() == "v1");
    BOOST_TEST(size("v1") == 4);
    neighbour.update();
  }
};

void expect_in(const std::string& text, const std::string& part) {
  BOOST_TEST(text.find(part) != std::string::npos, "no \"" << part << "\" in: " << text);
}

BOOST_AUTO_TEST_SUITE(bad_measuring)

BOOST_AUTO_TEST_CASE(a_template_with_a_bad_expression_is_named_before_anything_starts) {
  Measured story;
  story.begin(prometheus_template("check", 1));
  story.world.apply(prometheus_template("check", 1, "successCondition: 'result[0] >=> 1'"));
  BOOST_TEST(story.until("Degraded"));
  expect_in(story.message(), "spec.strategy.canary.steps[1].analysis.templates: metrics[0]: successCondition");
  story.release("v2");
  story.world.pass(minutes(2));
  BOOST_TEST(story.runs().empty());
  story.expect_stopped(0);
  story.world.prometheus = [](const kube::HttpRequest&) { return prometheus_says("1"); };
  story.world.replace_spec(prometheus_template("check", 1, "successCondition: 'result[0] >= 1'"));
  BOOST_TEST(story.until_step(2));
  story.promote();
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(a_template_that_does_not_exist_is_named_until_it_does) {
  Measured story;
  story.begin(prometheus_template("check", 1));
  story.world.remove(resources::analysis_templates, "check");
  BOOST_TEST(story.until("Degraded"));
  expect_in(story.message(), "AnalysisTemplate 'check' not found");
  story.expect_stopped(0);
  story.world.prometheus = [](const kube::HttpRequest&) { return prometheus_says("1"); };
  story.world.apply(prometheus_template("check", 1));
  BOOST_TEST(story.until_stable("v1"));
  story.release("v2");
  BOOST_TEST(story.until_step(2));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(an_argument_without_a_value_is_named) {
  Measured story;
  story.begin(prometheus_template("check", 1));
  story.world.apply(
      replaced(prometheus_template("check", 1), "spec:\n  metrics:", "spec:\n  args: [{name: region}]\n  metrics:"));
  BOOST_TEST(story.until("Degraded"));
  expect_in(story.message(), "region");
  story.expect_stopped(0);
  story.world.patch(resources::analysis_templates, "check", R"({"spec":{"args":[{"name":"region","value":"north"}]}})");
  BOOST_TEST(story.until_stable("v1"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(a_secret_that_does_not_exist_is_an_error_of_the_run) {
  Measured story;
  const std::string with_secret =
      replaced(prometheus_template("check", 1), "spec:\n  metrics:",
               "spec:\n  args: [{name: token, valueFrom: {secretKeyRef: {name: prometheus, key: token}}}]\n  metrics:");
  const std::string used = replaced(with_secret, "query: up", "query: 'up{token=\"{{args.token}}\"}'");
  story.world.prometheus = [](const kube::HttpRequest&) { return prometheus_says("1"); };
  story.begin(used);
  story.release("v2");
  BOOST_TEST(story.until("Degraded"));
  BOOST_TEST(story.runs() == Names{"Error"});
  expect_in(story.message(), "prometheus");
  story.expect_stopped(0);
  story.world.apply("apiVersion: v1\nkind: Secret\nmetadata: {name: prometheus}\nstringData: {token: open-sesame}\n");
  story.retry();
  BOOST_TEST(story.until_step(2));
  for (const std::string& line : story.world.log_lines()) BOOST_TEST(line.find("open-sesame") == std::string::npos);
  for (const json::value& run : story.world.list(resources::analysis_runs))
    BOOST_TEST(json::serialize(run).find("open-sesame") == std::string::npos);
  story.promote();
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(prometheus_away_for_a_while_costs_only_time) {
  Measured story;
  story.begin(replaced(prometheus_template("check", 3), "count: 3", "count: 3\n      consecutiveErrorLimit: 100"));
  story.release("v2");
  BOOST_REQUIRE(story.world.until([&] { return story.runs() == Names{"Running"}; }));
  story.world.pass(minutes(1));
  BOOST_TEST(story.runs() == Names{"Running"});
  BOOST_TEST(story.measured("phase") == "Error");
  expect_in(story.measured("message"), "connection refused");
  story.neighbour.update();
  story.world.prometheus = [](const kube::HttpRequest&) { return prometheus_says("1"); };
  BOOST_TEST(story.until_step(2));
  BOOST_TEST(story.runs() == Names{"Successful"});
  story.promote();
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
}

// A run that cannot measure ends as an error, which is told apart from a failure; the traffic goes back.
void expect_error(Measured& story, const std::string& part) {
  story.begin(prometheus_template("check", 3));
  story.release("v2");
  BOOST_TEST(story.until("Degraded"));
  BOOST_TEST(story.runs() == Names{"Error"});
  expect_in(story.measured("message"), part);
  story.world.pass(minutes(2));
  BOOST_TEST(story.weight() == 0);
  story.expect_stopped(0);
  story.world.prometheus_delay = {};
  story.world.prometheus = [](const kube::HttpRequest&) { return prometheus_says("1"); };
  story.retry();
  BOOST_TEST(story.until_step(2));
  story.promote();
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(prometheus_down) {
  Measured story;
  expect_error(story, "connection refused");
}

BOOST_AUTO_TEST_CASE(prometheus_slow) {
  Measured story;
  story.world.prometheus = [](const kube::HttpRequest&) { return prometheus_says("1"); };
  story.world.prometheus_delay = minutes(3);
  expect_error(story, "no answer in time");
}

BOOST_AUTO_TEST_CASE(prometheus_that_answers_html) {
  Measured story;
  story.world.prometheus = [](const kube::HttpRequest&) {
    kube::HttpResponse page;
    page.status = 502;
    page.body = "<html><body>Bad Gateway</body></html>";
    return kube::Result<kube::HttpResponse>(page);
  };
  expect_error(story, "502");
}

BOOST_AUTO_TEST_CASE(a_query_that_prometheus_refuses) {
  Measured story;
  story.world.prometheus = [](const kube::HttpRequest&) {
    kube::HttpResponse refusal;
    refusal.status = 400;
    refusal.body = R"({"status":"error","errorType":"bad_data","error":"parse error: unexpected end"})";
    return kube::Result<kube::HttpResponse>(refusal);
  };
  expect_error(story, "parse error");
}

BOOST_AUTO_TEST_CASE(an_empty_vector_is_an_error_where_the_expression_needs_a_value) {
  Measured story;
  story.world.prometheus = [](const kube::HttpRequest&) { return prometheus_says(""); };
  expect_error(story, "no data");
}

BOOST_AUTO_TEST_CASE(an_empty_vector_is_inconclusive_where_the_expression_asks_for_it) {
  Measured story;
  story.world.prometheus = [](const kube::HttpRequest&) { return prometheus_says(""); };
  story.begin(prometheus_template("check", 1,
                                  "successCondition: len(result) > 0 && result[0] >= 0.95\n"
                                  "      failureCondition: len(result) > 0 && result[0] < 0.95"));
  story.release("v2");
  BOOST_TEST(story.until("Paused"));
  BOOST_TEST(story.message() == "InconclusiveAnalysisRun");
  BOOST_TEST(story.runs() == Names{"Inconclusive"});
  story.expect_stopped(25);
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(not_a_number_is_neither_success_nor_failure) {
  Measured story;
  story.world.prometheus = [](const kube::HttpRequest&) { return prometheus_says("NaN"); };
  story.begin(prometheus_template("check", 1));
  story.release("v2");
  BOOST_TEST(story.until("Paused"));
  BOOST_TEST(story.runs() == Names{"Inconclusive"});
  expect_in(story.measured("value"), "NaN");
  story.expect_stopped(25);
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(a_job_whose_image_never_pulls_does_not_pass) {
  Measured story;
  story.begin(replaced(job_template("check", "exit 0"), "alpine:3.8", "registry.example/does-not-exist:1"));
  story.release("v2");
  BOOST_REQUIRE(story.world.until([&] { return story.runs() == Names{"Running"}; }));
  // Nothing was measured: that is inconclusive, and says what the Job waits for.
  BOOST_TEST(story.until("Paused"));
  BOOST_TEST(story.runs() == Names{"Inconclusive"});
  expect_in(story.measured("message"), "does-not-exist");
  story.expect_stopped(25);
  story.abort();
  BOOST_TEST(story.until_size("v2", 0));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(a_job_that_is_refused_by_the_api_is_an_error) {
  Measured story;
  story.begin(replaced(job_template("check", "exit 0"), "restartPolicy: Never", "restartPolicy: Always"));
  story.release("v2");
  BOOST_TEST(story.until("Degraded"));
  BOOST_TEST(story.runs() == Names{"Error"});
  expect_in(story.measured("message"), "restartPolicy");
  story.expect_stopped(0);
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::simulation
