// Named scenarios of single AnalysisRuns; test/data/analysis_scenarios.tsv says for every one where it is tested.
#include <boost/test/unit_test.hpp>

#include "analysis/phase.h"
#include "test/simulation/analysis_world.h"

namespace sluice::analysis {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using Names = std::vector<std::string>;

std::string job(const std::string& name, const std::string& script, const std::string& more = "") {
  return R"({"name":")" + name + R"(",)" + more +
         R"("provider":{"job":{"spec":{"backoffLimit":0,"template":{"spec":{"restartPolicy":"Never","containers":[)" +
         R"({"name":"check","image":"alpine:3","command":["sh","-c"],"args":[")" + script + R"("]}]}}}}}})";
}
std::string query(const std::string& name, const std::string& text, const std::string& more = "",
                  const std::string& condition = "result[0] >= 0.95") {
  return R"({"name":")" + name + R"(",)" + more + R"("successCondition":")" + condition +
         R"(","provider":{"prometheus":{"address":"http://prometheus:9090","query":")" + text + R"("}}})";
}
std::string web(const std::string& name, const std::string& more, const std::string& condition) {
  return R"({"name":")" + name + R"(",)" + more + R"("successCondition":")" + condition +
         R"(","provider":{"web":{"url":"http://web/)" + name + R"(","jsonPath":"{$.value}"}}})";
}
std::string spec(const std::string& metrics, const std::string& more = "") {
  return R"({"metrics":[)" + metrics + "]" + more + "}";
}
kube::HttpResponse vector_of(const std::string& value) {
  kube::HttpResponse response;
  response.status = 200;
  response.body = R"({"status":"success","data":{"resultType":"vector","result":[)" +
                  (value.empty() ? std::string() : R"({"metric":{},"value":[1,")" + value + R"("]})") + "]}}";
  return response;
}

BOOST_FIXTURE_TEST_SUITE(run_scenarios, AnalysisWorld, *boost::unit_test::timeout(120))

BOOST_AUTO_TEST_CASE(ar_1905_a_default_counts_no_data_as_the_reference_does_and_nothing_else_does) {
  const struct {
    const char* body;
    const char* condition;
    const char* phase;
  } rows[] = {
      {R"({"value":null})", "default(result, 0) <= 10", "Successful"},  // what the author wrote
      {R"({"value":null})", "result <= 10", "Error"},
      {R"({"value":7})", "default(result, 0) <= 10", "Successful"},
      {R"({"value":11})", "default(result, 0) <= 10", "Failed"},
      {"", "result <= 10", "Error"},
      {R"({"other":1})", "result <= 10", "Error"},
  };
  int number = 0;
  for (const auto& row : rows) {
    backend = [&](const kube::HttpRequest&) { return kube::HttpResponse{200, {}, row.body}; };
    const std::string name = "run-" + std::to_string(++number);
    clock.run_for(seconds{1});  // equal questions at one moment get one answer
    make_run(spec(web("web", "", row.condition)), name);
    BOOST_REQUIRE(run_until_over(minutes{2}, name));
    BOOST_TEST(run(name)->status.phase == row.phase, row.body << " " << row.condition);
  }
  for (const char* value : {"", "NaN"}) {
    backend = [&](const kube::HttpRequest&) { return vector_of(value); };
    const std::string name = "run-" + std::to_string(++number);
    clock.run_for(seconds{1});
    make_run(spec(query("rate", "up")), name);
    BOOST_REQUIRE(run_until_over(minutes{2}, name));
    BOOST_TEST(run(name)->status.phase != "Successful", value);
  }
}

BOOST_AUTO_TEST_CASE(obs_a31_metrics_with_like_names_have_jobs_of_their_own) {
  const std::string names[] = {"integration-tests-part-one", "integration-tests-part-two", "Under_score",
                               std::string(70, 'x')};
  std::string metrics;
  for (const std::string& name : names)
    metrics +=
        (metrics.empty() ? "" : ",") + job(name, name.ends_with("two") ? "exit 1" : "exit 0", R"("failureLimit":1,)");
  make_run(spec(metrics));
  BOOST_REQUIRE(run_until_over(minutes{2}));
  BOOST_TEST(jobs().size() == 4u);
  const auto done = run();
  BOOST_TEST(done->status.metric_results.size() == 4u);
  for (const crds::MetricResult& result : done->status.metric_results)
    BOOST_TEST(result.failed == (result.name.ends_with("two") ? 1 : 0), result.name);
}

BOOST_AUTO_TEST_CASE(obs_a11_a_shortfall_of_successes_is_told) {
  const std::string pattern = "SSFSSF";
  std::size_t at = 0;
  backend = [&](const kube::HttpRequest&) { return vector_of(pattern[at++ % pattern.size()] == 'S' ? "1" : "0"); };
  make_run(spec(query("rate", "up", R"("interval":"2s","count":6,"failureLimit":-1,"consecutiveSuccessLimit":5,)")));
  BOOST_REQUIRE(run_until_over(minutes{2}));
  BOOST_TEST(run()->status.phase == "Failed");
  BOOST_TEST(run()->status.run_summary.failed == 1);
  BOOST_TEST(run()->status.run_summary.successful == 0);
  BOOST_TEST(run()->status.message ==
             "Metric \"rate\" assessed Failed due to consecutiveSuccesses (0) < consecutiveSuccessLimit (5)");
}

BOOST_AUTO_TEST_CASE(ar_1360_a_metric_with_a_delay_is_waited_for) {
  backend = [](const kube::HttpRequest&) { return vector_of("1"); };
  make_run(spec(query("fast", "a") + "," + query("late", "b", R"("initialDelay":"60s",)")));
  const kube::Time begun = clock.now();
  clock.run_for(seconds{50});
  BOOST_TEST(run()->status.phase == "Running");
  BOOST_TEST(asked.size() == 1u);
  BOOST_REQUIRE(run_until_over(minutes{1}));
  BOOST_TEST((clock.now() - begun >= seconds{59}));
  BOOST_TEST(run()->status.run_summary.successful == 2);
}

BOOST_AUTO_TEST_CASE(ar_2578_a_backend_in_trouble_is_asked_gently_and_the_limit_holds_as_written) {
  const kube::Time begun = clock.now();
  backend = [&](const kube::HttpRequest& request) -> kube::Result<kube::HttpResponse> {
    const kube::Duration since = clock.now() - begun;
    if (since < minutes{1}) {
      kube::HttpResponse later{429, {}, ""};
      later.headers.add("Retry-After", "30");
      return later;
    }
    if (since < minutes{6}) return kube::Error{kube::Fault::timeout, "no answer in time"};
    (void)request;
    return vector_of("1");
  };
  const std::string more = R"("interval":"20s","count":3,"consecutiveErrorLimit":100,)";
  make_run(spec(query("a", "a", more) + "," + query("b", "b", more) + "," + query("c", "c", more)), "patient");
  make_run(spec(query("a", "d", R"("interval":"20s","count":3,)")), "strict");
  BOOST_REQUIRE(run_until_over(minutes{3}, "strict"));
  BOOST_TEST(run("strict")->status.phase == "Error");
  BOOST_TEST(run("strict")->status.message.starts_with(
      "Metric \"a\" assessed Error due to consecutiveErrors (5) > consecutiveErrorLimit (4)"));
  // In the first minute the backend wanted silence twice; nobody asked in between.
  BOOST_REQUIRE(run_until_over(minutes{10}, "patient"));
  BOOST_TEST(run("patient")->status.phase == "Successful");
}

BOOST_AUTO_TEST_CASE(obs_a35_a_secret_that_is_deleted_for_a_minute_costs_only_time) {
  backend = [](const kube::HttpRequest&) { return vector_of("1"); };
  const auto make_secret = [this] {
    request("POST", "/api/v1/namespaces/default/secrets",
            R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"token"},"stringData":{"key":"open"}})");
  };
  make_secret();
  make_run(spec(query("rate", R"(up{t=\"{{args.t}}\"})", R"("interval":"20s","count":8,"consecutiveErrorLimit":10,)"),
                R"(,"args":[{"name":"t","valueFrom":{"secretKeyRef":{"name":"token","key":"key"}}}])"));
  clock.run_for(seconds{70});
  request("DELETE", "/api/v1/namespaces/default/secrets/token");
  clock.run_for(minutes{1});
  BOOST_TEST(run()->status.phase == "Running");
  BOOST_TEST(run()->status.metric_results[0].error > 0);
  make_secret();
  BOOST_REQUIRE(run_until_over(minutes{5}));
  BOOST_TEST(run()->status.phase == "Successful");
  BOOST_TEST(run()->status.metric_results[0].successful == 8);
}

BOOST_AUTO_TEST_CASE(obs_a02_what_goes_wrong_in_one_metric_stays_there) {
  backend = [](const kube::HttpRequest& request) -> kube::Result<kube::HttpResponse> {
    if (request.url.find("null") != std::string::npos) return kube::HttpResponse{200, {}, "null"};
    if (request.url.find("text") != std::string::npos) return kube::HttpResponse{200, {}, R"({"value":"text"})"};
    return vector_of("1");
  };
  const std::string often = R"("interval":"10s","count":5,"consecutiveErrorLimit":50,)";
  make_run(spec(web("null", often, "result.ok") + "," + web("text", often, "result > 1") + "," +
                query("good", "up", R"("interval":"10s","count":5,)")));
  clock.run_for(minutes{1});
  const auto seen = run();
  BOOST_TEST(seen->status.phase == "Running");
  for (const crds::MetricResult& result : seen->status.metric_results) {
    BOOST_TEST((result.error > 3) == (result.name != "good"), result.name);
    if (result.name != "good") BOOST_TEST(!result.measurements.back().message.empty());
    if (result.name == "good") BOOST_TEST(result.phase == "Successful");
  }
}

BOOST_AUTO_TEST_CASE(obs_a27_a_slow_metric_holds_no_other) {
  std::map<std::string, std::vector<kube::Time>> moments;
  backend = [](const kube::HttpRequest&) { return vector_of("1"); };
  answers_after = [&](const kube::HttpRequest& request) -> kube::Duration {
    const std::string name = request.body.substr(0, request.body.find('&'));
    moments[name].push_back(clock.now());
    return name == "query=slow" ? kube::Duration{seconds{25}} : milliseconds{10};
  };
  const std::string often = R"("interval":"10s",)";
  make_run(spec(query("one", "one", often) + "," + query("two", "two", often) + "," + query("slow", "slow", often)));
  clock.run_for(minutes{5});
  for (const char* name : {"query=one", "query=two"}) {
    const std::vector<kube::Time>& asked_at = moments[name];
    BOOST_REQUIRE(asked_at.size() >= 30u);
    for (std::size_t i = 1; i < asked_at.size(); ++i)
      BOOST_TEST((asked_at[i] - asked_at[0] - static_cast<int>(i) * seconds{10} <= milliseconds{100}), name << i);
  }
  // It takes longer than its interval, and then rests for one.
  BOOST_TEST((moments["query=slow"].at(1) - moments["query=slow"].at(0) == seconds{35}));
}

BOOST_AUTO_TEST_CASE(obs_a03_finished_runs_are_deleted_in_time_whatever_came_of_them) {
  backend = [](const kube::HttpRequest& request) -> kube::Result<kube::HttpResponse> {
    if (request.body.find("good") != std::string::npos) return vector_of("1");
    if (request.body.find("bad") != std::string::npos) return vector_of("0");
    return kube::Error{kube::Fault::unavailable, "refused"};
  };
  const std::string ttl = R"(,"ttlStrategy":{"secondsAfterCompletion":60})";
  make_run(spec(query("rate", "good"), ttl), "successful");
  make_run(spec(query("rate", "bad"), ttl), "failed");
  make_run(spec(query("rate", "away", R"("consecutiveErrorLimit":0,)"), ttl), "error");
  make_run(spec(query("rate", "good", "", "result >=> 1"), ttl), "invalid");
  clock.run_for(seconds{58});
  for (const char* name : {"successful", "failed", "error", "invalid"}) {
    BOOST_REQUIRE_MESSAGE(run(name), name);
    BOOST_TEST(is_completed(phase_of(run(name)->status.phase)), name);
  }
  clock.run_for(seconds{4});
  for (const char* name : {"successful", "failed", "error", "invalid"}) BOOST_TEST(!run(name), name);
}

BOOST_AUTO_TEST_CASE(obs_a09_values_of_arguments_are_taken_as_they_are) {
  backend = [](const kube::HttpRequest&) { return vector_of("1"); };
  make_run(spec(query("rate", R"(up{x=\"{{args.x}}\"})"),
                R"(,"args":[{"name":"x","value":"a \"quote\", a \\ and \u0007 \n"}])"));
  BOOST_REQUIRE(run_until_over(minutes{1}));
  BOOST_TEST(run()->status.phase == "Successful");
  BOOST_REQUIRE(asked.size() == 1u);
  BOOST_TEST(asked[0].body.find("a%20%22quote%22%2C%20a%20%5C%20and%20%07%20%0A") != std::string::npos, asked[0].body);
}

BOOST_AUTO_TEST_CASE(obs_a26_jobs_of_dropped_measurements_go_even_if_a_delete_fails_once) {
  bool is_first = true;
  life->transport.before = [&](const kube::ApiRequest& request) {
    if (request.method == "DELETE" && std::exchange(is_first, false)) life->transport.refuse_next = 500;
  };
  make_run(spec(job("one", "exit 0", R"("interval":"5s","count":20,)") + "," +
                    job("two", "exit 0", R"("interval":"5s","count":20,)"),
                R"(,"measurementRetention":[{"metricName":"one|two","limit":3}])"));
  BOOST_REQUIRE(run_until_over(minutes{10}));
  clock.run_for(minutes{1});
  BOOST_TEST(!is_first);
  BOOST_TEST(jobs() == (Names{"one.18", "one.19", "one.20", "two.18", "two.19", "two.20"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(obs_a15_results_stand_in_the_order_of_the_spec_whatever_is_fast) {
  backend = [](const kube::HttpRequest&) { return vector_of("1"); };
  for (unsigned seed = 1; seed <= 20; ++seed) {
    answers_after = [seed](const kube::HttpRequest& request) -> kube::Duration {
      return milliseconds{(std::hash<std::string>{}(request.body.substr(0, 8)) ^ seed * 2654435761U) % 3000};
    };
    std::string metrics;
    for (const char* name : {"e", "a", "d", "b", "c"})
      metrics += (metrics.empty() ? "" : ",") + query(name, name, R"("interval":"10s","count":4,)");
    const std::string name = "run-" + std::to_string(seed);
    make_run(spec(metrics, R"(,"measurementRetention":[{"metricName":"a|b","limit":2},{"metricName":"b","limit":3}])"),
             name);
    BOOST_REQUIRE(run_until_over(minutes{3}, name));
    Names names;
    std::vector<std::size_t> kept;
    const auto done = run(name);
    for (const crds::MetricResult& result : done->status.metric_results) {
      names.push_back(result.name);
      kept.push_back(result.measurements.size());
    }
    BOOST_TEST(names == (Names{"e", "a", "d", "b", "c"}), boost::test_tools::per_element());
    BOOST_TEST(kept == (std::vector<std::size_t>{4, 2, 4, 3, 4}), boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::analysis
