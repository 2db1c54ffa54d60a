// What is kept of a run that is over, and what the metrics page tells of it.
#include "controller/kept_run.h"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "controller/analysis_metrics.h"
#include "kube/json.h"

namespace sluice::controller {
namespace {

std::shared_ptr<crds::AnalysisRun> run_of_two_metrics(const char* phase) {
  auto run = std::make_shared<crds::AnalysisRun>();
  run->meta.ns = "shop";
  run->meta.name = "web-1";
  run->meta.labels.set("rollouts-pod-template-hash", "6c9f7d5b8");
  auto spec = std::make_shared<crds::AnalysisRunSpec>();
  spec->metrics.resize(2);
  spec->metrics[0].name = "errors";
  spec->metrics[0].provider.prometheus.emplace().query = "sum(rate(errors[1m]))";
  spec->metrics[0].success_condition = "result[0] < 1";
  spec->metrics[1].name = "smoke";
  spec->metrics[1].provider.web.emplace().url = "http://web/";
  spec->args.emplace_back().name = "hash";
  spec->terminate = true;
  spec->ttl_strategy.emplace().seconds_after_failure = 60;
  run->spec = spec;
  run->status.phase = phase;
  run->status.message = "Metric \"errors\" assessed Failed";
  run->status.completed_at = kube::Time{std::chrono::seconds{1767268800}};
  crds::MetricResult& result = run->status.metric_results.emplace_back();
  result.name = "errors";
  result.phase = "Failed";
  result.dry_run = true;
  result.measurements.resize(10);
  return run;
}

BOOST_AUTO_TEST_SUITE(kept_run_tests)

BOOST_AUTO_TEST_CASE(a_run_that_lasts_is_kept_whole) {
  for (const char* phase : {"", "Pending", "Running"}) {
    const auto run = run_of_two_metrics(phase);
    BOOST_TEST(kept_run(run) == run);
  }
  BOOST_TEST(kept_run(nullptr) == nullptr);
}

BOOST_AUTO_TEST_CASE(of_a_run_that_is_over_the_verdict_is_kept) {
  for (const char* phase : {"Successful", "Failed", "Error", "Inconclusive"}) {
    const auto kept = kept_run(run_of_two_metrics(phase));
    BOOST_TEST(kept->meta.name == "web-1");
    BOOST_TEST(kept->meta.labels.get("rollouts-pod-template-hash") == "6c9f7d5b8");
    BOOST_TEST(kept->status.phase == phase);
    BOOST_TEST(kept->status.message == "Metric \"errors\" assessed Failed");
    BOOST_TEST(kept->status.completed_at.has_value());
    BOOST_TEST(kept->spec->terminate);
    BOOST_TEST((kept->spec->ttl_strategy && kept->spec->ttl_strategy->seconds_after_failure == 60));
    BOOST_TEST(kept->status.metric_results.at(0).measurements.empty());
    BOOST_TEST(kept->spec->metrics.at(0).provider.prometheus->query == "");
    BOOST_TEST(kept->spec->args.empty());
  }
}

BOOST_AUTO_TEST_CASE(the_metrics_page_tells_the_same_of_both) {
  const auto page_of = [](const std::string& phase) {
    Stores stores({});
    stores.analysis_runs.upsert(
        kube::parse_json(R"({"metadata":{"name":"web-1","namespace":"shop","uid":"1"},"spec":)"
                         R"({"metrics":[{"name":"errors","provider":{"prometheus":{}}},)"
                         R"({"name":"smoke","provider":{"web":{"url":"http://web/"}}}]},)"
                         R"("status":{"phase":")" +
                         phase +
                         R"(","metricResults":[{"name":"errors","phase":"Failed","dryRun":true,)"
                         R"("measurements":[{"phase":"Failed","value":"2"}]}]}})")
            .value());
    MetricsPage page;
    page.add([&](MetricFamilies& families) {
      add_analysis_metrics(families, stores, analysis::RunCounters{}, analysis::FetchCounters{});
    });
    return page.text();
  };
  for (const std::string phase : {"Running", "Failed"}) {
    const std::string page = page_of(phase);
    for (const std::string& line :
         {R"(analysis_run_info{namespace="shop",name="web-1",phase=")" + phase + R"("} 1)",
          std::string(R"(analysis_run_metric_type{namespace="shop",name="web-1",metric="errors",type="Prometheus"} 1)"),
          std::string(R"(analysis_run_metric_type{namespace="shop",name="web-1",metric="smoke",type="Web"} 1)"),
          std::string(R"(metric="errors",type="Prometheus",dry_run="true",phase="Failed"} 1)")})
      BOOST_TEST(page.find(line) != std::string::npos, line << " is not in\n" << page);
  }
}

BOOST_AUTO_TEST_CASE(what_backends_are_asked_is_on_the_metrics_page) {
  Stores stores({});
  analysis::RunCounters runs;
  runs.measurements = 7;
  runs.late = {5, 0, 1};
  runs.late_seconds = 0.02;
  analysis::FetchCounters asked;
  asked.orders = 6;
  asked.shared = 2;
  asked.sent = 5;
  asked.retries = 1;
  MetricsPage page;
  page.add([&](MetricFamilies& families) { add_analysis_metrics(families, stores, runs, asked); });
  const std::string text = page.text();
  for (const char* line : {"sluice_analysis_measurements_total 7", "sluice_analysis_questions_total 6",
                           "sluice_analysis_questions_shared_total 2", "sluice_analysis_requests_total 5",
                           "sluice_analysis_retries_total 1", "sluice_analysis_lateness_seconds_bucket{le=\"0.001\"} 5",
                           "sluice_analysis_lateness_seconds_count 6"})
    BOOST_TEST(text.find(line) != std::string::npos, line << " is not in\n" << text);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::controller
