// `lint` says which routers cannot be watched.
#include "kubectl/router_warnings.h"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "kube/yaml.h"

namespace sluice::kubectl {
namespace {

std::vector<Finding> warnings_for(const std::string& routing) {
  const auto documents = kube::parse_yaml_documents(
      "kind: Rollout\nmetadata: {name: web}\nspec: {strategy: {canary: {trafficRouting: {" + routing + "}}}}\n");
  BOOST_REQUIRE(documents.has_value());
  return warn_of_silent_routers(*documents);
}

BOOST_AUTO_TEST_CASE(a_load_balancer_is_silent_unless_it_is_asked) {
  const auto warnings = warnings_for("alb: {ingress: web, servicePort: 80}");
  BOOST_REQUIRE(warnings.size() == 1u);
  BOOST_TEST(warnings[0].object == "Rollout web");
  BOOST_TEST(warnings[0].field == "spec.strategy.canary.trafficRouting.alb");
  BOOST_TEST(warnings[0].message ==
             "ALB does not tell which weights are in force; they are taken to be so 20s after they are written, unless "
             "the controller runs with --aws-verify-target-group and so asks the load balancer");
}

BOOST_AUTO_TEST_CASE(a_mesh_is_silent_unless_it_reports_and_gateways_report) {
  BOOST_TEST(warnings_for("istio: {virtualService: {name: web}}").size() == 1u);
  BOOST_TEST(warnings_for("plugins: {argoproj-labs/gatewayAPI: {httpRoute: web}}").empty());
  BOOST_TEST(warnings_for("").empty());
}

}  // namespace
}  // namespace sluice::kubectl
