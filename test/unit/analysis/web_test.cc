// The web provider against a server that speaks HTTP, and against servers that misbehave.
#include <boost/test/unit_test.hpp>

#include "test/unit/analysis/backend.h"

namespace sluice::analysis {
namespace {

using kube::HttpServerRequest;
using kube::HttpServerResponse;

struct Web : Backend {
  Web() {
    metric.success_condition = "result >= 0.95";
    metric.provider.web.emplace();
    metric.provider.web->url = address() + "/measure?service=web";
    metric.provider.web->json_path = "{$.data.rate}";
    answer = [](const HttpServerRequest&) { return answering(R"({"data":{"rate":0.97}})"); };
  }
  crds::WebMetric& web() { return *metric.provider.web; }
  std::vector<std::string> mistakes() const { return mistakes_in_provider(metric); }
};

BOOST_AUTO_TEST_SUITE(web_tests, *boost::unit_test::timeout(60))

BOOST_FIXTURE_TEST_CASE(takes_a_value_out_of_json, Web) {
  web().headers = {{"X-Team", "shop"}, {"Authorization", "Bearer {x}"}};
  const crds::Measurement seen = measure();
  BOOST_TEST(seen.phase == "Successful");
  BOOST_TEST(seen.value == "0.97");
  BOOST_REQUIRE(asked.size() == 1u);
  BOOST_TEST(asked[0].method == "GET");
  BOOST_TEST(asked[0].target == "/measure?service=web");
  BOOST_TEST(asked[0].headers.get("X-Team") == "shop");
  BOOST_TEST(asked[0].headers.get("Authorization") == "Bearer {x}");
  BOOST_TEST(asked[0].headers.get("Accept-Encoding") == "identity");
  BOOST_TEST((*deadlines[0] <= std::chrono::seconds{10}));
}

BOOST_FIXTURE_TEST_CASE(a_web_metric_can_authenticate_as_prometheus_does, Web) {
  web().authentication.basic_auth = {"user", "pass"};
  BOOST_TEST(measure().phase == "Successful");
  BOOST_TEST(asked[0].headers.get("Authorization") == "Basic dXNlcjpwYXNz");
  web().authentication = {};
  web().authentication.sigv4 = {"eu-central-1", "", ""};
  web().url = "https://api1.execute-api.eu-central-1.amazonaws.com/prod/rate";
  variables = {{"AWS_ACCESS_KEY_ID", "AKIA1"}, {"AWS_SECRET_ACCESS_KEY", "secret"}};
  BOOST_TEST(measure().phase == "Successful");
  BOOST_TEST(asked[1].headers.get("Host") == "api1.execute-api.eu-central-1.amazonaws.com");
  const std::string authorization(asked[1].headers.get("Authorization"));
  BOOST_TEST(authorization.starts_with("AWS4-HMAC-SHA256 Credential=AKIA1/"));
  BOOST_TEST(authorization.find("/eu-central-1/execute-api/aws4_request") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(sends_json_and_other_bodies, Web) {
  web().method = "POST";
  web().json_body.text = R"({"service":"web","minutes":5})";
  web().headers = {{"Content-Type", "text/plain"}};
  BOOST_TEST(measure().phase == "Successful");
  BOOST_TEST(asked[0].method == "POST");
  BOOST_TEST(asked[0].body == R"({"service":"web","minutes":5})");
  BOOST_TEST(asked[0].headers.get("Content-Type") == "application/json");
  web().json_body.text = "";
  web().body = "a=b";
  web().method = "PUT";
  BOOST_TEST(measure().phase == "Successful");
  BOOST_TEST(asked[1].body == "a=b");
  BOOST_TEST(asked[1].headers.get("Content-Type") == "text/plain");
}

BOOST_FIXTURE_TEST_CASE(results_have_the_types_of_json, Web) {
  const std::string long_text(300, 'x');
  const struct {
    std::string body, path, condition, phase, value;
  } rows[] = {
      {R"({"a":true})", "{$.a}", "result == true", "Successful", "true"},
      {R"({"a":"ok"})", "{$.a}", "result == 'ok'", "Successful", "\"ok\""},
      {R"({"a":5})", "{$.a}", "result == 5.0", "Successful", "5"},
      {R"({"a":[1,2,3]})", "{$.a}", "len(result) == 3", "Successful", "[1,2,3]"},
      {R"({"a":{"b":1}})", "{$}", "result.a.b == 1", "Successful", "<object, 1 entries>"},
      {R"({"a":[{"b":1}]})", "{$.a}", "result[0].b == 1", "Successful", "<list, 1 items>"},
      {R"({"a":")" + long_text + "\"}", "{$.a}", "len(result) == 300", "Successful", "<text, 300 bytes>"},
      {"5", "", "result == 5", "Successful", "5"},
      {"up", "", "result == 'up'", "Successful", "<text, 2 bytes>"},
      {"<html>secret page</html>", "{$.a}", "result contains 'secret'", "Successful", "<text, 24 bytes>"},
      {"", "{$.a}", "result == ''", "Successful", "<text, 0 bytes>"},
      {R"({"a":null})", "{$.a}", "result == nil", "Successful", "null"},
      {"null", "{$}", "result == nil", "Successful", "null"},
  };
  for (const auto& row : rows) {
    web().json_path = row.path;
    metric.success_condition = row.condition;
    answer = [&](const HttpServerRequest&) { return answering(row.body); };
    const crds::Measurement seen = measure();
    BOOST_TEST(seen.phase == row.phase, row.body << ": " << seen.message);
    BOOST_TEST(seen.value == row.value, row.body);
  }
}

BOOST_FIXTURE_TEST_CASE(no_data_and_a_broken_backend_are_told_apart, Web) {
  const std::string no_data =
      "could not evaluate successCondition \"result >= 0.95\": "
      "metric result is nil or empty: no data returned from the metric provider";
  const struct {
    unsigned status;
    std::string body, message;
  } rows[] = {
      {200, R"({"data":{"rate":null}})", no_data},
      {200, R"({"data":{}})", "Could not find JSONPath in body: rate is not found"},
      {204, "",
       "could not evaluate successCondition \"result >= 0.95\": invalid operation: >= (mismatched types string and "
       "float64)"},
      {404, "secret", "received non 2xx response code: 404"},
      {500, "secret", "received non 2xx response code: 500"},
      {302, "", "received non 2xx response code: 302"},
      {200, std::string(10000, '[') + std::string(10000, ']'),
       "could not evaluate successCondition \"result >= 0.95\": invalid operation: >= (mismatched types string and "
       "float64)"},
  };
  for (const auto& row : rows) {
    answer = [&](const HttpServerRequest&) { return answering(row.body, row.status); };
    const crds::Measurement seen = measure();
    BOOST_TEST(seen.phase == "Error");
    BOOST_TEST(seen.message == row.message);
    BOOST_TEST(seen.value == "");
  }
  web().json_path = "{$.data.items[*]}";
  answer = [](const HttpServerRequest&) { return answering(R"({"data":{"items":[]}})"); };
  BOOST_TEST(measure().message == "result of web metric produced no value");
}

BOOST_FIXTURE_TEST_CASE(mistakes_are_found_before_anything_is_asked, Web) {
  web().method = "DELETE";
  web().body = "x";
  web().json_body.text = "{}";
  web().json_path = "{.a";
  web().timeout_seconds = 200;
  web().headers = {{"Host", "other"}, {"X", "a\r\nb"}};
  web().authentication.basic_auth.username = "u";
  web().authentication.oauth2.token_url = "https://t";
  web().authentication.sigv4.region = "eu-central-1";
  const std::vector<std::string> expected{
      "web.method: \"DELETE\" is not allowed (use GET, HEAD, POST or PUT)",
      "use either Body or JSONBody; both cannot exists for WebMetric payload",
      "jsonPath: '}' is missing (column 4)",
      "web.timeoutSeconds: too long (limit 120 s, got 200)",
      "headers[0].key: \"Host\" cannot be set",
      "headers[1]: control characters are not allowed",
      "missing mandatory parameter in metric for basic auth setup: password",
      "missing mandatory parameter in metric for OAuth2 setup: clientId",
      "web.authentication.sigv4 signs for Amazon Managed Prometheus (aps-workspaces) and API Gateway (execute-api) "
      "only",
  };
  BOOST_TEST(mistakes() == expected, boost::test_tools::per_element());
  metric.provider.web = crds::WebMetric{};
  web().body = "x";
  BOOST_TEST(mistakes().at(0) == "provider.web.url is required");
  BOOST_TEST(mistakes().at(1) == "Body/JSONBody can only be used with POST or PUT WebMetric Method types");
  web().url = "http://169.254.169.254/latest/meta-data";
  web().body = "";
  BOOST_TEST(measure().message == "host \"169.254.169.254\" is not allowed");
  web().url = "not a url";
  BOOST_TEST(measure().message == "web url is not is url format");
  BOOST_TEST(asked.empty());
}

// What a hostile backend does: each of them costs a bounded time and memory, and says why.
BOOST_AUTO_TEST_CASE(hostile_answers_are_bounded) {
  const struct {
    const char* name;
    std::string reply;
    bool stays;
    const char* message;
  } rows[] = {
      {"endless headers", "HTTP/1.1 200 OK\r\nX: " + std::string(40 << 10, 'x') + "\r\n\r\n", true,
       "the headers are larger than allowed"},
      {"a body of 1 GB", "HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n" + std::string(2 << 20, 'x'), true,
       "the body is larger than allowed"},
      {"endless chunks",
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n100000\r\n" + std::string(1 << 20, 'x') +
           "\r\n100000\r\n" + std::string(1 << 20, 'x'),
       true, "the body is larger than allowed"},
      {"a chunk of impossible size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\nx", true,
       "allowed"},
      {"garbage", "\x01\x02\x03 not HTTP at all\r\n\r\n", true, "not an HTTP message"},
      {"nothing", "", true, "no answer within"},
      {"one byte", "H", true, "no answer within"},
      {"half an answer", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc", false, "closed in the middle"},
  };
  for (const auto& row : rows) {
    net::io_context io{1};
    kube::ScriptedServer server(io, {{{row.reply}, row.stays}});
    const FetchHttp wire = fetch_over_network({{"127.0.0.0/8"}, {}});
    kube::HttpRequest request = kube::get(server.url());
    request.deadline = std::chrono::milliseconds{300};
    const auto answer = kube::run_on(io, wire(std::move(request), true));
    BOOST_REQUIRE_MESSAGE(!answer, row.name);
    BOOST_TEST(answer.error().message.find(row.message) != std::string::npos,
               row.name << ": " << answer.error().message);
  }
}

BOOST_AUTO_TEST_CASE(certificates_are_verified_unless_insecure_is_written) {
  const kube::TestCertificates good, expired(-2, -1);
  const auto serve = [](HttpServerRequest, kube::HttpResponder& responder) -> net::awaitable<void> {
    HttpServerResponse response;
    response.body = "1";
    co_await responder.send(std::move(response));
  };
  for (const auto& [certificates, words] :
       {std::pair(&good, "unknown authority"), std::pair(&expired, "certificate")}) {
    net::io_context io{1};
    kube::HttpServerOptions options;
    options.tls = certificates->server();
    kube::HttpServer server(io.get_executor(), options, serve);
    BOOST_REQUIRE(server.start().has_value());
    const FetchHttp wire = fetch_over_network({{"127.0.0.0/8"}, {}});
    const std::string url = "https://127.0.0.1:" + std::to_string(server.port()) + "/";
    const auto refused = kube::run_on(io, wire(kube::get(url), true));
    BOOST_REQUIRE(!refused);
    BOOST_TEST(refused.error().message.find(words) != std::string::npos, refused.error().message);
    BOOST_TEST(kube::run_on(io, wire(kube::get(url), false))->body == "1");
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::analysis
