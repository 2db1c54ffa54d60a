// The Prometheus provider against a server that speaks its wire format, and against servers that do not.
#include <boost/test/unit_test.hpp>

#include "analysis/egress.h"
#include "analysis/prometheus_answer.h"
#include "analysis/verdict.h"
#include "test/unit/analysis/backend.h"

namespace sluice::analysis {
namespace {

using kube::HttpServerRequest;
using kube::HttpServerResponse;

std::string vector_of(const char* samples) {
  return std::string(R"({"status":"success","data":{"resultType":"vector","result":[)") + samples + "]}}";
}
std::string sample(const char* value) {
  return std::string(R"({"metric":{"__name__":"rate","service":"web"},"value":[1767268800.123,")") + value + "\"]}";
}

BOOST_AUTO_TEST_SUITE(prometheus_tests, *boost::unit_test::timeout(30))

BOOST_AUTO_TEST_CASE(answers_become_values_or_reasons) {
  const std::string json = "application/json";
  const std::string one = vector_of(sample("0.95").c_str());
  const std::string two = vector_of((sample("NaN") + "," + sample("+Inf") + "," + sample("1.5e-07")).c_str());
  const std::string empty = vector_of("");
  const std::string scalar = R"({"status":"success","data":{"resultType":"scalar","result":[1767268800.1,"-Inf"]}})";
  const std::string matrix =
      R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"1"],[2,"2"]]},)"
      R"({"metric":{},"values":[[1,"30000000"]]}]}})";
  const std::string text = R"({"status":"success","data":{"resultType":"string","result":[1,"x"]}})";
  const std::string bad_query =
      R"({"status":"error","errorType":"bad_data","error":"invalid parameter \"query\": 1:3: parse error"})";
  const std::string histogram = vector_of(R"({"metric":{},"histogram":[1,{"count":"3","sum":"2"}]})");
  const struct {
    unsigned status;
    std::string type, body;
    const char* expected;  // the text of the value, or the reason
  } rows[] = {
      {200, json, one, "[0.95]"},
      {200, json, two, "[NaN,+Inf,0.00000015]"},
      {200, json, empty, "[]"},
      {200, json, scalar, "-Inf"},
      {200, json, matrix, "[1,2,30000000]"},
      {200, json, text, "bad_response: unexpected value type \"string\""},
      {200, json, histogram, "Prometheus metric type not supported: native histogram; use histogram_quantile()"},
      {400, json, bad_query, "bad_data: invalid parameter \"query\": 1:3: parse error"},
      {422, json, R"({"status":"error","errorType":"execution","error":"too many series"})",
       "execution: too many series"},
      {404, "text/plain", "404 page not found", "client_error: client error: 404"},
      {401, json, "", "client_error: client error: 401"},
      {500, "text/html", "<html>secret</html>", "server_error: server error: 500"},
      {503, json, "", "server_error: server error: 503"},
      {302, "", "", "bad_response: bad response code 302"},
      {200, "text/html", "<html>secret</html>",
       "bad_response: HTTP 200 with text/html instead of Prometheus' JSON; is the address that of a Prometheus?"},
      {200, "", "",
       "bad_response: HTTP 200 with no content type instead of Prometheus' JSON; is the address that of a Prometheus?"},
      {200, json, "{\"status\":\"success\"}", "bad_response: the answer has no result"},
      {200, json, vector_of(R"({"metric":{},"value":[1]})"), "bad_response: a sample is not a pair of time and text"},
      {200, json, vector_of(sample("abc").c_str()), "bad_response: the value of a sample is not a number"},
  };
  for (const auto& row : rows) {
    const auto answer = read_prometheus_answer(row.status, row.type, row.body);
    BOOST_TEST((answer ? answer->text : answer.error().message) == row.expected);
  }
  const auto warned = read_prometheus_answer(
      200, json, R"({"status":"success","warnings":["a","b"],"data":{"resultType":"vector","result":[]}})");
  BOOST_TEST(print_warnings(warned->warnings) == "\"a\", \"b\"");
}

BOOST_AUTO_TEST_CASE(conditions_judge_the_value) {
  const auto floats = [](std::vector<double> numbers) {
    expression::List list;
    list.elements = expression::Kind::floating;
    for (const double number : numbers) list.items.emplace_back(number);
    return expression::Value(std::move(list));
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::string no_data = "metric result is nil or empty: no data returned from the metric provider";
  const struct {
    std::string success, failure;
    std::vector<double> result;
    Phase phase;
    std::string message;
  } rows[] = {
      {"", "", {1}, Phase::successful, ""},
      {"", "", {}, Phase::successful, ""},
      {"result[0] >= 0.95", "", {0.99}, Phase::successful, ""},
      {"result[0] >= 0.95", "", {0.9}, Phase::failed, ""},
      {"", "result[0] < 0.9", {0.5}, Phase::failed, ""},
      {"", "result[0] < 0.9", {0.95}, Phase::successful, ""},
      {"result[0] >= 0.95", "result[0] < 0.9", {0.93}, Phase::inconclusive, ""},
      {"result[0] >= 0.95", "result[0] < 0.9", {nan}, Phase::inconclusive, ""},
      {"result[0] >= 0.95", "", {nan}, Phase::failed, ""},
      {"isNaN(result[0]) || result[0] >= 0.95", "", {nan}, Phase::successful, ""},
      {"true", "true", {1}, Phase::failed, ""},
      {"result[0] >= 0.95",
       "",
       {},
       Phase::error,
       "could not evaluate successCondition \"result[0] >= 0.95\": " + no_data},
      {"len(result) == 0 || result[0] > 0.9", "", {}, Phase::successful, ""},
      {"result > 1",
       "",
       {1},
       Phase::error,
       "could not evaluate successCondition \"result > 1\": invalid operation: > (mismatched types []float64 and int)"},
      {"true",
       "result[3] > 1",
       {1},
       Phase::error,
       "could not evaluate failureCondition \"result[3] > 1\": index out of range: 3 (array length is 1)"},
      {"result[0]",
       "",
       {1},
       Phase::error,
       "could not evaluate successCondition \"result[0]\": expected bool, but got float64"},
  };
  for (const auto& row : rows) {
    const Judgement judgement = judge(row.success, row.failure, floats(row.result), {});
    BOOST_TEST(name_of(judgement.phase) == name_of(row.phase), row.success << " / " << row.failure);
    BOOST_TEST(judgement.message == row.message);
  }
}

BOOST_AUTO_TEST_CASE(addresses_that_are_not_asked) {
  const struct {
    const char* url;
    const char* refusal;  // nullptr: asked
  } rows[] = {
      {"http://prometheus.monitoring:9090", nullptr},
      {"https://10.0.0.7/prom", nullptr},
      {"http://127.0.0.1:9090", nullptr},
      {"prometheus:9090", "prometheus address is not is url format"},
      {"prometheus", "prometheus address is not is url format"},
      {"http://", "prometheus address is not is url format"},
      {"file:///etc/passwd", "prometheus address is not is url format"},
      {"gopher://x/", "scheme \"gopher\" is not allowed (use http or https)"},
      {"http://u:p@x/", "user and password are not allowed in the address (use basicAuth or headers)"},
      {"http://x/#f", "a fragment (#) is not allowed in the address"},
      {"http://169.254.169.254/latest", "host \"169.254.169.254\" is not allowed"},
      {"http://METADATA.google.internal./", "host \"metadata.google.internal\" is not allowed"},
      {"http://2130706433/", "host \"2130706433\" is not allowed"},
      {"http://127.1/", "host \"127.1\" is not allowed"},
      {"https://kubernetes.default.svc/", "host \"kubernetes.default.svc\" is not allowed"},
  };
  for (const auto& row : rows)
    BOOST_TEST(refusal_of_url(row.url, "prometheus address").value_or("asked") == (row.refusal ? row.refusal : "asked"),
               row.url);
  BOOST_TEST(is_reserved_header("Host"));
  BOOST_TEST(is_reserved_header("metadata-Flavor"));
  BOOST_TEST(!is_reserved_header("X-Scope-OrgID"));
}

struct Prometheus : Backend {
  Prometheus() {
    metric.success_condition = "result[0] >= 0.95";
    metric.failure_condition = "result[0] < 0.9";
    metric.provider.prometheus.emplace();
    metric.provider.prometheus->address = address();
    metric.provider.prometheus->query = "sum(rate(x{a=\"b+c\"}[5m]))";
  }
  crds::Measurement measure_with_default(std::string default_address) {
    settings.prometheus_address = std::move(default_address);
    providers.reset();
    return measure();
  }
};

BOOST_FIXTURE_TEST_CASE(asks_as_prometheus_clients_do, Prometheus) {
  answer = [](const HttpServerRequest&) { return answering(vector_of(sample("0.99").c_str())); };
  metric.provider.prometheus->headers = {{"X-Scope-OrgID", "team"}};
  metric.provider.prometheus->authentication.basic_auth = {"user", "pass"};
  const crds::Measurement seen = measure();
  BOOST_TEST(seen.phase == "Successful");
  BOOST_TEST(seen.value == "[0.99]");
  BOOST_TEST(seen.message == "");
  BOOST_TEST(seen.finished_at.has_value());
  BOOST_REQUIRE(asked.size() == 1u);
  BOOST_TEST(asked[0].method == "POST");
  BOOST_TEST(asked[0].target == "/api/v1/query");
  BOOST_TEST(asked[0].headers.get("Content-Type") == "application/x-www-form-urlencoded");
  BOOST_TEST(asked[0].headers.get("X-Scope-OrgID") == "team");
  BOOST_TEST(asked[0].headers.get("Authorization") == "Basic dXNlcjpwYXNz");
  BOOST_TEST(asked[0].body.starts_with("query=sum%28rate%28x%7Ba%3D%22b%2Bc%22%7D%5B5m%5D%29%29&time=1"));
  BOOST_TEST(asked[0].body.find('.') == std::string::npos);  // whole seconds, so that equal queries are equal
}

BOOST_FIXTURE_TEST_CASE(uses_the_operators_address_and_its_path, Prometheus) {
  answer = [](const HttpServerRequest&) { return answering(vector_of(sample("0.5").c_str())); };
  metric.provider.prometheus->address = "";
  BOOST_TEST(measure_with_default(address() + "/prom/").phase == "Failed");
  BOOST_TEST(asked.at(0).target == "/prom/api/v1/query");
  const crds::Measurement nowhere = measure_with_default("");
  BOOST_TEST(nowhere.phase == "Error");
  BOOST_TEST(nowhere.message == "prometheus address is not configured");
}

BOOST_FIXTURE_TEST_CASE(asks_again_with_get_where_post_is_not_taken, Prometheus) {
  answer = [](const HttpServerRequest& request) {
    return request.method == "POST" ? answering("", 405) : answering(vector_of(sample("0.99").c_str()));
  };
  BOOST_TEST(measure().phase == "Successful");
  BOOST_REQUIRE(asked.size() == 2u);
  BOOST_TEST(asked[1].method == "GET");
  BOOST_TEST(asked[1].target.starts_with("/api/v1/query?query=sum%28rate"));
  BOOST_TEST(asked[1].body == "");
}

BOOST_FIXTURE_TEST_CASE(no_data_and_a_broken_backend_are_told_apart, Prometheus) {
  answer = [](const HttpServerRequest&) { return answering(vector_of("")); };
  const crds::Measurement empty = measure();
  BOOST_TEST(empty.phase == "Error");
  BOOST_TEST(empty.message ==
             "could not evaluate successCondition \"result[0] >= 0.95\": "
             "metric result is nil or empty: no data returned from the metric provider");
  BOOST_TEST(empty.value == "");

  answer = [](const HttpServerRequest&) { return answering(vector_of(sample("NaN").c_str())); };
  const crds::Measurement not_a_number = measure();
  BOOST_TEST(not_a_number.phase == "Inconclusive");
  BOOST_TEST(not_a_number.value == "[NaN]");

  answer = [](const HttpServerRequest&) { return answering("oops", 500); };
  BOOST_TEST(measure().message == "server_error: server error: 500");

  answer = [](const HttpServerRequest&) {
    HttpServerResponse page = answering("<html><body>Sign in</body></html>");
    page.content_type = "text/html";
    return page;
  };
  const crds::Measurement html = measure();
  BOOST_TEST(html.phase == "Error");
  BOOST_TEST(html.message.starts_with("bad_response: HTTP 200 with text/html instead of Prometheus' JSON"));
}

BOOST_FIXTURE_TEST_CASE(a_backend_that_is_down_or_silent_is_an_error, Prometheus) {
  kube::HttpServer closed{
      io.get_executor(), {}, [](HttpServerRequest, kube::HttpResponder&) -> net::awaitable<void> { co_return; }};
  BOOST_REQUIRE(closed.start().has_value());
  const std::string port = std::to_string(closed.port());
  closed.stop_now();
  metric.provider.prometheus->address = "http://127.0.0.1:" + port;
  const crds::Measurement down = measure();
  BOOST_TEST(down.phase == "Error");
  BOOST_TEST(down.message.find("127.0.0.1:" + port) != std::string::npos, down.message);

  metric.provider.prometheus->address = address();
  metric.provider.prometheus->timeout = 0;
  BOOST_TEST(measure().message == "context deadline exceeded: timeout is 0 s");
  BOOST_TEST(asked.empty());

  metric.provider.prometheus->timeout = 7;
  answer = [](const HttpServerRequest&) { return answering(vector_of("")); };
  measure();
  BOOST_TEST((*deadlines.back() > std::chrono::seconds{6} && *deadlines.back() <= std::chrono::seconds{7}));
}

BOOST_FIXTURE_TEST_CASE(headers_of_the_connection_cannot_be_set, Prometheus) {
  metric.provider.prometheus->headers = {{"X-Good", "1"}, {"Host", "other"}};
  BOOST_TEST(measure().message == "headers[1].key: \"Host\" cannot be set");
  metric.provider.prometheus->headers = {{"X-Good", "1\r\nHost: other"}};
  BOOST_TEST(measure().message == "headers[0]: control characters are not allowed");
  BOOST_TEST(asked.empty());
}

BOOST_FIXTURE_TEST_CASE(a_range_is_asked_with_its_times_and_step, Prometheus) {
  metric.success_condition = "all(result, # > 0) && len(result) == 3";
  metric.failure_condition = "";
  metric.provider.prometheus->range_query = {"now() - duration(\"1h30m\")", "now()", "90s"};
  answer = [](const HttpServerRequest&) {
    return answering(R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{"pod":"a"},"values":)"
                     R"([[1,"1"],[2,"2"]]},{"metric":{"pod":"b"},"values":[[1,"3.5"]]}]}})");
  };
  const crds::Measurement seen = measure();
  BOOST_TEST(seen.phase == "Successful", seen.message);
  BOOST_TEST(seen.value == "[1,2,3.5]");
  BOOST_TEST(asked.at(0).method == "POST");
  BOOST_TEST(asked[0].target == "/api/v1/query_range");
  const std::string& form = asked[0].body;
  const auto number_after = [&](const std::string& name) {
    return std::stoll(form.substr(form.find(name) + name.size()));
  };
  BOOST_TEST(number_after("&end=") - number_after("&start=") == 5400);
  BOOST_TEST(form.ends_with("&step=90"));
}

BOOST_FIXTURE_TEST_CASE(mistakes_in_a_range_are_told, Prometheus) {
  const struct {
    crds::PrometheusRangeQuery range;
    std::string mistake;  // of the validation, its beginning
    std::string message;  // of the measurement
  } rows[] = {
      {{"now() -", "now()", "1m"}, "failed to parse rangeQuery.start as time: ", ""},
      {{"duration(\"1h\")", "now()", "1m"},
       "failed to parse rangeQuery.start as time: expected time.Time, but got time.Duration",
       ""},
      {{"now()", "1", "1m"}, "failed to parse rangeQuery.end as time: expected time.Time, but got int", ""},
      {{"now()", "now()", "x"}, "could not parse rangeQuery.step: ", ""},
      {{"now()", "now()", ""}, "failed to parse rangeQuery.step as duration: it is empty", ""},
      {{"now()", "now()", "0s"}, "rangeQuery.step must be a positive duration (got 0s)", ""},
      {{"now()", "now() - duration(\"1h\")", "1m"}, "", "rangeQuery.end is before rangeQuery.start"},
      {{"now() - duration(\"24h\")", "now()", "1s"},
       "",
       "rangeQuery has too many points (limit 11000, got 86400); use a longer step"},
  };
  for (const auto& row : rows) {
    metric.provider.prometheus->range_query = row.range;
    const std::vector<std::string> mistakes = mistakes_in_provider(metric);
    BOOST_TEST(mistakes.empty() == row.mistake.empty(), row.range.start);
    if (!mistakes.empty()) BOOST_TEST(mistakes.front().starts_with(row.mistake), mistakes.front());
    if (!row.message.empty()) BOOST_TEST(measure().message == row.message);
  }
  BOOST_TEST(asked.empty());
}

BOOST_FIXTURE_TEST_CASE(warnings_and_the_query_are_told, Prometheus) {
  answer = [](const HttpServerRequest&) {
    return answering(R"({"status":"success","warnings":["old data"],"data":{"resultType":"vector","result":[)" +
                     sample("0.99") + "]}}");
  };
  BOOST_TEST(measure().metadata.get("warnings") == "\"old data\"");
  BOOST_TEST(table().of(metric).metadata(metric).get("ResolvedPrometheusQuery") == metric.provider.prometheus->query);
  metric.provider.prometheus->insecure = true;
  measure();
  BOOST_TEST(verified.front());
  BOOST_TEST(!verified.back());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::analysis
