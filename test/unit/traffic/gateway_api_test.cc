// HTTPRoutes: only our own weights are written, and a split counts when the gateways have taken it.
#include "traffic/gateway_api.h"

#include "routes.h"

namespace sluice::traffic {
namespace {

RoutePointer shop(const RoutingPart& part = shop_part(), GatewayRouteOptions options = {}) {
  return make_gateway_route("HTTPRoute", {"web", "shop"}, std::make_shared<RoutingPart>(part), std::move(options));
}

ObservedRoute observe(const json::value& route) { return shop()->observe(&route); }

// At 20 %, generation 3 taken by the gateway; each test spoils one thing.
json::value route() {
  return json::parse(R"({
    "metadata": {"name": "shop", "namespace": "web", "resourceVersion": "7", "generation": 3},
    "spec": {"rules": [
      {"backendRefs": [{"name": "shop-stable", "port": 80, "weight": 80}, {"name": "shop-canary", "port": 80, "weight": 20}]},
      {"backendRefs": [{"name": "other", "port": 80}]}]},
    "status": {"parents": [{"parentRef": {"name": "gw"}, "conditions": [
      {"type": "Accepted", "status": "True", "observedGeneration": 3},
      {"type": "ResolvedRefs", "status": "True", "observedGeneration": 3}]}]}})");
}

BOOST_AUTO_TEST_CASE(a_route_in_force_is_accepted) {
  const json::value given = route();
  const ObservedRoute seen = observe(given);
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
  const ObservedRoute seen = observe(given);
  BOOST_TEST(!seen.is_accepted);
  BOOST_TEST(seen.waits_for == "gateway gw has not reported Accepted for generation 4 yet");
}

BOOST_AUTO_TEST_CASE(a_refused_route_says_why) {
  json::value given = route();
  json::value& refused = given.at_pointer("/status/parents/0/conditions/1");
  refused.get_object()["status"] = "False";
  refused.get_object()["message"] = "Service not found";
  BOOST_TEST(observe(given).waits_for == "gateway gw reports ResolvedRefs=False: Service not found");
}

BOOST_AUTO_TEST_CASE(without_a_reporting_gateway_what_is_written_counts) {
  json::value given = route();
  given.get_object().erase("status");
  const ObservedRoute seen = observe(given);
  BOOST_TEST((seen.depth == Depth::written));
  BOOST_TEST(seen.is_accepted);
}

BOOST_AUTO_TEST_CASE(every_parent_of_the_route_has_to_report_and_former_ones_do_not) {
  json::value given = route();
  given.at("spec").get_object()["parentRefs"] = json::parse(R"([{"name": "gw", "namespace": "web"}])");
  BOOST_TEST(observe(given).is_accepted);
  json::value former = given.at_pointer("/status/parents/0");
  former.at("parentRef").get_object()["name"] = "gone";
  former.at_pointer("/conditions/0").get_object()["status"] = "False";
  given.at_pointer("/status/parents").get_array().push_back(former);
  BOOST_TEST(observe(given).is_accepted);
  given.at_pointer("/spec/parentRefs")
      .get_array()
      .push_back(json::parse(R"({"name": "edge", "sectionName": "https"})"));
  const ObservedRoute seen = observe(given);
  BOOST_TEST(!seen.is_accepted);
  BOOST_TEST(seen.waits_for == "gateway edge has not reported yet");
}

BOOST_AUTO_TEST_CASE(a_gateway_without_generations_is_taken_at_its_word) {
  json::value given = route();
  for (int i : {0, 1})
    given.at_pointer("/status/parents/0/conditions/" + std::to_string(i)).get_object().erase("observedGeneration");
  BOOST_TEST(observe(given).is_accepted);
}

BOOST_AUTO_TEST_CASE(a_missing_route_is_named) {
  BOOST_TEST(shop()->observe(nullptr).error == "HTTPRoute \"shop\" not found");
}

BOOST_AUTO_TEST_CASE(a_route_without_our_backends_is_an_error_with_a_remedy) {
  json::value given = route();
  given.at_pointer("/spec/rules/0/backendRefs/1").get_object()["name"] = "elsewhere";
  const ObservedRoute seen = observe(given);
  BOOST_TEST(seen.error.find("add both Services") != std::string::npos);
  BOOST_TEST(shop()->changed(given, at(50)).has_error());
}

BOOST_AUTO_TEST_CASE(absent_weights_are_equal_shares_and_no_split) {
  json::value given = route();
  for (int i : {0, 1}) given.at_pointer("/spec/rules/0/backendRefs/" + std::to_string(i)).get_object().erase("weight");
  const ObservedRoute seen = observe(given);
  BOOST_TEST(seen.largest_canary == 50);
  BOOST_TEST(!seen.is_uniform);
}

BOOST_AUTO_TEST_CASE(rules_of_different_weights_are_not_uniform) {
  json::value given = route();
  json::value second = given.at_pointer("/spec/rules/0");
  second.at_pointer("/backendRefs/0").get_object()["weight"] = 100;
  second.at_pointer("/backendRefs/1").get_object()["weight"] = 0;
  given.at_pointer("/spec/rules").get_array().push_back(second);
  const ObservedRoute seen = observe(given);
  BOOST_TEST(seen.largest_canary == 20);
  BOOST_TEST(seen.smallest_canary == 0);
  BOOST_TEST(!seen.is_uniform);
}

BOOST_AUTO_TEST_CASE(a_tiny_share_does_not_count_as_none) {
  json::value given = route();
  given.at_pointer("/spec/rules/0/backendRefs/0").get_object()["weight"] = 9999;
  given.at_pointer("/spec/rules/0/backendRefs/1").get_object()["weight"] = 1;
  BOOST_TEST(observe(given).largest_canary == 1);
}

json::value marked(json::value given) {
  given.at("metadata").get_object()["labels"] = json::object{{"rollouts.argoproj.io/gatewayapi-canary", "in-progress"}};
  return given;
}

json::value& rules(json::value& given) { return given.at_pointer("/spec/rules"); }

BOOST_AUTO_TEST_CASE(only_our_weights_and_the_mark_are_written) {
  json::value expected = marked(route());
  rules(expected).at_pointer("/0/backendRefs/0").get_object()["weight"] = 50;
  rules(expected).at_pointer("/0/backendRefs/1").get_object()["weight"] = 50;
  BOOST_TEST(kube::same_json(after(*shop(), route(), at(50)), expected));
  const auto patch = plan_route(*shop(), route(), at(50));
  BOOST_TEST(patch->find(R"({"op":"replace","path":"/metadata/resourceVersion","value":"7"})") != std::string::npos);
  BOOST_TEST(patch->find("backendRefs/1/weight") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_mark_goes_with_the_canary) {
  const json::value done = after(*shop(), marked(route()), at(0));
  BOOST_TEST(done.at_pointer("/metadata/labels").get_object().empty());
}

BOOST_AUTO_TEST_CASE(gw_164_the_mark_stays_while_another_rollout_divides_a_rule) {
  json::value shared = marked(route());
  rules(shared).at(1) = json::parse(
      R"({"backendRefs": [{"name": "track-stable", "port": 80, "weight": 50}, {"name": "track-canary", "port": 80, "weight": 50}]})");
  const json::value done = after(*shop(), shared, at(0));
  BOOST_TEST(done.at_pointer("/metadata/labels").get_object().size() == 1u);
  BOOST_TEST(rules(const_cast<json::value&>(done)).at(1) == rules(shared).at(1));
}

BOOST_AUTO_TEST_CASE(a_configured_mark_is_used_or_none) {
  GatewayRouteOptions own;
  own.in_progress_key = "team/canary";
  own.in_progress_value = "yes";
  BOOST_TEST(after(*shop(shop_part(), own), route(), at(50)).at_pointer("/metadata/labels") ==
             json::value(json::object{{"team/canary", "yes"}}));
  own.in_progress_key.clear();
  BOOST_TEST(!after(*shop(shop_part(), own), route(), at(50)).at("metadata").get_object().contains("labels"));
}

BOOST_AUTO_TEST_CASE(gw_203_foreign_backends_filters_and_rules_survive) {
  json::value given = marked(route());
  json::object& rule = rules(given).at(0).get_object();
  rule["filters"] = json::parse(R"([{"type": "RequestHeaderModifier", "requestHeaderModifier": {"remove": ["x"]}}])");
  rule["timeouts"] = json::parse(R"({"request": "3s"})");
  rule["backendRefs"].get_array().push_back(json::parse(R"({"name": "old", "port": 80, "weight": 7})"));
  json::value expected = given;
  rules(expected).at_pointer("/0/backendRefs/0").get_object()["weight"] = 40;
  rules(expected).at_pointer("/0/backendRefs/1").get_object()["weight"] = 60;
  BOOST_TEST(kube::same_json(after(*shop(), given, at(60)), expected));
}

BOOST_AUTO_TEST_CASE(a_service_of_the_same_name_elsewhere_is_not_ours) {
  json::value given = route();
  rules(given).at_pointer("/0/backendRefs/1").get_object()["namespace"] = "other";
  BOOST_TEST(!observe(given).error.empty());
}

RoutingPart part_with(const std::vector<ManagedRoute>& declared) {
  RoutingPart part = shop_part();
  part.managed_names = {"beta", "copy"};
  part.declared = declared;
  part.declarable = {beta(), copy()};
  return part;
}

BOOST_AUTO_TEST_CASE(a_header_route_follows_the_rule_that_it_narrows) {
  json::value given = marked(route());
  rules(given).at(0).get_object()["matches"] = json::parse(R"([{"path": {"type": "PathPrefix", "value": "/"}}])");
  const auto with_beta = shop(part_with({beta()}));
  const json::value made = after(*with_beta, given, at(25, {beta()}));
  const json::value& rule = made.at_pointer("/spec/rules/2");
  BOOST_TEST(kube::same_json(rule, json::parse(R"({"name": "beta",
      "matches": [{"path": {"type": "PathPrefix", "value": "/"},
                   "headers": [{"type": "Exact", "name": "X-Beta", "value": "1"}]}],
      "backendRefs": [{"name": "shop-canary", "port": 80}]})")));
  const ObservedRoute seen = with_beta->observe(&made);
  BOOST_TEST(seen.has_managed);
  BOOST_TEST(seen.has_declared);
  BOOST_TEST(seen.largest_canary == 25);
  BOOST_TEST(kube::same_json(after(*with_beta, made, at(20)), after(*with_beta, given, at(20))));
}

BOOST_AUTO_TEST_CASE(a_server_that_drops_names_of_rules_gets_no_second_rule) {
  const auto both = shop(part_with({beta(), copy()}));
  json::value made = after(*both, marked(route()), at(20, {beta(), copy()}));
  for (json::value& rule : rules(made).get_array()) rule.get_object().erase("name");
  BOOST_TEST(both->observe(&made).has_declared);
  BOOST_TEST(kube::same_json(after(*both, made, at(20, {beta(), copy()})), made));
  BOOST_TEST(rules(made).get_array().size() == 4u);
  BOOST_TEST(kube::same_json(after(*both, made, at(20)), marked(route())));
}

BOOST_AUTO_TEST_CASE(obs_t23_defaults_that_the_server_adds_cause_no_write) {
  const auto both = shop(part_with({beta(), copy()}));
  json::value made = after(*both, marked(route()), at(20, {beta(), copy()}));
  json::object& rule = rules(made).at(2).get_object();
  json::object& backend = rule["backendRefs"].get_array().at(0).get_object();
  backend["group"] = "";
  backend["kind"] = "Service";
  backend["weight"] = 1;
  rule["matches"].get_array().at(0).get_object()["path"] = json::parse(R"({"type": "PathPrefix", "value": "/"})");
  BOOST_TEST(both->observe(&made).has_declared);
  BOOST_TEST(plan_route(*both, made, at(20, {beta(), copy()}))->empty());
  backend["weight"] = 2;
  BOOST_TEST(!both->observe(&made).has_declared);
}

BOOST_AUTO_TEST_CASE(obs_t60_a_rule_with_only_the_canary_is_the_users) {
  json::value given = marked(route());
  rules(given).get_array().push_back(json::parse(
      R"({"matches": [{"path": {"value": "/preview"}}], "backendRefs": [{"name": "shop-canary", "port": 80}]})"));
  const json::value made = after(*shop(part_with({})), given, at(20));
  BOOST_TEST(kube::same_json(made, given));
}

BOOST_AUTO_TEST_CASE(obs_t60_header_routes_are_independent_of_each_other) {
  ManagedRoute gamma = beta("2");
  gamma.name = "copy";
  const auto both = shop(part_with({beta(), gamma}));
  const json::value made = after(*both, marked(route()), at(20, {beta(), gamma}));
  const json::value one = after(*both, made, at(20, {gamma}));
  BOOST_TEST(rules(const_cast<json::value&>(one)).get_array().size() == 3u);
  BOOST_TEST(kube::text_at(one.at_pointer("/spec/rules/2"), {"name"}) == "copy");
}

BOOST_AUTO_TEST_CASE(obs_t60_a_prefix_means_its_very_characters) {
  ManagedRoute route_for_prefix = beta();
  route_for_prefix.headers = {{"X-Beta", crds::StringMatch{"", "v1.2+", ""}}};
  const json::value made = after(*shop(part_with({})), route(), at(20, {route_for_prefix}));
  BOOST_TEST(made.at_pointer("/spec/rules/2/matches/0/headers/0/value").as_string() == "v1\\.2\\+.*");
}

BOOST_AUTO_TEST_CASE(a_mirror_route_copies_a_share_of_what_it_splits) {
  const json::value made = after(*shop(part_with({copy()})), marked(route()), at(20, {copy()}));
  BOOST_TEST(kube::same_json(made.at_pointer("/spec/rules/2"), json::parse(R"({"name": "copy",
      "matches": [{"method": "GET", "path": {"type": "PathPrefix", "value": "/api"}}],
      "filters": [{"type": "RequestMirror", "requestMirror":
         {"backendRef": {"name": "shop-canary", "port": 80}, "percent": 10}}],
      "backendRefs": [{"name": "shop-stable", "port": 80, "weight": 80},
                      {"name": "shop-canary", "port": 80, "weight": 20}]})")));
}

BOOST_AUTO_TEST_CASE(destinations_of_experiments_come_and_go_and_the_stable_side_gets_the_rest) {
  RoutingPart part = shop_part();
  part.additional = {"shop-exp"};
  const auto route_of_shop = shop(part);
  const Intent with{Split::of_canary(20, 100, {{"shop-exp", "ccc", 30}}), {}};
  const json::value made = after(*route_of_shop, marked(route()), with);
  const json::value& refs = made.at_pointer("/spec/rules/0/backendRefs");
  BOOST_TEST(refs.at(0).at("weight").as_int64() == 50);
  BOOST_TEST(kube::same_json(
      refs.at(2), json::parse(R"({"group": "", "kind": "Service", "name": "shop-exp", "port": 80, "weight": 30})")));
  const ObservedRoute seen = route_of_shop->observe(&made);
  BOOST_TEST(seen.is_uniform);
  BOOST_TEST(seen.largest_canary == 20);
  BOOST_TEST(kube::same_json(after(*route_of_shop, made, at(20)), marked(route())));
}

BOOST_AUTO_TEST_CASE(weights_of_another_maximum_sum_to_it) {
  RoutingPart part = shop_part();
  part.max_weight = 1000;
  const json::value made = after(*shop(part), route(), {Split::of_canary(5, 1000), {}});
  BOOST_TEST(made.at_pointer("/spec/rules/0/backendRefs/0/weight").as_int64() == 995);
  BOOST_TEST(shop(part)->observe(&made).largest_canary == 5);
}

NamedRoutes named_by(const std::string& configuration, const FindByLabels& find = {}) {
  crds::TrafficRouting routing;
  routing.plugins[std::string(crds::gateway_api_plugin)].text = configuration;
  NamedRoutes named;
  name_gateway_routes({routing, std::make_shared<RoutingPart>(shop_part()), find}, named);
  return named;
}

BOOST_AUTO_TEST_CASE(the_configuration_names_routes_once) {
  const NamedRoutes named = named_by(
      R"({"httpRoute":"shop","httpRoutes":[{"name":"shop"},{"name":"api"}],"tcpRoute":"db","namespace":"edge"})");
  BOOST_TEST(named.mistakes.empty());
  BOOST_REQUIRE(named.routes.size() == 3u);
  BOOST_TEST((named.routes[1]->key() == kube::ObjectKey{"edge", "api"}));
  BOOST_TEST(named.routes[2]->kind() == "TCPRoute");
}

BOOST_AUTO_TEST_CASE(routes_are_found_by_labels) {
  std::string asked;
  const FindByLabels find = [&](std::string_view kind, const std::string& ns, const kube::LabelSelector& selector) {
    asked = std::string(kind) + " " + ns + " " + std::string(selector.match_labels.get("app"));
    return std::vector<std::string>{"one", "two"};
  };
  const NamedRoutes named = named_by(R"({"grpcRouteSelector":{"matchLabels":{"app":"shop"}}})", find);
  BOOST_TEST(asked == "GRPCRoute web shop");
  BOOST_TEST(named.routes.size() == 2u);
  BOOST_TEST(named.selected.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_configuration_without_routes_says_what_to_write) {
  BOOST_REQUIRE(named_by("{}").mistakes.size() == 1u);
  BOOST_TEST(named_by("{}").mistakes.front().message.find("No routes configured") != std::string::npos);
  BOOST_TEST(named_by(R"({"httpRoutes":[{}]})").mistakes.front().path.ends_with("httpRoutes[0].name"));
}

BOOST_AUTO_TEST_CASE(tcp_routes_split_and_make_no_rules) {
  const auto tcp =
      make_gateway_route("TCPRoute", {"web", "shop"}, std::make_shared<RoutingPart>(part_with({beta()})), {});
  json::value given = route();
  given.at("spec").get_object()["rules"] = json::parse(
      R"([{"backendRefs": [{"name": "shop-stable", "port": 5432}, {"name": "shop-canary", "port": 5432, "weight": 0}]}])");
  const json::value made = after(*tcp, given, at(30, {beta()}));
  BOOST_TEST(made.at_pointer("/spec/rules").get_array().size() == 1u);
  BOOST_TEST(made.at_pointer("/spec/rules/0/backendRefs/1/weight").as_int64() == 30);
  BOOST_TEST(tcp->observe(&made).has_declared);
}

}  // namespace
}  // namespace sluice::traffic
