// The command line: names of the reference, and all mistakes at once.
#include "controller/options.h"

#include <boost/test/unit_test.hpp>

namespace sluice::controller {
namespace {

BOOST_AUTO_TEST_CASE(defaults_are_those_of_the_reference) {
  const auto parsed = parse_options({});
  BOOST_REQUIRE(parsed.has_value());
  BOOST_TEST(parsed->options.metrics_port == 8090);
  BOOST_TEST(parsed->options.health_port == 8080);
  BOOST_TEST(parsed->options.leader_elect);
  BOOST_TEST(parsed->options.runs("analysis"));
}

BOOST_AUTO_TEST_CASE(controllers_can_be_picked) {
  const auto parsed = parse_options({"--controllers", "rollouts,analysis"});
  BOOST_REQUIRE(parsed.has_value());
  BOOST_TEST(parsed->options.runs("rollouts"));
  BOOST_TEST(!parsed->options.runs("applications"));
}

BOOST_AUTO_TEST_CASE(all_mistakes_are_named_at_once) {
  const auto parsed = parse_options({"--metricsPort", "70000", "--loglevel", "loud", "--controllers", "pods"});
  BOOST_REQUIRE(parsed.has_error());
  BOOST_TEST(parsed.error().message.find("--metricsPort must be a port") != std::string::npos);
  BOOST_TEST(parsed.error().message.find("--loglevel must be one of") != std::string::npos);
  BOOST_TEST(parsed.error().message.find("not \"pods\"") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_lease_must_outlive_its_renewal) {
  const auto parsed = parse_options({"--leader-election-lease-duration", "5s"});
  BOOST_REQUIRE(parsed.has_error());
  BOOST_TEST(parsed.error().message.find("must be longer than") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(flags_without_meaning_are_accepted_and_named) {
  const auto parsed = parse_options({"--rollout-threads", "50", "--leader-elect=false"});
  BOOST_REQUIRE(parsed.has_value());
  BOOST_TEST(!parsed->options.leader_elect);
  BOOST_REQUIRE(parsed->options.without_effect.size() == 1u);
  BOOST_TEST(parsed->options.without_effect[0].find("--rollout-threads") == 0u);
}

BOOST_AUTO_TEST_CASE(load_balancers_are_asked_only_on_demand) {
  BOOST_TEST(!parse_options({})->options.verify_target_groups);
  BOOST_TEST(parse_options({"--aws-verify-target-group"})->options.verify_target_groups);
  BOOST_TEST(parse_options({"--aws-verify-target-group=true"})->options.verify_target_groups);
  BOOST_TEST(!parse_options({"--aws-verify-target-group=false"})->options.verify_target_groups);
  BOOST_TEST(parse_options({"--alb-verify-weight"})->options.verify_target_groups);
  BOOST_TEST(parse_options({})->options.target_group_tag == "ingress.k8s.aws/resource");
  BOOST_TEST(parse_options({"--alb-tag-key-resource-id", "mine/key"})->options.target_group_tag == "mine/key");
  BOOST_TEST(parse_options({"--aws-verify-target-group=perhaps"}).has_error());
  BOOST_TEST(parse_options({"--alb-ingress-classes", "a", "--alb-ingress-classes=b", "--istio-api-version", "v1"})
                 ->options.without_effect.size() == 2u);
}

BOOST_AUTO_TEST_CASE(defect_29_the_interval_of_questions_is_used_when_valid_and_refused_otherwise) {
  BOOST_TEST((verify_interval_in("").value() == kube::seconds(10)));
  BOOST_TEST((verify_interval_in("3").value() == kube::seconds(3)));
  for (const char* wrong : {"0", "-5", "ten", "5s", " 5"}) {
    BOOST_REQUIRE(verify_interval_in(wrong).has_error());
    BOOST_TEST(verify_interval_in(wrong).error().message.find("ROLLOUT_VERIFY_RETRY_INTERVAL") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(unknown_flags_are_mistakes) { BOOST_TEST(parse_options({"--wieght", "5"}).has_error()); }

BOOST_AUTO_TEST_CASE(help_names_the_flags) {
  const auto parsed = parse_options({"--help"});
  BOOST_REQUIRE(parsed.has_value());
  BOOST_REQUIRE(parsed->print_and_leave.has_value());
  BOOST_TEST(parsed->print_and_leave->find("--instance-id") != std::string::npos);
}

}  // namespace
}  // namespace sluice::controller
