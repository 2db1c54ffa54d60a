// Authentication of metrics: tokens that are kept, roles that are assumed, and secrets that are never shown.
#include <fstream>

#include <boost/asio/co_spawn.hpp>
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "analysis/auth/aws_credentials.h"
#include "analysis/auth/oauth2.h"
#include "kube/base64.h"
#include "test/unit/analysis/backend.h"

namespace sluice::analysis {
namespace {

using kube::HttpRequest;
using kube::HttpResponse;
using kube::HttpServerRequest;
using kube::HttpServerResponse;
using kube::Result;

BOOST_AUTO_TEST_SUITE(auth_tests, *boost::unit_test::timeout(30))

const crds::OAuth2Authentication client{"https://login.example/token", "my id", "s3cr&t", {"read", "metrics"}};

BOOST_AUTO_TEST_CASE(a_token_is_asked_for_in_the_ways_of_the_standard) {
  const HttpRequest with_header = oauth2_token_request(client, OAuth2Style::header);
  BOOST_TEST(with_header.method == "POST");
  BOOST_TEST(with_header.url == "https://login.example/token");
  BOOST_TEST(with_header.body == "grant_type=client_credentials&scope=read%20metrics");
  BOOST_TEST(with_header.headers.get("Authorization") == "Basic " + kube::encode_base64("my%20id:s3cr%26t"));
  const HttpRequest with_form = oauth2_token_request(client, OAuth2Style::form);
  BOOST_TEST(with_form.body ==
             "grant_type=client_credentials&scope=read%20metrics&client_id=my%20id&client_secret=s3cr%26t");
  BOOST_TEST(!with_form.headers.find("Authorization"));
}

BOOST_AUTO_TEST_CASE(a_token_answer_is_read_or_refused_without_being_quoted) {
  const kube::Time now = kube::parse_time("2026-01-02T03:00:00Z").value();
  const auto token =
      read_oauth2_token({200, {}, R"({"access_token":"abc","token_type":"bearer","expires_in":3600})"}, now);
  BOOST_REQUIRE(token);
  BOOST_TEST(token->authorization == "Bearer abc");
  BOOST_TEST((token->usable_until == now + std::chrono::minutes{59}));
  BOOST_TEST(read_oauth2_token({200, {}, R"({"access_token":"abc","token_type":"DPoP"})"}, now)->authorization ==
             "DPoP abc");
  const struct {
    unsigned status;
    const char *body, *message;
  } rows[] = {
      {401, R"({"error":"invalid_client","error_description":"secret text"})",
       "oauth2: the token server answered 401: invalid_client"},
      {500, "<html>", "oauth2: the token server answered 500"},
      {200, "access_token=abc", "oauth2: the token server's answer holds no access_token"},
      {200, "{}", "oauth2: the token server's answer holds no access_token"},
  };
  for (const auto& row : rows)
    BOOST_TEST(read_oauth2_token({row.status, {}, row.body}, now).error().message == row.message);
}

// A token server and a Prometheus in one.
struct Guarded : Backend {
  int tokens = 0;
  std::string valid;
  bool takes_header = true;
  Guarded() {
    metric.success_condition = "result[0] > 0";
    metric.provider.prometheus.emplace();
    crds::PrometheusMetric& prometheus = *metric.provider.prometheus;
    prometheus.address = address();
    prometheus.query = "up";
    prometheus.authentication.oauth2 = {address() + "/token", "id", "very-secret-value", {}};
    answer = [this](const HttpServerRequest& request) { return play(request); };
  }
  HttpServerResponse play(const HttpServerRequest& request) {
    if (request.target == "/token") {
      const bool in_form = request.body.find("client_secret=very-secret-value") != std::string::npos;
      if (!in_form && !takes_header) return answering(R"({"error":"invalid_client"})", 401);
      valid = fmt::format("token-number-{}", ++tokens);
      return answering(R"({"access_token":")" + valid + R"(","expires_in":600})");
    }
    if (request.headers.get("Authorization") != "Bearer " + valid)
      return answering(
          R"({"status":"error","errorType":"x","error":")" + std::string(request.headers.get("Authorization")) + "\"}",
          401);
    return answering(R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"1"]}]}})");
  }
};

BOOST_FIXTURE_TEST_CASE(a_token_is_kept_until_the_server_forgets_it, Guarded) {
  BOOST_TEST(measure().phase == "Successful");
  BOOST_TEST(measure().phase == "Successful");
  BOOST_TEST(tokens == 1);
  valid = "forgotten";  // the server was restarted
  BOOST_TEST(measure().phase == "Successful");
  BOOST_TEST(tokens == 2);
  takes_header = false;
  valid = "forgotten";
  BOOST_TEST(measure().phase == "Successful");
  BOOST_TEST(tokens == 3);
}

BOOST_FIXTURE_TEST_CASE(many_who_need_a_token_fetch_it_once, Guarded) {
  delay = std::chrono::milliseconds{20};
  settings.limits.shared_for = std::chrono::milliseconds{0};
  int good = 0, over = 0;
  std::vector<crds::Metric> metrics(8, metric);
  for (std::size_t at = 0; at < metrics.size(); ++at) {
    MeasurementTask made = task();
    made.metric.provider.prometheus->query = fmt::format("up{{at=\"{}\"}}", at);
    net::co_spawn(io, table().of(metric).run(std::move(made)), [&](std::exception_ptr, crds::Measurement seen) {
      good += seen.phase == "Successful";
      ++over;
    });
  }
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  while (over < 8 && std::chrono::steady_clock::now() < end) io.run_one_until(end);
  BOOST_TEST(good == 8);
  BOOST_TEST(tokens == 1);
}

BOOST_FIXTURE_TEST_CASE(a_header_of_the_metric_wins_over_the_token, Guarded) {
  metric.provider.prometheus->headers = {{"Authorization", "Bearer mine"}};
  valid = "mine";
  BOOST_TEST(measure().phase == "Successful");
  BOOST_TEST(tokens == 0);
}

BOOST_FIXTURE_TEST_CASE(the_token_server_must_be_allowed_and_right, Guarded) {
  metric.provider.prometheus->authentication.oauth2.token_url = "http://169.254.169.254/token";
  BOOST_TEST(measure().message == "host \"169.254.169.254\" is not allowed");
  metric.provider.prometheus->authentication.oauth2.token_url = address() + "/token";
  answer = [](const HttpServerRequest&) { return answering("oops", 503); };
  BOOST_TEST(measure().message == "oauth2: the token server answered 503");
}

// Every way a secret could come back: in an error of the backend, in a header it repeats, in a value.
BOOST_FIXTURE_TEST_CASE(no_secret_is_in_a_measurement, Guarded) {
  const auto shows_nothing = [&](const crds::Measurement& seen, const std::string& secret) {
    std::string all = seen.message + "\n" + seen.value;
    for (const auto& [key, value] : seen.metadata) all += "\n" + value;
    BOOST_TEST(all.find(secret) == std::string::npos, all);
  };
  answer = [&](const HttpServerRequest& request) {
    if (request.target == "/token") return answering(R"({"access_token":"leaking-token"})");
    return answering(R"({"status":"error","errorType":"bad_data","error":"you sent )" +
                         std::string(request.headers.get("Authorization")) + R"( and very-secret-value"})",
                     400);
  };
  const crds::Measurement oauth = measure();
  BOOST_TEST(oauth.message == "bad_data: you sent Bearer ***** and *****");
  shows_nothing(oauth, "leaking-token");

  metric.provider.prometheus->authentication = {};
  metric.provider.prometheus->authentication.basic_auth = {"user", "basic-password"};
  answer = [&](const HttpServerRequest&) {
    return answering(R"({"status":"error","errorType":"bad_data","error":"wrong: basic-password"})", 400);
  };
  shows_nothing(measure(), "basic-password");

  metric.provider = {};
  metric.provider.influxdb.emplace().query = "from()";
  metric.success_condition = "";
  secrets["sluice/influxdb"] = {{"address", address()}, {"authToken", "influx-token"}, {"org", "o"}};
  answer = [](const HttpServerRequest&) {
    return answering("#datatype,string,long,string\n,result,table,_value\n,,0,echo influx-token\n");
  };
  const crds::Measurement echoed = measure();
  BOOST_TEST(echoed.value == "[echo *****]");
}

BOOST_AUTO_TEST_CASE(a_profile_is_read_from_the_credentials_file) {
  const char* file =
      "[default]\naws_access_key_id = A\naws_secret_access_key=B\n# comment\n[other]\r\naws_access_key_id= C \r\n"
      "aws_secret_access_key = D=\r\naws_session_token=E\n";
  const AwsCredentials standard = read_aws_profile(file, "default"), other = read_aws_profile(file, "other");
  BOOST_TEST(standard.access_key_id + standard.secret_access_key + standard.session_token == "AB");
  BOOST_TEST(other.access_key_id + other.secret_access_key + other.session_token == "CD=E");
  BOOST_TEST(read_aws_profile(file, "none").access_key_id == "");
}

const char* const assumed =
    "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><AssumedRoleUser/>"
    "<Credentials><AccessKeyId>ASIA1</AccessKeyId><SecretAccessKey>role-secret</SecretAccessKey>"
    "<SessionToken>session</SessionToken><Expiration>2099-01-02T04:00:00Z</Expiration></Credentials>"
    "</AssumeRoleResult></AssumeRoleResponse>";

BOOST_AUTO_TEST_CASE(an_assumed_role_is_read_or_refused) {
  const auto role = read_assumed_role({200, {}, assumed});
  BOOST_REQUIRE(role);
  BOOST_TEST(role->credentials.access_key_id == "ASIA1");
  BOOST_TEST(role->credentials.session_token == "session");
  BOOST_TEST(read_assumed_role({403, {}, "<E><Code>AccessDenied</Code></E>"}).error().message ==
             "aws: the role could not be assumed: 403 AccessDenied");
  BOOST_TEST(read_assumed_role({200, {}, "<x/>"}).error().message ==
             "aws: the answer of the token service holds no credentials");
}

BOOST_FIXTURE_TEST_CASE(managed_prometheus_is_asked_with_signatures_of_the_role, Backend) {
  metric.provider.prometheus.emplace();
  metric.provider.prometheus->address = "https://aps-workspaces.eu-central-1.amazonaws.com/workspaces/ws-1";
  metric.provider.prometheus->query = "up";
  metric.provider.prometheus->authentication.sigv4 = {"eu-central-1", "", "arn:aws:iam::1:role/metrics"};
  variables = {{"AWS_ACCESS_KEY_ID", "AKIA1"}, {"AWS_SECRET_ACCESS_KEY", "base-secret"}};
  answer = [](const HttpServerRequest& request) {
    if (request.target == "/") return answering(assumed);
    return answering(R"({"status":"success","data":{"resultType":"scalar","result":[1,"1"]}})");
  };
  BOOST_TEST(measure().phase == "Successful");
  BOOST_REQUIRE(asked.size() == 2u);
  BOOST_TEST(asked_urls[0] == "https://sts.eu-central-1.amazonaws.com/");
  BOOST_TEST(
      asked[0].body ==
      "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fmetrics&RoleSessionName=sluice");
  BOOST_TEST(asked[0].headers.get("Authorization").starts_with("AWS4-HMAC-SHA256 Credential=AKIA1/"));
  BOOST_TEST(asked[1].target == "/workspaces/ws-1/api/v1/query");
  BOOST_TEST(asked[1].headers.get("Host") == "aps-workspaces.eu-central-1.amazonaws.com");
  BOOST_TEST(asked[1].headers.get("X-Amz-Security-Token") == "session");
  const std::string authorization(asked[1].headers.get("Authorization"));
  BOOST_TEST(authorization.starts_with("AWS4-HMAC-SHA256 Credential=ASIA1/"));
  BOOST_TEST(authorization.find("/eu-central-1/aps/aws4_request") != std::string::npos);
  BOOST_TEST(measure().phase == "Successful");
  BOOST_TEST(asked.size() == 3u);  // the role is kept
  // Only hosts of Managed Prometheus are signed for.
  metric.provider.prometheus->address = address();
  BOOST_TEST(measure().phase == "Successful");
  BOOST_TEST(!asked.back().headers.find("Authorization"));
}

BOOST_FIXTURE_TEST_CASE(a_web_identity_becomes_a_role, Backend) {
  const std::string file = std::string(SLUICE_BINARY_DIR) + "/web-identity-token";
  std::ofstream(file) << "eyJ.token\n";
  metric.provider.web.emplace();
  metric.provider.web->url = "https://abc.execute-api.us-east-1.amazonaws.com/v1";
  metric.provider.web->authentication.sigv4.region = "us-east-1";
  variables = {{"AWS_ROLE_ARN", "arn:aws:iam::1:role/pod"}, {"AWS_WEB_IDENTITY_TOKEN_FILE", file}};
  answer = [](const HttpServerRequest& request) { return answering(request.target == "/" ? assumed : "1"); };
  BOOST_TEST(measure().phase == "Successful");
  BOOST_TEST(asked.at(0).body ==
             "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fpod"
             "&RoleSessionName=sluice&WebIdentityToken=eyJ.token");
  BOOST_TEST(!asked.at(0).headers.find("Authorization"));
  BOOST_TEST(asked.at(1).headers.get("Authorization").find("/us-east-1/execute-api/aws4_request") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::analysis
