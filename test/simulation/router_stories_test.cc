// The way of an update over every router, with requests flowing and none lost.
#include <boost/test/unit_test.hpp>

#include "kube/json.h"
#include "router_manifests.h"
#include "story.h"

namespace sluice::simulation {
namespace {

namespace resources = kube::resources;
using std::chrono::minutes;
using std::chrono::seconds;

const std::string steps = "      steps: [{setWeight: 25}, {pause: {}}, {setWeight: 50}, {pause: {duration: 30s}}]\n";
const kube::Resource virtual_services{"networking.istio.io", "v1", "VirtualService", "virtualservices"};
const kube::Resource destination_rules{"networking.istio.io", "v1", "DestinationRule", "destinationrules"};
const kube::Resource ingresses{"networking.k8s.io", "v1", "Ingress", "ingresses"};

const std::vector<RouterManifests>& all_routers() {
  static const std::vector<RouterManifests> all{
      istio_by_hosts(), istio_by_subsets(), istio_by_subsets_with_services(), alb(), alb_with_ping_pong(),
      grpc_route(),     tcp_route()};
  return all;
}

// A pair of Services that change their roles, behind a VirtualService by hosts.
RouterManifests istio_with_ping_pong() {
  RouterManifests made = istio_by_hosts();
  made.name = "istio with ping-pong";
  const auto change = [&](const std::string& from, const std::string& to) {
    for (std::size_t at = 0; (at = made.objects.find(from, at)) != std::string::npos; at += to.size())
      made.objects.replace(at, from.size(), to);
  };
  change("web-stable", "web-ping");
  change("web-canary", "web-pong");
  made.objects += Story::service("web-ping") + Story::service("web-pong");
  made.strategy = "    canary:\n      pingPong: {pingService: web-ping, pongService: web-pong}\n" +
                  made.strategy.substr(made.strategy.find("      trafficRouting"));
  return made;
}

// The first version is healthy, and requests flow over the router.
class RouterStory {
 public:
  explicit RouterStory(const RouterManifests& router, const std::string& more = steps)
      : story({4, router.strategy + more, "", router.definitions + router.objects}) {
    story.begin();
    BOOST_REQUIRE(story.world.until([&] { return sent() > 0; }));
  }

  std::uint64_t sent() const { return story.world.requests()->total().sent; }
  int weight() const { return story.status_weight(); }
  bool until_weight(int wanted) {
    return story.world.until([&] { return weight() == wanted; });
  }
  // The share of the requests in this time that the version answered, in percent.
  double answered_by(const std::string& version, kube::Duration time) {
    const auto count = [&](const std::string& name) {
      std::uint64_t all = 0;
      for (const char* service : {"web", "web-stable", "web-canary", "web-ping", "web-pong"})
        all += story.world.requests()->of_hash({"default", service}, story.hash_of(name)).all();
      return all;
    };
    const std::uint64_t before = count(version);
    const std::uint64_t sent_before = sent();
    story.world.pass(time);
    return 100.0 * static_cast<double>(count(version) - before) / static_cast<double>(sent() - sent_before);
  }

  Story story;
};

template <class Tell>
void for_all_routers(Tell tell, const std::string& more = steps) {
  for (const RouterManifests& router : all_routers()) {
    BOOST_TEST_CONTEXT(router.name) {
      RouterStory told(router, more);
      tell(told);
      told.story.world.come_to_rest();
    }
  }
}

BOOST_AUTO_TEST_SUITE(router_stories)

BOOST_AUTO_TEST_CASE(all_steps_lead_to_promotion_over_every_router) {
  for_all_routers([](RouterStory& told) {
    told.story.release("v2");
    BOOST_REQUIRE_MESSAGE(told.story.until("Paused"), told.story.message());
    BOOST_TEST(told.weight() == 25);
    told.story.world.pass(seconds(5));
    BOOST_TEST(told.answered_by("v2", seconds(100)) == 25, boost::test_tools::tolerance(0.2));
    told.story.promote();
    BOOST_REQUIRE(told.story.until_step(3));
    BOOST_TEST(told.weight() == 50);
    BOOST_TEST(told.story.until_stable("v2"));
    told.story.world.pass(minutes(2));
    BOOST_TEST(told.story.size("v1") == 0);
    BOOST_TEST(told.weight() == 0);
    BOOST_TEST(told.answered_by("v2", seconds(20)) == 100.0);
    // And back again with the roles that the Services have now.
    told.story.release("v3");
    BOOST_REQUIRE(told.story.until("Paused"));
    told.story.promote();
    BOOST_TEST(told.story.until_stable("v3"));
  });
}

BOOST_AUTO_TEST_CASE(an_abort_brings_the_traffic_back_over_every_router) {
  for_all_routers([](RouterStory& told) {
    told.story.release("v2");
    BOOST_REQUIRE(told.story.until("Paused"));
    told.story.abort();
    BOOST_TEST(told.story.until("Degraded"));
    BOOST_TEST(told.until_weight(0));
    BOOST_TEST(told.story.until_size("v2", 0));
    BOOST_TEST(told.story.stable() == "v1");
    BOOST_TEST(told.answered_by("v1", seconds(20)) == 100.0);
    told.story.retry();
    BOOST_REQUIRE(told.story.until("Paused"));
    BOOST_TEST(told.weight() == 25);
    told.story.promote();
    BOOST_TEST(told.story.until_stable("v2"));
  });
}

BOOST_AUTO_TEST_CASE(ar_4564_another_version_in_the_middle_moves_no_selector_under_a_weight) {
  for_all_routers([](RouterStory& told) {
    told.story.release("v2");
    BOOST_REQUIRE(told.story.until("Paused"));
    told.story.release("v3");
    BOOST_REQUIRE(told.story.until("Paused"));
    BOOST_TEST(told.weight() == 25);
    told.story.promote();
    BOOST_TEST(told.story.until_stable("v3"));
    told.story.world.pass(minutes(2));
    BOOST_TEST(told.story.size("v2") == 0);
  });
}

const std::string header_steps =
    "      steps:\n      - setCanaryScale: {weight: 50}\n"
    "      - setHeaderRoute: {name: beta, match: [{headerName: X-Beta, headerValue: {exact: '1'}}]}\n"
    "      - setWeight: 25\n      - pause: {}\n";

std::string text_of(const World& world, const kube::Resource& resource) {
  return json::serialize(world.get(resource, "web"));
}

BOOST_AUTO_TEST_CASE(obs_t04_a_header_route_comes_with_its_step_and_goes_with_the_abort) {
  struct Row {
    RouterManifests router;
    kube::Resource resource;
  };
  const kube::Resource grpc{"gateway.networking.k8s.io", "v1", "GRPCRoute", "grpcroutes"};
  for (const Row& row : {Row{istio_by_hosts(), virtual_services}, Row{istio_by_subsets(), virtual_services},
                         Row{alb(), ingresses}, Row{alb_with_ping_pong(), ingresses}, Row{grpc_route(), grpc}}) {
    BOOST_TEST_CONTEXT(row.router.name) {
      RouterStory told(row.router, header_steps);
      const auto has_route = [&] {
        return text_of(told.story.world, row.resource).find("X-Beta") != std::string::npos;
      };
      told.story.release("v2");
      BOOST_REQUIRE_MESSAGE(told.story.until("Paused"), told.story.message());
      BOOST_TEST(has_route());
      BOOST_TEST(told.weight() == 25);
      told.story.abort();
      BOOST_TEST(told.story.until("Degraded"));
      BOOST_TEST(told.story.world.until([&] { return !has_route(); }, seconds(20)));
      BOOST_TEST(told.story.until_size("v2", 0));
      BOOST_TEST(!has_route());
      told.story.retry();
      BOOST_REQUIRE(told.story.until("Paused"));
      BOOST_TEST(has_route());
      told.story.promote();
      BOOST_TEST(told.story.until_stable("v2"));
      told.story.world.come_to_rest();
      BOOST_TEST(!has_route());
    }
  }
}

BOOST_AUTO_TEST_CASE(obs_t04_a_header_route_as_the_first_step_waits_for_pods) {
  RouterStory told(
      istio_by_subsets(),
      "      steps:\n      - setHeaderRoute: {name: beta, match: [{headerName: X-Beta, headerValue: {exact: "
      "'1'}}]}\n      - setWeight: 25\n      - pause: {}\n");
  told.story.release("v2");
  BOOST_REQUIRE_MESSAGE(told.story.until("Paused"), told.story.message());
  BOOST_TEST(text_of(told.story.world, virtual_services).find("X-Beta") != std::string::npos);
  told.story.abort();
  BOOST_TEST(told.story.until_size("v2", 0));
  BOOST_TEST(text_of(told.story.world, virtual_services).find("X-Beta") == std::string::npos);
  told.story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(obs_t45_edge_67_a_kind_that_is_installed_later_is_found) {
  const RouterManifests router = istio_by_hosts();
  Story story({4, router.strategy + steps, ""});
  story.world.apply(Story::service("web-stable") + Story::service("web-canary") + story.yaml("v1"));
  story.world.start();
  BOOST_REQUIRE(story.world.until([&] {
    return json::serialize(story.world.get(resources::rollouts, "web")).find("does not know the kind VirtualService") !=
           std::string::npos;
  }));
  story.world.apply(router.definitions);
  story.world.apply(router.objects);
  BOOST_TEST(story.until("Healthy"));
  story.release("v2");
  BOOST_REQUIRE_MESSAGE(story.until("Paused"), story.message());
  story.promote();
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(obs_25_a_missing_destination_rule_is_named_and_followed_as_soon_as_it_exists) {
  RouterStory told(istio_by_subsets());
  const json::value rule = told.story.world.get(destination_rules, "web");
  told.story.world.remove(destination_rules, "web");
  told.story.world.stop_traffic();
  told.story.release("v2");
  BOOST_REQUIRE(told.story.world.until([&] {
    return json::serialize(told.story.world.get(resources::rollouts, "web"))
               .find("DestinationRule \\\"web\\\" not found") != std::string::npos;
  }));
  told.story.world.pass(minutes(5));
  BOOST_TEST(told.weight() <= 0);
  told.story.world.apply(istio_by_subsets().objects);
  BOOST_REQUIRE_MESSAGE(told.story.until("Paused"), told.story.message());
  BOOST_TEST(told.weight() == 25);
}

BOOST_AUTO_TEST_CASE(another_writer_of_a_route_is_named_and_not_fought_without_end) {
  RouterStory told(istio_by_hosts());
  told.story.release("v2");
  BOOST_REQUIRE(told.story.until("Paused"));
  const int before = told.story.world.writes();
  const json::value original = told.story.world.get(virtual_services, "web");
  for (int i = 0; i < 100; ++i) {
    told.story.world.patch(virtual_services, "web",
                           R"({"spec":{"http":[{"name":"main","route":[
                             {"destination":{"host":"web-stable"},"weight":100},
                             {"destination":{"host":"web-canary"},"weight":0}]}]}})");
    told.story.world.pass(seconds(1));
  }
  BOOST_TEST(told.story.world.writes() - before < 60);
  BOOST_TEST(told.story.has_event("TrafficRouteOverwritten"));
  told.story.world.pass(seconds(30));
  BOOST_TEST(told.weight() == 25);
  told.story.promote();
  BOOST_TEST(told.story.until_stable("v2"));
  told.story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(ar_3674_a_pair_is_pinned_before_the_first_weight) {
  const RouterManifests router = alb_with_ping_pong();
  Story story({4, "    canary:\n      maxSurge: 1\n" + steps, ""});
  story.world.apply(Story::service("web-ping") + Story::service("web-pong") + router.objects + story.yaml("v1"));
  story.world.start();
  BOOST_REQUIRE(story.until("Healthy"));
  story.change({4, router.strategy + steps, ""});
  story.release("v2");
  BOOST_REQUIRE_MESSAGE(story.until("Paused"), story.message());
  BOOST_TEST(story.version_of(story.world.selected("web-pong")) == "v1");
  BOOST_TEST(story.version_of(story.world.selected("web-ping")) == "v2");
  story.promote();
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(defect_32_obs_32_a_former_set_behind_a_waiting_service_goes_when_nothing_is_routed_there) {
  RouterStory told(alb_with_ping_pong());
  told.story.release("v2");
  BOOST_REQUIRE(told.story.until("Paused"));
  told.story.promote();
  BOOST_REQUIRE(told.story.until_stable("v2"));
  BOOST_TEST(kube::text_at(told.story.world.get(resources::rollouts, "web"), {"status", "canary", "stablePingPong"}) ==
             "pong");
  BOOST_TEST(told.story.size("v1") == 4);
  BOOST_TEST(told.story.until_size("v1", 0));
  told.story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(obs_t14_several_routers_move_together) {
  RouterManifests both = istio_by_hosts();
  const RouterManifests gateway = grpc_route();
  RouterStory told({"both", both.definitions + gateway.definitions, both.objects + gateway.objects,
                    both.strategy + "        plugins:\n          argoproj-labs/gatewayAPI: {grpcRoute: web}\n"});
  told.story.release("v2");
  BOOST_REQUIRE_MESSAGE(told.story.until("Paused"), told.story.message());
  for (const auto& [route, served] : told.story.world.sandbox().workloads().gateway().served())
    for (const sandbox::ServedRule& rule : served.rules) BOOST_TEST(rule.backends.at(1).weight == 25, route.name);
  told.story.promote();
  BOOST_TEST(told.story.until_stable("v2"));
  told.story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(obs_t21_pods_that_never_start_behind_a_mesh_freeze_nothing) {
  for (const RouterManifests& router : {istio_by_subsets(), istio_by_hosts(), istio_with_ping_pong()}) {
    BOOST_TEST_CONTEXT(router.name) {
      RouterStory told(router);
      told.story.spec(R"({"progressDeadlineSeconds":60,"progressDeadlineAbort":true})");
      told.story.release("does-not-exist");
      BOOST_REQUIRE(told.story.until("Degraded"));
      BOOST_TEST(told.weight() == 0);
      BOOST_TEST(told.story.stable() == "v1");
      told.story.world.come_to_rest();
    }
  }
}

BOOST_AUTO_TEST_CASE(obs_t52_each_of_several_ingresses_is_looked_at) {
  RouterManifests router = alb();
  const std::string named = "ingress: web\n";
  router.strategy.replace(router.strategy.find(named), named.size(), "ingresses: [web, web-b]\n");
  std::string second = router.objects.substr(router.objects.find("---\napiVersion: networking.k8s.io"));
  second.replace(second.find("{name: web}"), 11, "{name: web-b}");
  router.objects += second;
  RouterStory told(router);
  told.story.release("v2");
  BOOST_REQUIRE_MESSAGE(told.story.until("Paused"), told.story.message());
  const std::string key = "alb.ingress.kubernetes.io/actions.web-root";
  const auto action = [&](const std::string& name) {
    return std::string(kube::text_at(told.story.world.get(ingresses, name), {"metadata", "annotations", key}));
  };
  BOOST_TEST(action("web").find("\"Weight\":25") != std::string::npos);
  BOOST_TEST(action("web-b") == action("web"));
  // The first is right, the second is spoilt.
  const std::string right = action("web");
  told.story.world.patch(ingresses, "web-b", R"({"metadata":{"annotations":{")" + key + R"(":"{}"}}})");
  BOOST_TEST(told.story.world.until([&] { return action("web-b") == right; }));
  told.story.promote();
  BOOST_TEST(told.story.until_stable("v2"));
  told.story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(the_examples_run_as_they_stand) {
  for (const char* name : {"canary-istio", "canary-alb", "canary-grpcroute"}) {
    BOOST_TEST_CONTEXT(name) {
      World world;
      world.apply(istio_definitions() + grpc_route().definitions);
      const std::string folder = std::string(name) + "/";
      for (const char* file : {"services.yaml", "route.yaml"}) world.apply(example(folder + file));
      world.apply(with_graceful_pods(example(folder + "rollout.yaml")));
      world.start();
      BOOST_REQUIRE(world.until([&] { return world.is("shop", "Healthy"); }));
      const std::string first = world.stable("shop");
      world.apply(replaced(with_graceful_pods(example(folder + "rollout.yaml")), "example/shop:v1", "example/shop:v2"));
      BOOST_REQUIRE_MESSAGE(world.until([&] { return world.is("shop", "Paused"); }), world.message("shop"));
      world.patch(resources::rollouts, "shop", R"({"status":{"pauseConditions":null}})", "status");
      BOOST_TEST(world.until([&] { return world.is("shop", "Healthy") && world.stable("shop") != first; }));
      world.come_to_rest();
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::simulation
