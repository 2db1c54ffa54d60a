// The table of routers, the roles of ping-pong Services, and the managed routes that steps declare.
#include "traffic/router.h"

#include "crds/decode.h"
#include "kube/yaml.h"
#include "routes.h"

namespace sluice::traffic {
namespace {

std::shared_ptr<const crds::Rollout> rollout(const std::string& yaml) {
  kube::Mistakes mistakes;
  const auto read = crds::decode_rollout(kube::parse_yaml(yaml).value(), mistakes);
  BOOST_TEST(mistakes.empty());
  return read;
}

const std::string ping_pong = R"(
metadata: {name: shop, namespace: web}
spec:
  strategy:
    canary:
      pingPong: {pingService: ping, pongService: pong}
      trafficRouting:
        managedRoutes: [{name: second}, {name: first}]
        alb: {ingress: shop, servicePort: 80, rootService: root}
        istio: {virtualService: {name: shop}}
      steps:
      - setHeaderRoute: {name: first, match: [{headerName: a, headerValue: {exact: "1"}}]}
      - setMirrorRoute: {name: second, percentage: 5, match: [{path: {prefix: /}}]}
      - setWeight: 5
      - setHeaderRoute: {name: first}
)";

BOOST_AUTO_TEST_CASE(obs_t01_the_pair_has_one_naming_for_all_routers) {
  const auto first = rollout(ping_pong);
  BOOST_TEST((backends_of(*first) == Backends{"ping", "pong"}));
  const auto later = rollout(ping_pong + "status: {canary: {stablePingPong: ping}}\n");
  BOOST_TEST((backends_of(*later) == Backends{"pong", "ping"}));
  const NamedRoutes named = routes_of(*later, {});
  BOOST_REQUIRE(named.routes.size() == 2u);
  BOOST_TEST(named.routes[0]->kind() == "VirtualService");
  BOOST_TEST(named.routes[1]->kind() == "Ingress");
}

BOOST_AUTO_TEST_CASE(routes_are_declared_from_their_step_on_in_the_order_of_managed_routes) {
  const auto read = rollout(ping_pong);
  const crds::CanaryStrategy& strategy = *read->spec->strategy.canary;
  const auto names_at = [&](int index) {
    std::string names;
    for (const ManagedRoute& route : declared_routes(strategy, index)) names += route.name + " ";
    return names;
  };
  BOOST_TEST(names_at(0) == "first ");
  BOOST_TEST(names_at(1) == "second first ");
  BOOST_TEST(names_at(2) == "second first ");
  BOOST_TEST(names_at(3) == "second ");
  BOOST_TEST(names_at(9) == "second ");
}

BOOST_AUTO_TEST_CASE(obs_t38_weights_that_do_not_add_up_are_cut_to_the_maximum) {
  const struct {
    int canary, max, first, second;  // asked for
    int gets_first, gets_second, gets_stable;
  } rows[] = {{60, 100, 60, 10, 40, 0, 0}, {60, 100, 30, 20, 30, 10, 0}, {20, 100, 10, 10, 10, 10, 60},
              {100, 100, 5, 5, 0, 0, 0},   {0, 100, -5, 120, 0, 100, 0}, {300, 1000, 100, 700, 100, 600, 0},
              {120, 100, 10, 10, 0, 0, 0}};
  for (const auto& row : rows) {
    const Split made = Split::of_canary(row.canary, row.max, {{"a", "", row.first}, {"b", "", row.second}});
    BOOST_TEST(made.additional[0].weight == row.gets_first);
    BOOST_TEST(made.additional[1].weight == row.gets_second);
    BOOST_TEST(made.stable == row.gets_stable);
  }
}

BOOST_AUTO_TEST_CASE(without_routing_there_are_no_routes) {
  BOOST_TEST(routes_of(*rollout("metadata: {name: a}\nspec: {strategy: {canary: {}}}\n"), {}).routes.empty());
}

}  // namespace
}  // namespace sluice::traffic
