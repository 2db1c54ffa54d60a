// VirtualServices and DestinationRules: only our destinations and subsets change, by full identity.
#include "traffic/istio.h"

#include "routes.h"

namespace sluice::traffic {
namespace {

json::value virtual_service(const std::string& spec) {
  json::value object = json::parse(R"({"metadata": {"name": "shop", "namespace": "web", "resourceVersion": "7",
                                       "generation": 3}})");
  object.get_object()["spec"] = json::parse(spec);
  return object;
}

const std::string by_hosts = R"({"http": [{"name": "main", "route": [
    {"destination": {"host": "shop-stable", "port": {"number": 80}}, "weight": 100},
    {"destination": {"host": "shop-canary", "port": {"number": 80}}, "weight": 0}]}]})";
const std::string by_subsets = R"({"http": [{"route": [
    {"destination": {"host": "shop", "subset": "stable"}, "weight": 100},
    {"destination": {"host": "shop", "subset": "canary"}, "weight": 0}]}]})";

crds::IstioDestinationRule subsets() {
  crds::IstioDestinationRule rule;
  rule.name = "shop";
  rule.canary_subset_name = "canary";
  rule.stable_subset_name = "stable";
  return rule;
}

RoutePointer service(const RoutingPart& part = shop_part(), crds::IstioVirtualService selection = {},
                     crds::Seldom<crds::IstioDestinationRule> rule = {}) {
  return make_virtual_service({"web", "shop"}, std::make_shared<RoutingPart>(part), std::move(selection),
                              std::move(rule));
}

std::int64_t weight(const json::value& object, const std::string& at) {
  return object.at_pointer("/spec/" + at + "/weight").to_number<std::int64_t>();
}

std::string error_of(const RoutePointer& route, const json::value& object) { return route->observe(&object).error; }

BOOST_AUTO_TEST_CASE(weights_by_hosts_and_nothing_else) {
  const json::value made = after(*service(), virtual_service(by_hosts), at(25));
  json::value expected = virtual_service(by_hosts);
  expected.at_pointer("/spec/http/0/route/0").get_object()["weight"] = 75;
  expected.at_pointer("/spec/http/0/route/1").get_object()["weight"] = 25;
  BOOST_TEST(kube::same_json(made, expected));
  const ObservedRoute seen = service()->observe(&made);
  BOOST_TEST(seen.is_uniform);
  BOOST_TEST(seen.largest_canary == 25);
  BOOST_TEST((seen.depth == Depth::written));
}

BOOST_AUTO_TEST_CASE(weights_by_subsets) {
  const RoutePointer route = service(shop_part(), {}, subsets());
  const json::value made = after(*route, virtual_service(by_subsets), at(25));
  BOOST_TEST(weight(made, "http/0/route/0") == 75);
  BOOST_TEST(weight(made, "http/0/route/1") == 25);
}

BOOST_AUTO_TEST_CASE(obs_t22_hosts_are_compared_as_a_whole) {
  json::value given = virtual_service(by_hosts);
  given.at_pointer("/spec/http/0/route/0/destination").get_object()["host"] = "shop-stable.web.svc.cluster.local";
  given.at_pointer("/spec/http/0/route/1/destination").get_object()["host"] = "shop-canary.web";
  BOOST_TEST(weight(after(*service(), given, at(30)), "http/0/route/1") == 30);
  given.at_pointer("/spec/http/0/route/1/destination").get_object()["host"] = "shop-canary.other.svc.cluster.local";
  BOOST_TEST(error_of(service(), given).find("Canary Service 'shop-canary' not found in route") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(obs_t22_a_stranger_keeps_its_weight_and_the_stable_side_gets_the_rest) {
  json::value given = virtual_service(by_hosts);
  given.at_pointer("/spec/http/0/route")
      .get_array()
      .push_back(json::parse(R"({"destination": {"host": "legacy"}, "weight": 10})"));
  const json::value made = after(*service(), given, at(25));
  BOOST_TEST(weight(made, "http/0/route/0") == 65);
  BOOST_TEST(weight(made, "http/0/route/2") == 10);
  BOOST_TEST(service()->observe(&made).is_uniform);
}

BOOST_AUTO_TEST_CASE(several_routes_need_names) {
  json::value given = virtual_service(by_hosts);
  json::value second = given.at_pointer("/spec/http/0");
  second.get_object()["name"] = "other";
  given.at_pointer("/spec/http").get_array().push_back(second);
  BOOST_TEST(error_of(service(), given).find("must have exactly one route") != std::string::npos);
  crds::IstioVirtualService both;
  both.routes = {"main", "other"};
  const json::value made = after(*service(shop_part(), both), given, at(40));
  BOOST_TEST(weight(made, "http/0/route/1") == 40);
  BOOST_TEST(weight(made, "http/1/route/1") == 40);
  both.routes = {"main", "absent"};
  BOOST_TEST(error_of(service(shop_part(), both), given)
                 .find("HTTP Route 'absent' is not found in the defined Virtual Service.") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(obs_t22_tls_and_tcp_routes_are_found_by_port_and_hosts) {
  const std::string destinations = R"("route": [{"destination": {"host": "shop-stable"}, "weight": 100},
                                                {"destination": {"host": "shop-canary"}, "weight": 0}])";
  const json::value given =
      virtual_service(R"({"tls": [{"match": [{"port": 443, "sniHosts": ["a.example", "b.example"]}], )" + destinations +
                      R"(}, {"match": [{"port": 8443, "sniHosts": ["c.example"]}], )" + destinations + R"(}],
          "tcp": [{"match": [{"port": 5432}], )" +
                      destinations + "}]}");
  crds::IstioVirtualService selection;
  selection.tls_routes = {{443, {"b.example", "a.example"}}};
  selection.tcp_routes = {{5432}};
  const json::value made = after(*service(shop_part(), selection), given, at(20));
  BOOST_TEST(weight(made, "tls/0/route/1") == 20);
  BOOST_TEST(weight(made, "tls/1/route/1") == 0);
  BOOST_TEST(weight(made, "tcp/0/route/1") == 20);
  selection.tls_routes = {{444, {}}};
  BOOST_TEST(error_of(service(shop_part(), selection), given)
                 .find("No matching TLS routes found in the defined Virtual Service.") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(obs_t22_a_tls_route_of_others_is_no_mistake) {
  json::value given = virtual_service(by_hosts);
  given.at("spec").get_object()["tls"] =
      json::parse(R"([{"match": [{"port": 443}], "route": [{"destination": {"host": "legacy"}}]}])");
  BOOST_TEST(weight(after(*service(), given, at(20)), "http/0/route/1") == 20);
}

BOOST_AUTO_TEST_CASE(obs_t46_empty_and_malformed_lists_are_mistakes_that_are_told) {
  for (const char* spec :
       {R"({})", R"({"tls": []})", R"({"tcp": [], "http": []})", R"({"http": [{}]})", R"({"http": {"route": 1}})",
        R"({"http": [{"route": "x"}]})", R"({"http": [{"route": [7]}]})"}) {
    BOOST_TEST_CONTEXT(spec) {
      const json::value given = virtual_service(spec);
      BOOST_TEST(!error_of(service(), given).empty());
      BOOST_TEST(service()->changed(given, at(20)).has_error());
    }
  }
}

RoutingPart part_with(const std::vector<ManagedRoute>& declared) {
  RoutingPart part = shop_part();
  part.managed_names = {"beta", "copy"};
  part.declared = declared;
  part.declarable = {beta(), copy()};
  return part;
}

BOOST_AUTO_TEST_CASE(header_and_mirror_routes_stand_on_top_in_their_order) {
  const RoutePointer route = service(part_with({beta(), copy()}));
  const json::value made = after(*route, virtual_service(by_hosts), at(25, {beta(), copy()}));
  BOOST_TEST(kube::same_json(made.at_pointer("/spec/http/0"), json::parse(R"({"name": "beta",
      "match": [{"headers": {"X-Beta": {"exact": "1"}}}],
      "route": [{"destination": {"host": "shop-canary", "port": {"number": 80}}, "weight": 100}]})")));
  BOOST_TEST(kube::same_json(made.at_pointer("/spec/http/1"), json::parse(R"({"name": "copy",
      "match": [{"method": {"exact": "GET"}, "uri": {"prefix": "/api"}}],
      "route": [{"destination": {"host": "shop-stable", "port": {"number": 80}}, "weight": 75},
                {"destination": {"host": "shop-canary", "port": {"number": 80}}, "weight": 25}],
      "mirror": {"host": "shop-canary", "port": {"number": 80}}, "mirrorPercentage": {"value": 10}})")));
  const ObservedRoute seen = route->observe(&made);
  BOOST_TEST(seen.has_managed);
  BOOST_TEST(seen.has_declared);
}

BOOST_AUTO_TEST_CASE(obs_t46_weights_move_with_a_named_route_and_managed_ones_beside_it) {
  const RoutePointer route = service(part_with({beta(), copy()}));
  const json::value first = after(*route, virtual_service(by_hosts), at(25, {beta(), copy()}));
  const json::value second = after(*route, first, at(50, {beta(), copy()}));
  BOOST_TEST(second.at_pointer("/spec/http").get_array().size() == 3u);
  BOOST_TEST(weight(second, "http/1/route/1") == 50);
  BOOST_TEST(weight(second, "http/2/route/1") == 50);
  BOOST_TEST(weight(second, "http/0/route/0") == 100);
}

BOOST_AUTO_TEST_CASE(obs_t23_nothing_is_written_when_managed_routes_are_absent) {
  const RoutePointer route = service(part_with({}));
  const auto patch = plan_route(*route, virtual_service(by_hosts), at(0));
  BOOST_REQUIRE(patch.has_value());
  BOOST_TEST(patch->empty());
}

BOOST_AUTO_TEST_CASE(obs_t46_unnamed_routes_are_not_multiplied) {
  json::value given = virtual_service(by_hosts);
  given.at_pointer("/spec/http")
      .get_array()
      .push_back(json::parse(R"({"match": [{"uri": {"prefix": "/a"}}], "route": [{"destination": {"host": "a"}}]})"));
  given.at_pointer("/spec/http")
      .get_array()
      .push_back(json::parse(R"({"match": [{"uri": {"prefix": "/b"}}], "route": [{"destination": {"host": "b"}}]})"));
  crds::IstioVirtualService selection;
  selection.routes = {"main"};
  const RoutePointer route = service(part_with({beta()}), selection);
  const json::value made = after(*route, given, at(25, {beta()}));
  BOOST_TEST(made.at_pointer("/spec/http").get_array().size() == 4u);
  BOOST_TEST(after(*route, made, at(25)).at_pointer("/spec/http").get_array().size() == 3u);
}

BOOST_AUTO_TEST_CASE(destinations_of_experiments_come_and_go) {
  RoutingPart part = shop_part();
  part.additional = {"shop-exp"};
  const json::value made =
      after(*service(part), virtual_service(by_hosts), {Split::of_canary(20, 100, {{"shop-exp", "ccc", 30}}), {}});
  BOOST_TEST(weight(made, "http/0/route/0") == 50);
  BOOST_TEST(kube::same_json(made.at_pointer("/spec/http/0/route/2"),
                             json::parse(R"({"destination": {"host": "shop-exp"}, "weight": 30})")));
  BOOST_TEST(after(*service(part), made, at(20)).at_pointer("/spec/http/0/route").get_array().size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_mesh_that_reports_is_believed) {
  json::value given = virtual_service(by_hosts);
  given.get_object()["status"] = json::parse(
      R"({"observedGeneration": 3, "conditions": [{"type": "Reconciled", "status": "False", "message": "1/2 proxies up to date."}]})");
  ObservedRoute seen = service()->observe(&given);
  BOOST_TEST((seen.depth == Depth::seen));
  BOOST_TEST(!seen.is_accepted);
  BOOST_TEST(seen.waits_for.find("1/2 proxies") != std::string::npos);
  given.at_pointer("/status/conditions/0").get_object()["status"] = "True";
  BOOST_TEST(service()->observe(&given).is_accepted);
  given.at("metadata").get_object()["generation"] = 4;
  BOOST_TEST(service()->observe(&given).waits_for == "Istio has not reported on generation 4 yet");
}

BOOST_AUTO_TEST_CASE(the_last_writer_is_known) {
  json::value given = virtual_service(by_hosts);
  given.at("metadata").get_object()["managedFields"] = json::parse(R"([
      {"manager": "sluice", "time": "2026-01-01T00:00:05Z"},
      {"manager": "argocd-controller", "time": "2026-01-01T00:00:09Z"},
      {"manager": "pilot", "time": "2026-01-01T00:00:20Z", "subresource": "status"}])");
  const ObservedRoute seen = service()->observe(&given);
  BOOST_TEST(seen.writer.name == "argocd-controller");
  BOOST_TEST(kube::format_time(*seen.writer.at) == "2026-01-01T00:00:09Z");
  BOOST_TEST(kube::format_time(*seen.writer.ours_at) == "2026-01-01T00:00:05Z");
}

const char* const rule_text = R"({"metadata": {"name": "shop", "namespace": "web", "resourceVersion": "4"},
    "spec": {"host": "shop", "trafficPolicy": {"tls": {"mode": "ISTIO_MUTUAL"}}, "subsets": [
      {"name": "canary", "labels": {"app": "shop"}, "trafficPolicy": {"loadBalancer": {"simple": "RANDOM"}}},
      {"name": "stable"}, {"name": "legacy", "labels": {"version": "v0"}}]}})";

RoutePointer rule() {
  return make_destination_rule({"web", "shop"}, std::make_shared<RoutingPart>(shop_part()), subsets());
}

Intent hashes(const std::string& canary, const std::string& stable) {
  Intent intent;
  intent.canary_hash = canary;
  intent.stable_hash = stable;
  return intent;
}

BOOST_AUTO_TEST_CASE(obs_t22_only_our_subsets_are_labelled) {
  const json::value given = json::parse(rule_text);
  const json::value made = after(*rule(), given, hashes("aaa", "bbb"));
  json::value expected = given;
  expected.at("metadata").get_object()["annotations"] =
      json::object{{"argo-rollouts.argoproj.io/managed-by-rollouts", "shop"}};
  expected.at_pointer("/spec/subsets/0/labels").get_object()["rollouts-pod-template-hash"] = "aaa";
  expected.at_pointer("/spec/subsets/1").get_object()["labels"] = json::object{{"rollouts-pod-template-hash", "bbb"}};
  BOOST_TEST(kube::same_json(made, expected));
  const ObservedRoute seen = rule()->observe(&made);
  BOOST_REQUIRE(seen.subsets.has_value());
  BOOST_TEST(!seen.has_weights);
  BOOST_TEST((*seen.subsets == ObservedSubsets{"aaa", "bbb", "shop", true}));
  BOOST_TEST(kube::text_at(after(*rule(), made, hashes("", "ccc")).at_pointer("/spec/subsets/0"),
                           {"labels", "rollouts-pod-template-hash"}) == "aaa");
}

BOOST_AUTO_TEST_CASE(a_rule_without_the_subsets_or_of_another_rollout_is_refused) {
  json::value given = json::parse(rule_text);
  given.at_pointer("/spec/subsets/1").get_object()["name"] = "main";
  BOOST_TEST(error_of(rule(), given) == "DestinationRule \"shop\" has no subset named stable");
  given = json::parse(rule_text);
  given.at("metadata").get_object()["annotations"] =
      json::object{{"argo-rollouts.argoproj.io/managed-by-rollouts", "other"}};
  BOOST_TEST(error_of(rule(), given).find("managed by another Rollout (other)") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(names_of_virtual_services_may_carry_their_namespace) {
  BOOST_TEST((virtual_service_key("shop", "web") == kube::ObjectKey{"web", "shop"}));
  BOOST_TEST((virtual_service_key("shop.edge", "web") == kube::ObjectKey{"edge", "shop"}));
  BOOST_TEST((virtual_service_key("shop.v1.edge.svc.cluster.local", "web") == kube::ObjectKey{"edge", "shop.v1"}));
}

NamedRoutes named_by(const crds::IstioRouting& istio) {
  crds::TrafficRouting routing;
  routing.istio = istio;
  NamedRoutes named;
  const FindByLabels none;
  name_istio_routes({routing, std::make_shared<RoutingPart>(shop_part()), none}, named);
  return named;
}

BOOST_AUTO_TEST_CASE(obs_t22_two_virtual_services_of_one_name_in_two_namespaces) {
  crds::IstioRouting istio;
  BOOST_TEST(named_by(istio).mistakes.size() == 1u);
  istio.virtual_services.resize(2);
  istio.virtual_services[0].name = "shop";
  istio.virtual_services[1].name = "shop.edge";
  const NamedRoutes named = named_by(istio);
  BOOST_TEST(named.mistakes.empty());
  BOOST_REQUIRE(named.routes.size() == 2u);
  BOOST_TEST((named.routes[1]->key() == kube::ObjectKey{"edge", "shop"}));
}

}  // namespace
}  // namespace sluice::traffic
