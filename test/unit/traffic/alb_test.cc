// Ingresses of the AWS load balancer controller: the annotations of one Rollout, and nothing else.
#include "traffic/alb.h"

#include "routes.h"
#include "traffic/alb_actions.h"
#include "traffic/load_balancer.h"

namespace sluice::traffic {
namespace {

const std::string action_key = "alb.ingress.kubernetes.io/actions.shop-root";
const std::string record_key = "rollouts.argoproj.io/managed-alb-annotations";

// Without any annotation, with one rule for the root Service.
json::value ingress() {
  return json::parse(R"({"metadata": {"name": "shop", "namespace": "web", "resourceVersion": "7"},
    "spec": {"rules": [{"http": {"paths": [{"path": "/*", "pathType": "ImplementationSpecific",
      "backend": {"service": {"name": "shop-root", "port": {"name": "use-annotation"}}}}]}}]}})");
}

crds::AlbRouting routing() {
  crds::AlbRouting alb;
  alb.ingress = "shop";
  alb.service_port = 80;
  alb.root_service = "shop-root";
  return alb;
}

RoutePointer route(const RoutingPart& part = shop_part(), crds::AlbRouting alb = routing()) {
  return make_alb_ingress({"web", "shop"}, std::make_shared<RoutingPart>(part), std::move(alb));
}

std::string annotation(const json::value& object, const std::string& key) {
  return std::string(kube::text_at(object, {"metadata", "annotations", key}));
}

BOOST_AUTO_TEST_CASE(the_action_forwards_by_weight) {
  const json::value made = after(*route(), ingress(), at(25));
  BOOST_TEST(annotation(made, action_key) == R"({"Type":"forward","ForwardConfig":{"TargetGroups":[)"
                                             R"({"ServiceName":"shop-canary","ServicePort":"80","Weight":25},)"
                                             R"({"ServiceName":"shop-stable","ServicePort":"80","Weight":75}]}})");
  BOOST_TEST(annotation(made, record_key) == R"({"shop":["alb.ingress.kubernetes.io/actions.shop-root"]})");
  const ObservedRoute seen = route()->observe(&made);
  BOOST_TEST(seen.is_uniform);
  BOOST_TEST(seen.largest_canary == 25);
}

BOOST_AUTO_TEST_CASE(without_an_action_nothing_is_known_to_be_split) {
  const json::value given = ingress();
  const ObservedRoute seen = route()->observe(&given);
  BOOST_TEST(seen.error.empty());
  BOOST_TEST(!seen.is_uniform);
}

BOOST_AUTO_TEST_CASE(foreign_annotations_and_records_survive) {
  json::value given = ingress();
  given.at("metadata").get_object()["annotations"] =
      json::object{{"alb.ingress.kubernetes.io/scheme", "internal"},
                   {record_key, R"({"other":["alb.ingress.kubernetes.io/actions.other"]})"},
                   {"alb.ingress.kubernetes.io/actions.other", "{}"}};
  const json::value made = after(*route(), given, at(25));
  BOOST_TEST(annotation(made, "alb.ingress.kubernetes.io/scheme") == "internal");
  BOOST_TEST(annotation(made, "alb.ingress.kubernetes.io/actions.other") == "{}");
  BOOST_TEST(annotation(made, record_key).find(R"("other":["alb.ingress.kubernetes.io/actions.other"])") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_action_in_another_notation_is_left_alone) {
  json::value given = after(*route(), ingress(), at(25));
  given.at_pointer("/metadata/annotations").get_object()[action_key] =
      R"({ "ForwardConfig": {"TargetGroups": [
          {"ServicePort":"80", "ServiceName":"shop-canary", "Weight":25},
          {"ServicePort":"80", "ServiceName":"shop-stable", "Weight":75}]}, "Type":"forward"})";
  BOOST_TEST(plan_route(*route(), given, at(25))->empty());
}

BOOST_AUTO_TEST_CASE(stickiness_is_written_and_checked) {
  crds::AlbRouting alb = routing();
  alb.stickiness_config = crds::StickinessConfig{true, 3600};
  BOOST_TEST(annotation(after(*route(shop_part(), alb), ingress(), at(5)), action_key)
                 .find(R"("TargetGroupStickinessConfig":{"Enabled":true,"DurationSeconds":3600})") !=
             std::string::npos);
  alb.stickiness_config->duration_seconds = 0;
  BOOST_TEST(route(shop_part(), alb)->changed(ingress(), at(5)).has_error());
}

BOOST_AUTO_TEST_CASE(an_ingress_without_the_service_is_refused) {
  crds::AlbRouting alb = routing();
  alb.root_service.clear();
  const json::value given = ingress();
  BOOST_TEST(route(shop_part(), alb)->observe(&given).error ==
             "ingress `shop` has no rules using service shop-stable backend");
  const json::value odd =
      json::parse(R"({"metadata": {"name": "shop"}, "spec": {"defaultBackend": {}, "rules": [{}, 7]}})");
  BOOST_TEST(!route()->observe(&odd).error.empty());
}

BOOST_AUTO_TEST_CASE(obs_t52_header_routes_are_annotations_and_first_paths) {
  RoutingPart part = shop_part();
  part.managed_names = {"beta"};
  ManagedRoute managed = beta("1");
  managed.headers.push_back({"X-Beta", crds::StringMatch{"2", "", ""}});
  managed.headers.push_back({"X-Team", crds::StringMatch{"a", "", ""}});
  part.declared = {managed};
  const json::value made = after(*route(part), ingress(), at(10, {managed}));
  BOOST_TEST(annotation(made, "alb.ingress.kubernetes.io/actions.beta") ==
             R"({"Type":"forward","ForwardConfig":{"TargetGroups":[)"
             R"({"ServiceName":"shop-canary","ServicePort":"80","Weight":100}]}})");
  BOOST_TEST(annotation(made, "alb.ingress.kubernetes.io/conditions.beta") ==
             R"([{"field":"http-header","httpHeaderConfig":{"httpHeaderName":"X-Beta","values":["1","2"]}},)"
             R"({"field":"http-header","httpHeaderConfig":{"httpHeaderName":"X-Team","values":["a"]}}])");
  BOOST_TEST(kube::same_json(made.at_pointer("/spec/rules/0/http/paths/0"),
                             json::parse(R"({"path": "/*", "pathType": "ImplementationSpecific",
                   "backend": {"service": {"name": "beta", "port": {"name": "use-annotation"}}}})")));
  BOOST_TEST(route(part)->observe(&made).has_declared);
  const json::value done = after(*route(part), made, at(0));
  BOOST_TEST(kube::same_json(done.at("spec"), ingress().at("spec")));
  BOOST_TEST(annotation(done, "alb.ingress.kubernetes.io/actions.beta").empty());
  BOOST_TEST(annotation(done, record_key) == R"({"shop":["alb.ingress.kubernetes.io/actions.shop-root"]})");
}

BOOST_AUTO_TEST_CASE(targets_in_either_notation_are_read) {
  const auto targets = targets_in(
      R"({"type":"forward","forwardConfig":{"targetGroups":[{"serviceName":"a","servicePort":80,"weight":3},{"serviceName":"b"}]}})");
  BOOST_REQUIRE(targets.has_value());
  BOOST_TEST((*targets == std::vector<ForwardTarget>{{"a", 3}, {"b", 1}}));
  BOOST_TEST(!targets_in("{").has_value());
  BOOST_TEST(!targets_in(R"({"type":"fixed-response"})").has_value());
}

BOOST_AUTO_TEST_CASE(exactly_one_form_of_naming_ingresses) {
  crds::TrafficRouting given;
  given.alb = routing();
  const FindByLabels none;
  const auto named = [&] {
    NamedRoutes routes;
    name_alb_routes({given, std::make_shared<RoutingPart>(shop_part()), none}, routes);
    return routes;
  };
  BOOST_TEST(named().routes.size() == 1u);
  given.alb->ingresses = {"a", "b"};
  BOOST_TEST(named().mistakes.size() == 1u);
  given.alb->ingress.clear();
  BOOST_TEST(named().routes.size() == 2u);
}

// A listener rule that splits, and one of a header route on the same target group.
LoadBalancerState balancer(int canary) {
  const std::string to_canary = "web/shop-shop-canary:80";
  return {
      true,
      {{"rule/1", {{to_canary, 100}}}, {"rule/2", {{to_canary, canary}, {"web/shop-shop-stable:80", 100 - canary}}}}};
}

BOOST_AUTO_TEST_CASE(obs_t52_weights_are_confirmed_rule_by_rule) {
  const kube::ObjectKey key{"web", "shop"};
  const Backends services{"shop-canary", "shop-stable"};
  const auto difference = [&](const LoadBalancerState& state) {
    return difference_from(state, key, services, Split::of_canary(25), 80);
  };
  BOOST_TEST(difference(balancer(25)).empty());
  BOOST_TEST(difference(balancer(24)) ==
             "the load balancer gives target group web/shop-shop-canary:80 weight 24 and should give 25");
  BOOST_TEST(difference({}) == "no load balancer of Ingress shop is known yet");
  BOOST_TEST(difference({true, {balancer(25).rules.front()}}).starts_with("no rule of the load balancer forwards"));
  LoadBalancerState two = balancer(25);
  two.rules.push_back(balancer(0).rules.back());
  BOOST_TEST(!difference(two).empty());
}

BOOST_AUTO_TEST_CASE(obs_t52_header_routes_are_confirmed_beside_the_split) {
  RoutingPart part = shop_part();
  part.managed_names = {"beta"};
  part.declarable = {beta("1")};
  const auto waits_for = [&](const json::value& object, const LoadBalancerState& state) {
    ObservedRoute seen = route(part)->observe(&object);
    route(part)->confirm(object, state, seen);
    BOOST_TEST(seen.is_accepted == seen.waits_for.empty());
    return seen.waits_for;
  };
  LoadBalancerState without = balancer(10);
  without.rules.erase(without.rules.begin());
  LoadBalancerState with = without;
  with.rules.push_back({"rule/3", {{"web/shop-shop-canary:80", 100}}, {{"X-Beta", {"1"}}}});
  const json::value declared = after(*route(part), ingress(), at(10, {beta("1")}));
  const json::value taken_away = after(*route(part), declared, at(10));
  BOOST_TEST(waits_for(declared, with) == "");
  BOOST_TEST(waits_for(declared, without) == "the load balancer has no rule yet for header route beta");
  BOOST_TEST(waits_for(taken_away, without) == "");
  BOOST_TEST(waits_for(taken_away, with) == "the load balancer still has the rule of header route beta");
}

BOOST_AUTO_TEST_CASE(obs_t38_a_destination_without_a_service_gets_no_target) {
  Intent intent = at(20);
  intent.split = Split::of_canary(20, 100, {{"", "aaa", 10}, {"shop-trial", "bbb", 10}});
  const auto targets = targets_in(annotation(after(*route(), ingress(), intent), action_key));
  BOOST_REQUIRE(targets.has_value());
  BOOST_TEST((*targets == std::vector<ForwardTarget>{{"shop-canary", 20}, {"shop-trial", 10}, {"shop-stable", 60}}));
}

BOOST_AUTO_TEST_CASE(obs_t52_destinations_of_experiments_are_confirmed_for_each_ingress) {
  const Backends services{"shop-canary", "shop-stable"};
  const Split split = Split::of_canary(20, 100, {{"shop-trial", "", 10}});
  LoadBalancerState state{true, {}};
  for (const std::string& name : {"one", "two"})
    state.rules.push_back({"rule/" + name,
                           {{"web/" + name + "-shop-canary:80", 20},
                            {"web/" + name + "-shop-trial:80", 10},
                            {"web/" + name + "-shop-stable:80", 70}}});
  for (const std::string& name : {"one", "two"})
    BOOST_TEST(difference_from(state, {"web", name}, services, split, 80) == "");
  state.rules[1].groups[1].weight = 5;
  BOOST_TEST(difference_from(state, {"web", "one"}, services, split, 80) == "");
  BOOST_TEST(difference_from(state, {"web", "two"}, services, split, 80) ==
             "the load balancer gives target group web/two-shop-trial:80 weight 5 and should give 10");
}

BOOST_AUTO_TEST_CASE(a_confirmation_names_the_load_balancer_and_its_target_groups) {
  const json::value object = after(*route(), ingress(), at(25));
  LoadBalancerState state = balancer(25);
  state.balancers = {{"shop", "arn:lb"}};
  for (ForwardRule& rule : state.rules)
    for (ForwardedGroup& group : rule.groups) group.arn = "arn:" + group.tag;
  ObservedRoute seen = route()->observe(&object);
  route()->confirm(object, state, seen);
  BOOST_TEST(seen.is_accepted);
  BOOST_REQUIRE(seen.balancer.has_value());
  BOOST_TEST(seen.balancer->canary_group == "arn:web/shop-shop-canary:80");
  BOOST_TEST(seen.balancer->stable_group == "arn:web/shop-shop-stable:80");
}

}  // namespace
}  // namespace sluice::traffic
