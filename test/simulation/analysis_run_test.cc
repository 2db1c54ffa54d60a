// Whole lives of AnalysisRuns in the sandbox: Jobs that run, metrics that are asked, a controller that dies on the way.
#include <boost/test/unit_test.hpp>

#include "analysis/phase.h"
#include "test/simulation/analysis_world.h"

namespace sluice::analysis {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

std::string job_metric(const std::string& command, const std::string& more = "", const std::string& name = "check") {
  return R"({"name":")" + name + R"(",)" + more +
         R"("provider":{"job":{"spec":{"backoffLimit":0,"template":{"spec":{"restartPolicy":"Never","containers":[)" +
         R"({"name":"check","image":"alpine:3","command":["sh","-c"],"args":[")" + command + R"("]}]}}}}}})";
}
std::string metrics(const std::string& list, const std::string& more = "") {
  return R"({"metrics":[)" + list + "]" + more + "}";
}
std::string prometheus_metric(const std::string& more) {
  return R"({"name":"rate",)" + more +
         R"("successCondition":"result[0] >= 0.95","failureCondition":"result[0] < 0.90",)"
         R"("provider":{"prometheus":{"address":"http://prometheus:9090","query":"rate{app=\"{{args.app}}\"}",)"
         R"("headers":[{"key":"X-Token","value":"{{args.token}}"}]}}})";
}
kube::HttpResponse vector_of(const std::string& value) {
  kube::HttpResponse response;
  response.status = 200;
  response.body =
      R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,")" + value + R"("]}]}})";
  return response;
}

BOOST_FIXTURE_TEST_SUITE(analysis_runs, AnalysisWorld, *boost::unit_test::timeout(120))

BOOST_AUTO_TEST_CASE(a_job_that_succeeds_takes_two_writes_of_the_status) {
  make_run(metrics(job_metric("sleep 1; exit 0")));
  BOOST_REQUIRE(run_until_over(minutes{1}));
  const auto done = run();
  BOOST_TEST(done->status.phase == "Successful");
  BOOST_TEST(done->status.run_summary.successful == 1);
  BOOST_TEST(done->status.metric_results[0].measurements.size() == 1u);
  BOOST_TEST(life->controller.counters().writes == 2u);
  BOOST_TEST(life->transport.writes() == 3);  // and the Job
  BOOST_TEST(life->transport.reads() == 3);   // the lists at the start
  clock.run_for(std::chrono::hours{2});
  BOOST_REQUIRE(told().size() == 2u);
  BOOST_TEST(told()[0] == "Normal MetricSuccessful: Metric 'check' Completed. Result: Successful");
  BOOST_TEST(told()[1] == "Normal AnalysisRunSuccessful: Analysis Completed. Result: Successful");
  BOOST_TEST(life->transport.writes() == 3);  // a settled run costs nothing
  BOOST_TEST(life->controller.active() == 0u);
}

BOOST_AUTO_TEST_CASE(failures_are_counted_up_to_the_limit) {
  make_run(metrics(job_metric("sleep 1; exit 1", R"("interval":"5s","failureLimit":1,)")));
  BOOST_REQUIRE(run_until_over(minutes{2}));
  const auto done = run();
  BOOST_TEST(done->status.phase == "Failed");
  BOOST_TEST(done->status.message == "Metric \"check\" assessed Failed due to failed (2) > failureLimit (1)");
  BOOST_TEST(done->status.metric_results[0].failed == 2);
  BOOST_TEST(jobs() == (std::vector<std::string>{"check.1", "check.2"}), boost::test_tools::per_element());
  const auto& measured = done->status.metric_results[0].measurements;
  BOOST_TEST((*measured[1].started_at >= *measured[0].finished_at + seconds{5}));
  BOOST_TEST((*measured[1].started_at <= *measured[0].finished_at + seconds{7}));
  clock.run_for(seconds{1});
  BOOST_TEST(told().back() == "Warning AnalysisRunFailed: Analysis Completed. Result: Failed");
}

BOOST_AUTO_TEST_CASE(a_metric_is_asked_at_its_interval) {
  backend = [](const kube::HttpRequest&) { return vector_of("0.99"); };
  make_run(metrics(prometheus_metric(R"("interval":"2s","count":3,)"),
                   R"(,"args":[{"name":"app","value":"web"},{"name":"token","value":"t"}])"));
  BOOST_REQUIRE(run_until_over(minutes{1}));
  const auto done = run();
  BOOST_TEST(done->status.phase == "Successful");
  BOOST_TEST(asked.size() == 3u);
  const crds::MetricResult& result = done->status.metric_results[0];
  BOOST_TEST(result.consecutive_success == 3);
  BOOST_TEST(result.metadata.get("ResolvedPrometheusQuery") == "rate{app=\"web\"}");
  BOOST_TEST(result.measurements[0].value == "[0.99]");
  BOOST_TEST((*done->status.completed_at - *done->status.started_at == seconds{4}));
  BOOST_TEST(life->controller.counters().writes == 3u);  // one for each measurement
}

// The status has whole seconds, the controller knows better: no measurement comes early, and no delay adds up.
BOOST_AUTO_TEST_CASE(a_metric_is_asked_exactly_at_its_interval_whatever_the_fraction_of_the_second) {
  std::vector<kube::Time> moments;
  backend = [&](const kube::HttpRequest&) {
    moments.push_back(clock.now());
    return vector_of("0.99");
  };
  clock.run_for(std::chrono::milliseconds{730});
  make_run(metrics(prometheus_metric(R"("interval":"10s",)"),
                   R"(,"args":[{"name":"app","value":"web"},{"name":"token","value":"t"}])"));
  clock.run_for(minutes{5});
  BOOST_REQUIRE(moments.size() >= 30u);
  for (std::size_t i = 1; i < moments.size(); ++i)
    BOOST_TEST((moments[i] - moments[0] == static_cast<int>(i) * seconds{10}), (moments[i] - moments[0]).count());
  const RunCounters& counters = life->controller.counters();
  BOOST_TEST(counters.late[0] == moments.size() - 1);  // all but the first, which was not awaited
  BOOST_TEST(counters.late_seconds == 0.0);
}

BOOST_AUTO_TEST_CASE(a_backend_that_is_down_is_an_error_and_recovers) {
  bool up = false;
  backend = [&](const kube::HttpRequest&) -> kube::Result<kube::HttpResponse> {
    if (up) return vector_of("0.99");
    return kube::Error{kube::Fault::unavailable, "POST prometheus:9090: connection refused"};
  };
  make_run(metrics(prometheus_metric(""), R"(,"args":[{"name":"app","value":"web"},{"name":"token","value":"t"}])"));
  clock.run_for(seconds{25});
  BOOST_TEST(run()->status.phase == "Running");
  BOOST_TEST(run()->status.metric_results[0].error == 3);
  BOOST_TEST(run()->status.metric_results[0].measurements[0].message == "POST prometheus:9090: connection refused");
  up = true;
  BOOST_REQUIRE(run_until_over(minutes{1}));
  BOOST_TEST(run()->status.phase == "Successful");
}

BOOST_AUTO_TEST_CASE(a_missing_secret_is_told_and_recovers_when_it_appears) {
  backend = [](const kube::HttpRequest&) { return vector_of("0.99"); };
  make_run(metrics(prometheus_metric(""),
                   R"(,"args":[{"name":"app","value":"web"},{"name":"token","valueFrom":{"secretKeyRef":)"
                   R"({"name":"metrics","key":"token"}}}])"));
  clock.run_for(seconds{1});
  BOOST_TEST(run()->status.metric_results[0].measurements[0].phase == "Error");
  BOOST_TEST(run()->status.metric_results[0].measurements[0].message.find("\"metrics\" not found") !=
             std::string::npos);
  BOOST_TEST(asked.empty());
  request("POST", "/api/v1/namespaces/default/secrets",
          R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"metrics"},"data":{"other":"eA=="}})");
  clock.run_for(seconds{10});
  BOOST_TEST(run()->status.metric_results[0].measurements[1].message ==
             "key 'token' does not exist in secret 'metrics'");
  request("PATCH", "/api/v1/namespaces/default/secrets/metrics", R"({"data":{"token":"aHVudGVyMg=="}})",
          "application/merge-patch+json");
  BOOST_REQUIRE(run_until_over(minutes{1}));
  BOOST_TEST(run()->status.phase == "Successful");
  BOOST_TEST(asked.at(0).headers.get("X-Token") == "hunter2");
  const auto stored = cluster.api().find(kube::resources::analysis_runs, {"default", "run"});
  BOOST_TEST(json::serialize(*stored).find("hunter2") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(mistakes_end_the_run_at_once_and_are_all_named) {
  make_run(metrics(R"({"name":"a","successCondition":"result >","provider":{"prometheus":{"query":"up"}}},)"
                   R"({"name":"b","provider":{"web":{"url":"http://x","method":"DELETE"}}})"));
  make_run(metrics(prometheus_metric("")), "unresolved");
  clock.run_for(seconds{1});
  BOOST_TEST(run()->status.phase == "Error");
  BOOST_TEST(run()->status.message ==
             "Analysis spec invalid: metrics[0]: successCondition: unexpected token EOF (column 9) (metric 'a'); "
             "metrics[1]: web.method: \"DELETE\" is not allowed (use GET, HEAD, POST or PUT) (metric 'b')");
  BOOST_TEST(run()->status.completed_at.has_value());
  BOOST_TEST(run("unresolved")->status.message ==
             "Unable to resolve metric arguments: failed to resolve {{args.app}}; failed to resolve {{args.token}} "
             "(metric 'rate')");
}

BOOST_AUTO_TEST_CASE(a_job_whose_image_never_pulls_is_inconclusive) {
  std::string spec = metrics(job_metric("exit 0"));
  spec.replace(spec.find("alpine:3"), 8, "does-not-exist");
  make_run(spec);
  BOOST_REQUIRE(run_until_over(minutes{2}));
  BOOST_TEST(run()->status.phase == "Inconclusive");
  BOOST_TEST(run()->status.message.find("has terminal error (") != std::string::npos, run()->status.message);
}

BOOST_AUTO_TEST_CASE(a_job_that_somebody_deletes_is_measured_again) {
  make_run(metrics(job_metric("sleep 30; exit 0")));
  clock.run_for(seconds{5});
  const std::string name(run()->status.metric_results[0].measurements[0].metadata.get("job-name"));
  request("DELETE", "/apis/batch/v1/namespaces/default/jobs/" + name, R"({"propagationPolicy":"Background"})");
  BOOST_REQUIRE(run_until_over(minutes{3}));
  BOOST_TEST(run()->status.phase == "Successful");
  BOOST_TEST(run()->status.metric_results[0].error == 1);
  BOOST_TEST(run()->status.metric_results[0].measurements[0].message.find("not found") != std::string::npos);
  BOOST_TEST(jobs() == (std::vector<std::string>{"check.2"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_user_ends_a_run_and_its_job) {
  make_run(metrics(job_metric("sleep 600")));
  clock.run_for(seconds{5});
  patch_run(R"({"spec":{"terminate":true}})");
  BOOST_REQUIRE(run_until_over(seconds{5}));
  BOOST_TEST(run()->status.phase == "Inconclusive");
  BOOST_TEST(run()->status.metric_results[0].measurements[0].message == "Metric Terminated");
  clock.run_for(minutes{1});
  BOOST_TEST(jobs().empty());
}

BOOST_AUTO_TEST_CASE(a_failed_metric_ends_the_jobs_of_the_others) {
  make_run(metrics(job_metric("sleep 1; exit 1", "", "bad") + "," + job_metric("sleep 600", "", "slow")));
  BOOST_REQUIRE(run_until_over(minutes{1}));
  BOOST_TEST(run()->status.phase == "Failed");
  BOOST_TEST(run()->status.message == "Metric \"bad\" assessed Failed due to failed (1) > failureLimit (0)");
  clock.run_for(minutes{1});
  BOOST_TEST(jobs() == (std::vector<std::string>{"bad.1"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(jobs_go_with_their_measurements) {
  make_run(metrics(job_metric("exit 0", R"("interval":"5s","count":5,)"),
                   R"(,"measurementRetention":[{"metricName":"check","limit":2}])"));
  BOOST_REQUIRE(run_until_over(minutes{5}));
  clock.run_for(minutes{1});
  BOOST_TEST(run()->status.metric_results[0].count == 5);
  BOOST_TEST(run()->status.metric_results[0].measurements.size() == 2u);
  BOOST_TEST(jobs() == (std::vector<std::string>{"check.4", "check.5"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_finished_run_is_deleted_in_time) {
  backend = [](const kube::HttpRequest&) { return vector_of("0.99"); };
  make_run(metrics(job_metric("exit 0"), R"(,"ttlStrategy":{"secondsAfterCompletion":60})"));
  BOOST_REQUIRE(run_until_over(minutes{1}));
  clock.run_for(seconds{58});
  BOOST_TEST((run() != nullptr));
  clock.run_for(seconds{4});
  BOOST_TEST((run() == nullptr));
  BOOST_TEST(life->controller.active() == 0u);
}

BOOST_AUTO_TEST_CASE(a_run_that_vanishes_is_forgotten) {
  make_run(metrics(job_metric("sleep 600")));
  clock.run_for(seconds{5});
  BOOST_TEST(life->controller.active() == 1u);
  request("DELETE", run_path("run"));
  clock.run_for(seconds{5});
  BOOST_TEST(life->controller.active() == 0u);
  BOOST_TEST(log_lines.empty());
}

BOOST_AUTO_TEST_CASE(a_controller_that_leads_again_starts_afresh) {
  bool answers = false;
  backend = [&](const kube::HttpRequest&) -> kube::Result<kube::HttpResponse> {
    if (answers) return vector_of("0.99");
    life->tasks.stop();  // leadership is lost while the answer is on its way
    return vector_of("0.5");
  };
  make_run(metrics(prometheus_metric(""), R"(,"args":[{"name":"app","value":"a"},{"name":"token","value":"t"}])"));
  clock.run_for(seconds{5});
  BOOST_TEST(asked.size() == 1u);
  BOOST_TEST(run()->status.metric_results.empty());
  answers = true;
  life->follow(clock, log);
  BOOST_REQUIRE(run_until_over(seconds{5}));
  BOOST_TEST(run()->status.phase == "Successful");
  BOOST_TEST(run()->status.metric_results[0].count == 1);
}

BOOST_AUTO_TEST_CASE(a_namespace_gets_no_more_than_its_slots) {
  backend = [](const kube::HttpRequest&) { return vector_of("0.99"); };
  for (int i = 0; i < 120; ++i)
    make_run(metrics(prometheus_metric(""), R"(,"args":[{"name":"app","value":"a)" + std::to_string(i) +
                                                R"("},{"name":"token","value":"t"}])"),
             "run-" + std::to_string(i));
  clock.run_for(minutes{1});
  for (int i = 0; i < 120; ++i) BOOST_TEST(run("run-" + std::to_string(i))->status.phase == "Successful");
  BOOST_TEST(asked.size() == 120u);
}

// What a condition cannot do with a value is an error of that measurement, and five in a row end the run in words that
// name the metric; the runs beside it are not touched.
BOOST_AUTO_TEST_CASE(a_condition_that_cannot_be_evaluated_ends_its_own_run_only) {
  backend = [](const kube::HttpRequest&) { return vector_of("0.99"); };
  const auto with_condition = [](const std::string& condition) {
    return metrics(R"({"name":"rate","interval":"1s","count":1,"consecutiveErrorLimit":1,"successCondition":")" +
                   condition + R"(","provider":{"prometheus":{"address":"http://prometheus:9090","query":"up"}}})");
  };
  const struct {
    const char* name;
    const char* condition;
    const char* why;
  } rows[] = {
      {"type", "result > 1", "invalid operation: > (mismatched types []float64 and int)"},
      {"zero", "5 % int(result[0]) == 0", "runtime error: integer divide by zero"},
      {"range", "result[1] > 1", "index out of range: 1 (array length is 1)"},
      {"number", "result[0]", "expected bool, but got float64"},
      {"long", "let l = 1..999; all(l, all(l, any(l, # >= 0)))", "step budget exceeded (1000000)"},
      {"large", "len(1..100000000) > 1", "memory budget exceeded"},
      {"time", "duration(\\\"1d\\\") > duration(\\\"1h\\\")", "time: unknown unit \"d\" in duration \"1d\""},
  };
  for (const auto& row : rows) make_run(with_condition(row.condition), row.name);
  make_run(with_condition("result[0] > 0.9"), "good");
  clock.run_for(minutes{2});
  BOOST_TEST(run("good")->status.phase == "Successful");
  for (const auto& row : rows) {
    const std::string condition = boost::json::parse("\"" + std::string(row.condition) + "\"").as_string().c_str();
    BOOST_TEST(run(row.name)->status.phase == "Error");
    BOOST_TEST(run(row.name)->status.message ==
               "Metric \"rate\" assessed Error due to consecutiveErrors (2) > consecutiveErrorLimit (1): "
               "\"Error Message: could not evaluate successCondition \"" +
                   condition + "\": " + row.why + "\"");
  }
}

BOOST_AUTO_TEST_CASE(arguments_that_refer_to_each_other_end_the_run_at_once) {
  make_run(metrics(prometheus_metric(""),
                   R"(,"args":[{"name":"app","value":"{{args.token}}"},{"name":"token","value":"{{args.app}}"}])"));
  clock.run_for(seconds{1});
  BOOST_TEST(run()->status.phase == "Error");
  BOOST_TEST(run()->status.message ==
             "Unable to resolve metric arguments: arguments refer to each other in a circle: app -> token -> app");
  BOOST_TEST(asked.empty());
}

// The controller is killed at its n-th write, once before the server has it and once after. Whatever happens, the run
// comes to the same end with the same measurements, none lost and none doubled. Answers how often it was killed.
int crash_at_every_write(const std::string& spec, const std::function<void(AnalysisWorld&)>& check) {
  int crashes = 0;
  for (const bool committed : {false, true}) {
    for (int n = 1;; ++n) {
      AnalysisWorld world;
      world.backend = [](const kube::HttpRequest&) { return vector_of("0.80"); };
      int writes = 0;
      bool crashed = false;
      const auto strike = [&](const kube::ApiRequest& request) {
        if (!WatchedTransport::is_write(request) || crashed || ++writes != n) return;
        crashed = true;
        world.life->transport.cut = true;
      };
      (committed ? world.life->transport.after : world.life->transport.before) = strike;
      world.make_run(spec);
      world.clock.run_until([&] { return crashed || is_completed(phase_of(world.run()->status.phase)); },
                            world.clock.now() + minutes{5});
      if (!crashed) break;
      ++crashes;
      world.kill();
      world.clock.run_for(seconds{n % 2 ? 0 : 20});
      world.start();
      BOOST_TEST_CONTEXT("write " << n << (committed ? " committed" : " lost")) {
        BOOST_REQUIRE(world.run_until_over(minutes{5}));
        check(world);
      }
    }
  }
  return crashes;
}

BOOST_AUTO_TEST_CASE(a_crash_at_any_write_changes_nothing) {
  const std::string spec = metrics(job_metric("sleep 1; exit 1", R"("interval":"5s","failureLimit":1,)"));
  const int crashes = crash_at_every_write(spec, [](AnalysisWorld& world) {
    const auto done = world.run();
    BOOST_TEST(done->status.phase == "Failed");
    BOOST_TEST(done->status.message == "Metric \"check\" assessed Failed due to failed (2) > failureLimit (1)");
    BOOST_TEST(done->status.metric_results[0].count == 2);
    BOOST_TEST(done->status.metric_results[0].measurements.size() == 2u);
    BOOST_TEST(world.jobs() == (std::vector<std::string>{"check.1", "check.2"}), boost::test_tools::per_element());
  });
  BOOST_TEST(crashes >= 10);
}

// A query whose answer was not written yet is asked once more, and counts once.
BOOST_AUTO_TEST_CASE(a_crash_at_any_write_of_several_metrics_changes_nothing) {
  const std::string spec =
      metrics(prometheus_metric(R"("interval":"10s","count":4,"failureLimit":4,)") + "," +
                  job_metric("sleep 3; exit 0", R"("initialDelay":"12s",)") + "," +
                  job_metric("sleep 1; exit 1", R"("interval":"7s","count":2,)", "dry"),
              R"(,"args":[{"name":"app","value":"web"},{"name":"token","value":"t"}],"dryRun":[{"metricName":"dry"}],)"
              R"("measurementRetention":[{"metricName":"rate","limit":2}])");
  const int crashes = crash_at_every_write(spec, [](AnalysisWorld& world) {
    const auto done = world.run();
    BOOST_TEST(done->status.phase == "Successful");
    BOOST_TEST(done->status.run_summary.count == 2);
    BOOST_TEST(done->status.run_summary.successful == 2);
    BOOST_TEST(done->status.dry_run_summary.value().failed == 1);
    for (const crds::MetricResult& result : done->status.metric_results) {
      BOOST_TEST(result.count == (result.name == "rate" ? 4 : 1), result.name);
      BOOST_TEST(result.error == 0);
      BOOST_TEST(result.measurements.size() == (result.name == "rate" ? 2u : 1u));
      for (std::size_t i = 1; i < result.measurements.size(); ++i)
        BOOST_TEST((*result.measurements[i].started_at >= *result.measurements[i - 1].finished_at + seconds{10}));
    }
    BOOST_TEST(world.asked.size() >= 4u);
    BOOST_TEST(world.asked.size() <= 5u);
    BOOST_TEST(world.jobs() == (std::vector<std::string>{"check.1", "dry.1"}), boost::test_tools::per_element());
  });
  BOOST_TEST(crashes >= 16);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::analysis
