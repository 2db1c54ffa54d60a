// Asking AWS' Elastic Load Balancing API: every page, signed, patient when it throttles, sparing with questions.
#include "traffic/aws/elb_client.h"

#include <fstream>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "analysis/fetch/operator_wire.h"
#include "elb_server.h"
#include "test/unit/kube/http_fixture.h"
#include "traffic/alb.h"
#include "traffic/aws/answers.h"

namespace sluice::traffic {
namespace {

using kube::Fault;
using kube::Result;

const std::string key = "ingress.k8s.aws/resource";
const kube::ObjectKey ingress{"web", "shop"};
const Backends services{"shop-canary", "shop-stable"};

// A load balancer that gives the canary 25 %; credentials in the environment.
struct Cloud {
  boost::asio::io_context io{1};
  kube::RealClock clock;
  ElbServer server{io};
  std::map<std::string, std::string, std::less<>> variables;
  ElbSettings settings;
  std::unique_ptr<ElbClient> client;

  Cloud() {
    ServedBalancer balancer;
    balancer.listeners = {{split(25)}};
    server.balancers = {balancer};
    server.tags[group_arn_of("canary")] = {{key, "web/shop-shop-canary:80"}, {"elbv2.k8s.aws/cluster", "one"}};
    server.tags[group_arn_of("stable")] = {{key, "web/shop-shop-stable:80"}};
    variables = {{"AWS_ACCESS_KEY_ID", "AKIA1"},
                 {"AWS_SECRET_ACCESS_KEY", "the-secret"},
                 {"AWS_REGION", "eu-central-1"},
                 {"HOME", "/nonexistent"},
                 {"AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2", server.url()}};
    settings.wire = analysis::fetch_for_operator();
    settings.environment = [this](std::string_view name) -> std::optional<std::string> {
      const auto found = variables.find(name);
      if (found == variables.end()) return std::nullopt;
      return found->second;
    };
    settings.retry = {4, std::chrono::milliseconds{1}, std::chrono::milliseconds{5}};
    settings.pace = {1000, 1000};
  }
  static std::string split(int canary, const std::string& arn = "rule-1") {
    return rule_xml(arn, {{group_arn_of("canary"), canary}, {group_arn_of("stable"), 100 - canary}});
  }
  Result<LoadBalancerState> ask(const std::string& name = "k8s-web-shop-1.eu-central-1.elb.amazonaws.com") {
    if (!client) client = std::make_unique<ElbClient>(settings, clock);
    std::vector<std::string> names{name};
    return kube::run_on(io, client->describe(std::move(names)));
  }
  std::size_t count(const std::string& action) const {
    return static_cast<std::size_t>(std::count(server.asked.begin(), server.asked.end(), action));
  }
};

BOOST_AUTO_TEST_SUITE(elb_client, *boost::unit_test::timeout(30))

BOOST_FIXTURE_TEST_CASE(weights_are_read_from_the_rules_and_named_by_tags, Cloud) {
  const Result<LoadBalancerState> state = ask();
  BOOST_REQUIRE_MESSAGE(state, state.error().message);
  BOOST_TEST(state->is_found);
  BOOST_REQUIRE(state->balancers.size() == 1u);
  BOOST_TEST(state->balancers[0].arn == server.balancers[0].arn());
  BOOST_REQUIRE(state->rules.size() == 1u);
  const std::vector<ForwardedGroup> groups{{"web/shop-shop-canary:80", 25, group_arn_of("canary")},
                                           {"web/shop-shop-stable:80", 75, group_arn_of("stable")}};
  BOOST_TEST((state->rules[0].groups == groups));
  BOOST_TEST(difference_from(*state, ingress, services, Split::of_canary(25), 80).empty());
  const std::vector<std::string> actions{"DescribeLoadBalancers", "DescribeListeners", "DescribeRules", "DescribeTags"};
  BOOST_TEST(server.asked == actions, boost::test_tools::per_element());
  BOOST_TEST(server.requests[0].headers.get("Authorization").find("/eu-central-1/elasticloadbalancing/aws4_request") !=
             std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(every_page_is_read, Cloud) {
  server.page_size = 1;
  ServedBalancer other;
  other.name = "other";
  other.dns_name = "other-2.eu-central-1.elb.amazonaws.com";
  ServedBalancer ours = server.balancers[0];
  ours.listeners = {{split(25, "a"), split(25, "b"), split(25, "c")}, {split(30, "d")}};
  server.balancers = {other, other, ours};
  const Result<LoadBalancerState> state = ask("K8S-web-shop-1.eu-central-1.elb.amazonaws.com");
  BOOST_REQUIRE_MESSAGE(state, state.error().message);
  BOOST_TEST(state->rules.size() == 4u);
  BOOST_TEST(difference_from(*state, ingress, services, Split::of_canary(25), 80) ==
             "the load balancer gives target group web/shop-shop-canary:80 weight 30 and should give 25");
  BOOST_TEST(count("DescribeLoadBalancers") == 3u);
  BOOST_TEST(count("DescribeRules") == 4u);
}

BOOST_FIXTURE_TEST_CASE(names_and_tags_are_asked_for_once_and_rules_each_time, Cloud) {
  BOOST_REQUIRE(ask());
  server.balancers[0].listeners = {{split(50)}};
  const Result<LoadBalancerState> state = ask();
  BOOST_REQUIRE(state);
  BOOST_TEST(state->rules[0].groups[0].weight == 50);
  BOOST_TEST(count("DescribeLoadBalancers") == 1u);
  BOOST_TEST(count("DescribeTags") == 1u);
  BOOST_TEST(count("DescribeRules") == 2u);
}

BOOST_FIXTURE_TEST_CASE(a_load_balancer_that_was_replaced_is_looked_up_again, Cloud) {
  BOOST_REQUIRE(ask());
  server.balancers[0].name = "made-anew";
  BOOST_TEST((ask().error().fault == Fault::not_found));
  BOOST_TEST(ask().has_value());
  BOOST_TEST(count("DescribeLoadBalancers") == 2u);
}

BOOST_FIXTURE_TEST_CASE(tags_are_asked_for_twenty_at_a_time, Cloud) {
  std::vector<std::pair<std::string, int>> groups;
  for (int at = 0; at < 45; ++at) {
    groups.emplace_back(group_arn_of(fmt::format("group-{}", at)), 1);
    server.tags[groups.back().first] = {{key, fmt::format("tag-{}", at)}};
  }
  server.balancers[0].listeners = {{rule_xml("r", groups)}};
  const Result<LoadBalancerState> state = ask();
  BOOST_REQUIRE_MESSAGE(state, state.error().message);
  BOOST_TEST(state->rules[0].groups[44].tag == "tag-44");
  BOOST_TEST(count("DescribeTags") == 3u);
}

BOOST_FIXTURE_TEST_CASE(another_tag_may_name_the_service, Cloud) {
  settings.tag_key = "mine/resource";
  server.tags[group_arn_of("canary")]["mine/resource"] = "web/shop-shop-canary:80";
  const Result<LoadBalancerState> state = ask();
  BOOST_REQUIRE(state);
  BOOST_TEST(state->rules[0].groups[0].tag == "web/shop-shop-canary:80");
  BOOST_TEST(state->rules[0].groups[1].tag == "");
}

BOOST_FIXTURE_TEST_CASE(a_name_that_no_load_balancer_has_is_told_apart_from_a_failure, Cloud) {
  const Result<LoadBalancerState> state = ask("gone.eu-central-1.elb.amazonaws.com");
  BOOST_REQUIRE(state);
  BOOST_TEST(!state->is_found);
  BOOST_TEST(difference_from(*state, ingress, services, Split::of_canary(25), 80) ==
             "no load balancer of Ingress shop is known yet");
}

BOOST_FIXTURE_TEST_CASE(throttling_in_all_its_words_is_waited_for, Cloud) {
  const struct {
    unsigned status;
    const char* code;
  } rows[] = {{400, "Throttling"}, {400, "ThrottlingException"}, {503, "RequestLimitExceeded"},
              {429, "Anything"},   {500, "InternalFailure"},     {503, "ServiceUnavailable"}};
  for (const auto& row : rows) {
    BOOST_TEST_CONTEXT(row.code) {
      client.reset();
      int refused = 0;
      server.refusal = [&](const std::string&) -> std::optional<std::pair<unsigned, std::string>> {
        if (++refused % 3 != 0) return std::pair(row.status, error_xml(row.code, "Rate exceeded"));
        return std::nullopt;
      };
      BOOST_TEST(ask().has_value());
    }
  }
}

BOOST_FIXTURE_TEST_CASE(lasting_throttling_is_an_error_and_tells_nothing_of_weights, Cloud) {
  server.refusal = [](const std::string&) { return std::pair(400U, error_xml("Throttling", "Rate exceeded")); };
  const Result<LoadBalancerState> state = ask();
  BOOST_REQUIRE(!state);
  BOOST_TEST((state.error().fault == Fault::throttled));
  BOOST_TEST(state.error().message == "DescribeLoadBalancers was answered with 400 Throttling: Rate exceeded");
  BOOST_TEST(server.asked.size() == 4u);
}

BOOST_FIXTURE_TEST_CASE(what_no_patience_mends_is_asked_once, Cloud) {
  const struct {
    unsigned status;
    const char* code;
    Fault fault;
  } rows[] = {{403, "AccessDenied", Fault::forbidden},
              {403, "ExpiredToken", Fault::unauthorized},
              {400, "ValidationError", Fault::invalid}};
  for (const auto& row : rows) {
    server.asked.clear();
    server.refusal = [&](const std::string&) { return std::pair(row.status, error_xml(row.code, "no")); };
    BOOST_TEST((ask().error().fault == row.fault));
    BOOST_TEST(server.asked.size() == 1u);
  }
  server.refusal = [&](const std::string&) { return std::pair(200U, std::string("<html>")); };
  BOOST_TEST((ask().error().fault == Fault::internal));
}

BOOST_FIXTURE_TEST_CASE(a_wrong_secret_is_found_out_by_the_server, Cloud) {
  variables["AWS_SECRET_ACCESS_KEY"] = "another";
  BOOST_TEST((ask().error().fault == Fault::unauthorized));
  BOOST_TEST(ask().error().message.find("SignatureDoesNotMatch") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(questions_keep_to_their_rate, Cloud) {
  settings.pace = {50, 2};
  const auto before = std::chrono::steady_clock::now();
  BOOST_REQUIRE(ask());  // four questions: two at once, two more 20 ms apart
  BOOST_TEST((std::chrono::steady_clock::now() - before >= std::chrono::milliseconds{35}));
}

BOOST_FIXTURE_TEST_CASE(without_region_or_credentials_the_message_says_what_to_set, Cloud) {
  variables.erase("AWS_SECRET_ACCESS_KEY");
  BOOST_TEST(ask().error().message ==
             "aws: no credentials (AWS_ACCESS_KEY_ID, a web identity, or profile \"default\" of the shared credentials "
             "file)");
  variables.erase("AWS_REGION");
  BOOST_TEST(ask().error().message == "aws: no region; set AWS_REGION for the controller");
  BOOST_TEST(server.asked.empty());
  const Result<> checked = kube::run_on(io, client->check());
  BOOST_TEST(checked.error().message == "aws: no region; set AWS_REGION for the controller");
}

// EKS pod identities: the agent's address stands in the environment, its token in a file.
BOOST_FIXTURE_TEST_CASE(the_platform_of_the_container_gives_credentials, Cloud) {
  std::vector<std::string> tokens;
  kube::HttpServer agent(io.get_executor(), {}, [&](kube::HttpServerRequest request, kube::HttpResponder& responder) {
    tokens.emplace_back(request.headers.get("Authorization"));
    kube::HttpServerResponse response;
    response.body =
        R"({"AccessKeyId":"ASIA2","SecretAccessKey":"pod-secret","Token":"pod-session","Expiration":"2099-01-02T04:00:00Z"})";
    return responder.send(std::move(response));
  });
  BOOST_REQUIRE(agent.start());
  const std::string file = std::string(SLUICE_BINARY_DIR) + "/pod-identity-token";
  std::ofstream(file) << "agent-token\n";
  variables.erase("AWS_ACCESS_KEY_ID");
  variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = fmt::format("http://127.0.0.1:{}/v1/credentials", agent.port());
  variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = file;
  server.secret = "pod-secret";
  server.session_token = "pod-session";
  const Result<LoadBalancerState> state = ask();
  BOOST_REQUIRE_MESSAGE(state, state.error().message);
  BOOST_TEST(tokens.size() == 1u);
  BOOST_TEST(tokens.at(0) == "agent-token");
  variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://credentials.example/";
  BOOST_TEST(ask().error().message ==
             "aws: AWS_CONTAINER_CREDENTIALS_FULL_URI must be https:// or an address of the container's platform");
}

BOOST_FIXTURE_TEST_CASE(the_web_identity_of_a_service_account_becomes_a_role, Cloud) {
  std::vector<std::string> forms;
  kube::HttpServer tokens(io.get_executor(), {}, [&](kube::HttpServerRequest request, kube::HttpResponder& responder) {
    forms.push_back(request.body);
    kube::HttpServerResponse response;
    response.content_type = "text/xml";
    response.body =
        "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>ASIA3"
        "</AccessKeyId><SecretAccessKey>role-secret</SecretAccessKey><SessionToken>role-session</SessionToken>"
        "<Expiration>2099-01-02T04:00:00Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult>"
        "</AssumeRoleWithWebIdentityResponse>";
    return responder.send(std::move(response));
  });
  BOOST_REQUIRE(tokens.start());
  const std::string file = std::string(SLUICE_BINARY_DIR) + "/elb-web-identity-token";
  std::ofstream(file) << "eyJ.token\n";
  variables.erase("AWS_ACCESS_KEY_ID");
  variables["AWS_ROLE_ARN"] = "arn:aws:iam::1:role/rollouts";
  variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = file;
  variables["AWS_ENDPOINT_URL_STS"] = fmt::format("http://127.0.0.1:{}/", tokens.port());
  server.secret = "role-secret";
  server.session_token = "role-session";
  const Result<LoadBalancerState> state = ask();
  BOOST_REQUIRE_MESSAGE(state, state.error().message);
  BOOST_REQUIRE(ask());
  BOOST_TEST(forms.size() == 1u);
  BOOST_TEST(forms.at(0).find("WebIdentityToken=eyJ.token") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(header_rules_are_told_apart_from_the_split, Cloud) {
  server.balancers[0].listeners = {
      {rule_xml("h", {{group_arn_of("canary"), 1}}, header_condition_xml("X-Beta", {"1", "2"})), split(25)}};
  const Result<LoadBalancerState> state = ask();
  BOOST_REQUIRE(state);
  BOOST_TEST(difference_from(*state, ingress, services, Split::of_canary(25), 80).empty());
  BOOST_TEST(has_header_rule(*state, "web/shop-shop-canary:80", {{"X-Beta", {"2", "1"}}}));
  BOOST_TEST(!has_header_rule(*state, "web/shop-shop-canary:80", {{"X-Beta", {"1"}}}));
  BOOST_TEST(!has_header_rule(*state, "web/shop-shop-canary:80", {}));
  BOOST_TEST(group_arn(*state, "web/shop-shop-stable:80") == group_arn_of("stable"));
  BOOST_TEST(group_arn(*state, "web/shop-shop-other:80") == "");
}

BOOST_FIXTURE_TEST_CASE(registered_targets_are_those_that_stay, Cloud) {
  server.targets[group_arn_of("stable")] = {
      "<member><HealthCheckPort>80</HealthCheckPort><TargetHealth><State>healthy</State></TargetHealth>"
      "<Target><Port>8080</Port><Id>10.0.0.1</Id></Target></member>",
      "<member><TargetHealth><State>initial</State></TargetHealth><Target><Port>8080</Port><Id>10.0.0.2</Id></Target>"
      "</member>",
      "<member><TargetHealth><State>draining</State></TargetHealth><Target><Port>8080</Port><Id>10.0.0.3</Id></Target>"
      "</member>"};
  client = std::make_unique<ElbClient>(settings, clock);
  const Result<std::vector<RegisteredTarget>> targets = kube::run_on(io, client->targets(group_arn_of("stable")));
  BOOST_REQUIRE(targets);
  BOOST_TEST((*targets == std::vector<RegisteredTarget>{{"10.0.0.1", 8080}, {"10.0.0.2", 8080}}));
}

BOOST_AUTO_TEST_CASE(rules_that_redirect_are_no_forwards) {
  const auto result = read_elb_answer(
      "DescribeRules", 200,
      "<DescribeRulesResponse><DescribeRulesResult><Rules><member><Actions><member><Type>redirect</Type></member>"
      "</Actions><RuleArn>r</RuleArn></member></Rules></DescribeRulesResult></DescribeRulesResponse>");
  BOOST_REQUIRE(result);
  BOOST_TEST(read_rules(*result).empty());
  BOOST_TEST(read_elb_answer("DescribeRules", 200, "<other/>").error().message ==
             "DescribeRules: the answer holds no DescribeRulesResult");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::traffic
