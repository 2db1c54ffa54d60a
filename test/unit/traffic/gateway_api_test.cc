// HTTPRoutes: only our own weights are written, and a split counts when the gateways have taken it.
#include "traffic/gateway_api.h"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "kube/json.h"
#include "kube/patch.h"

namespace sluice::traffic {
namespace {

namespace json = boost::json;

const Backends backends{"shop-canary", "shop-stable"};
const RouteReference shop{"HTTPRoute", {"default", "shop"}};

// At 20 %, generation 3 taken by the gateway; each test spoils one thing.
json::value route() {
  return json::parse(R"({
    "metadata": {"name": "shop", "namespace": "default", "resourceVersion": "7", "generation": 3},
    "spec": {"rules": [
      {"backendRefs": [{"name": "shop-stable", "port": 80, "weight": 80}, {"name": "shop-canary", "port": 80, "weight": 20}]},
      {"backendRefs": [{"name": "other", "port": 80}]}]},
    "status": {"parents": [{"parentRef": {"name": "gw"}, "conditions": [
      {"type": "Accepted", "status": "True", "observedGeneration": 3},
      {"type": "ResolvedRefs", "status": "True", "observedGeneration": 3}]}]}})");
}

BOOST_AUTO_TEST_CASE(a_route_in_force_is_accepted) {
  const json::value given = route();
  const ObservedRoute seen = observe_route(shop, &given, backends);
  BOOST_TEST(seen.error.empty());
  BOOST_TEST(seen.largest_canary == 20);
  BOOST_TEST(seen.is_uniform);
  BOOST_TEST(seen.is_accepted);
  BOOST_TEST((seen.depth == Depth::reported));
  BOOST_TEST(seen.resource_version == "7");
}

BOOST_AUTO_TEST_CASE(a_newer_generation_waits_for_the_gateway) {
  json::value given = route();
  given.at("metadata").get_object()["generation"] = 4;
  const ObservedRoute seen = observe_route(shop, &given, backends);
  BOOST_TEST(!seen.is_accepted);
  BOOST_TEST(seen.waits_for == "gateway gw has not reported Accepted for generation 4 yet");
}

BOOST_AUTO_TEST_CASE(a_refused_route_says_why) {
  json::value given = route();
  json::value& refused = given.at_pointer("/status/parents/0/conditions/1");
  refused.get_object()["status"] = "False";
  refused.get_object()["message"] = "Service not found";
  BOOST_TEST(observe_route(shop, &given, backends).waits_for ==
             "gateway gw reports ResolvedRefs=False: Service not found");
}

BOOST_AUTO_TEST_CASE(without_a_reporting_gateway_what_is_written_counts) {
  json::value given = route();
  given.get_object().erase("status");
  const ObservedRoute seen = observe_route(shop, &given, backends);
  BOOST_TEST((seen.depth == Depth::written));
  BOOST_TEST(seen.is_accepted);
}

BOOST_AUTO_TEST_CASE(every_parent_of_the_route_has_to_report_and_former_ones_do_not) {
  json::value given = route();
  given.at("spec").get_object()["parentRefs"] = json::parse(R"([{"name": "gw", "namespace": "default"}])");
  BOOST_TEST(observe_route(shop, &given, backends).is_accepted);
  json::value former = given.at_pointer("/status/parents/0");
  former.at("parentRef").get_object()["name"] = "gone";
  former.at_pointer("/conditions/0").get_object()["status"] = "False";
  given.at_pointer("/status/parents").get_array().push_back(former);
  BOOST_TEST(observe_route(shop, &given, backends).is_accepted);
  given.at_pointer("/spec/parentRefs")
      .get_array()
      .push_back(json::parse(R"({"name": "edge", "sectionName": "https"})"));
  const ObservedRoute seen = observe_route(shop, &given, backends);
  BOOST_TEST(!seen.is_accepted);
  BOOST_TEST(seen.waits_for == "gateway edge has not reported yet");
}

BOOST_AUTO_TEST_CASE(a_gateway_without_generations_is_taken_at_its_word) {
  json::value given = route();
  for (int i : {0, 1})
    given.at_pointer("/status/parents/0/conditions/" + std::to_string(i)).get_object().erase("observedGeneration");
  BOOST_TEST(observe_route(shop, &given, backends).is_accepted);
}

BOOST_AUTO_TEST_CASE(a_missing_route_is_named) {
  BOOST_TEST(observe_route(shop, nullptr, backends).error == "HTTPRoute \"shop\" not found");
}

BOOST_AUTO_TEST_CASE(a_route_without_our_backends_is_an_error_with_a_remedy) {
  json::value given = route();
  given.at_pointer("/spec/rules/0/backendRefs/1").get_object()["name"] = "elsewhere";
  const ObservedRoute seen = observe_route(shop, &given, backends);
  BOOST_TEST(seen.error.find("add both Services") != std::string::npos);
  BOOST_TEST(plan_weights(given, backends, Split::of_canary(50)).has_error());
}

BOOST_AUTO_TEST_CASE(absent_weights_are_equal_shares_and_no_split) {
  json::value given = route();
  for (int i : {0, 1}) given.at_pointer("/spec/rules/0/backendRefs/" + std::to_string(i)).get_object().erase("weight");
  const ObservedRoute seen = observe_route(shop, &given, backends);
  BOOST_TEST(seen.largest_canary == 50);
  BOOST_TEST(!seen.is_uniform);
}

BOOST_AUTO_TEST_CASE(rules_of_different_weights_are_not_uniform) {
  json::value given = route();
  json::value second = given.at_pointer("/spec/rules/0");
  second.at_pointer("/backendRefs/0").get_object()["weight"] = 100;
  second.at_pointer("/backendRefs/1").get_object()["weight"] = 0;
  given.at_pointer("/spec/rules").get_array().push_back(second);
  const ObservedRoute seen = observe_route(shop, &given, backends);
  BOOST_TEST(seen.largest_canary == 20);
  BOOST_TEST(seen.smallest_canary == 0);
  BOOST_TEST(!seen.is_uniform);
}

BOOST_AUTO_TEST_CASE(a_tiny_share_does_not_count_as_none) {
  json::value given = route();
  given.at_pointer("/spec/rules/0/backendRefs/0").get_object()["weight"] = 9999;
  given.at_pointer("/spec/rules/0/backendRefs/1").get_object()["weight"] = 1;
  BOOST_TEST(observe_route(shop, &given, backends).largest_canary == 1);
}

BOOST_AUTO_TEST_CASE(only_our_weights_are_written) {
  const json::value before = route();
  const auto patch = plan_weights(before, backends, Split::of_canary(50));
  BOOST_REQUIRE(patch.has_value());
  const auto after = kube::apply_json_patch(before, json::parse(*patch));
  BOOST_REQUIRE(after.has_value());
  json::value expected = before;
  expected.at_pointer("/spec/rules/0/backendRefs/0").get_object()["weight"] = 50;
  expected.at_pointer("/spec/rules/0/backendRefs/1").get_object()["weight"] = 50;
  BOOST_TEST(kube::same_json(*after, expected));
  BOOST_TEST(patch->find(R"({"op":"replace","path":"/metadata/resourceVersion","value":"7"})") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_split_in_place_needs_no_patch) {
  const auto patch = plan_weights(route(), backends, Split::of_canary(20));
  BOOST_REQUIRE(patch.has_value());
  BOOST_TEST(patch->empty());
}

BOOST_AUTO_TEST_CASE(the_configuration_names_routes_once) {
  const auto routes =
      routes_named_by(R"({"httpRoute":"shop","httpRoutes":[{"name":"shop"},{"name":"api"}]})", "default");
  BOOST_REQUIRE(routes.has_value());
  BOOST_REQUIRE(routes->size() == 2u);
  BOOST_TEST(((*routes)[1].key == kube::ObjectKey{"default", "api"}));
}

BOOST_AUTO_TEST_CASE(all_mistakes_of_the_configuration_are_named) {
  const auto routes = routes_named_by(R"({"httpRoutes":[{}],"tcpRoute":"x"})", "default");
  BOOST_REQUIRE(routes.has_error());
  BOOST_TEST(routes.error().message.find("httpRoutes[0].name: is required") != std::string::npos);
  BOOST_TEST(routes.error().message.find("tcpRoute: this version routes by httpRoute") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_configuration_without_routes_says_what_to_write) {
  BOOST_TEST(routes_named_by("{}", "default").error().message.find("name a route in httpRoute") != std::string::npos);
}

}  // namespace
}  // namespace sluice::traffic
