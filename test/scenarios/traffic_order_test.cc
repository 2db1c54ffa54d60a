// Named scenarios about traffic: the order of what is written, and what stands in a route besides our weights.
#include <boost/test/unit_test.hpp>

#include "kube/json.h"
#include "plans.h"
#include "test/simulation/load_balancer.h"

namespace sluice::simulation {
namespace {

namespace resources = kube::resources;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const std::string beta_header = "{headerName: X-Beta, headerValue: {exact: '1'}}";

// With the header route behind the first pause.
Plan with_header_step(const std::string& weights_before = "{setWeight: 20}, {pause: {}}, ", int replicas = 10) {
  Plan plan = t10("      steps: [" + weights_before + "{setHeaderRoute: {name: beta, match: [" + beta_header +
                      "]}}, {pause: {}}, {setWeight: 50}, {pause: {}}]\n",
                  replicas);
  plan.strategy = replaced(plan.strategy, "      trafficRouting:\n",
                           "      trafficRouting:\n        managedRoutes: [{name: beta}]\n");
  return plan;
}

int header_rules(const Story& story) {
  int rules = 0;
  const json::value route = story.world.get(resources::http_routes, "web");
  for (const json::value& rule : kube::find_at(route, {"spec", "rules"})->as_array())
    rules += json::serialize(rule).find("X-Beta") != std::string::npos ? 1 : 0;
  return rules;
}

BOOST_AUTO_TEST_SUITE(scenarios)

BOOST_AUTO_TEST_CASE(ar_4775_a_subset_is_not_moved_while_the_weight_cannot_be_taken_away) {
  Story story(i10());
  story.begin();
  BOOST_REQUIRE(story.release_to_pause("v2", 1));
  int refused = 0;
  story.world.controllers().transport().strike = [&](const kube::ApiRequest& request) {
    if (!request.target.ends_with("/virtualservices/web") || refused >= 2) return WriteFault();
    ++refused;
    return WriteFault{WriteFault::Kind::refused, 500};
  };
  story.world.always("the subset stays with the second version while a proxy sends it requests",
                     [&] { return story.share("v2") == 0 || canary_subset(story) == "v2"; });
  story.release("v3");
  BOOST_REQUIRE(story.world.until([&] { return canary_subset(story) == "v3"; }));
  BOOST_TEST(refused == 2);
  story.world.no_longer("the subset stays with the second version while a proxy sends it requests");
  BOOST_REQUIRE(story.until_paused_at(1));
  story.promote();
  BOOST_REQUIRE(story.until_paused_at(3));
  story.promote();
  BOOST_TEST(story.until_stable("v3"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(obs_t68_a_failing_read_takes_no_selector_away) {
  Story story(t10());
  story.begin();
  story.world.pass(minutes(1));
  story.world.controllers().transport().intercept =
      [&](const kube::ApiRequest& request) -> std::optional<kube::ApiResponse> {
    if (request.method != "GET") return std::nullopt;
    kube::ApiResponse answer;
    answer.status = 500;
    answer.body = R"({"kind":"Status","status":"Failure","reason":"InternalError","code":500})";
    return answer;
  };
  const int before = story.world.writes();
  story.world.patch(resources::services, "web-stable", R"({"metadata":{"labels":{"edited":"yes"}}})");
  story.world.pass(minutes(5));
  BOOST_TEST(story.world.writes() == before);
  BOOST_TEST(story.world.selected("web-stable") == story.hash_of("v1"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(ar_3617_an_intermediate_set_stays_while_its_target_group_has_weight) {
  BalancedStory told(routed_by(alb()), seconds(60));
  Story& story = told.story;
  story.release("v2");
  const auto is_paused_at = [&](int index) {
    return story.world.until([&] { return story.step() == index && story.world.is("web", "Paused"); }, minutes(20));
  };
  BOOST_REQUIRE(is_paused_at(1));
  story.promote();
  BOOST_REQUIRE(is_paused_at(3));
  bool is_refused = false;
  story.world.controllers().transport().strike = [&](const kube::ApiRequest& request) {
    if (is_refused || !request.target.ends_with("/rollouts/web/status")) return WriteFault();
    is_refused = true;
    return WriteFault{WriteFault::Kind::refused, 409};
  };
  story.world.always("the second version keeps its pods while its target group has weight",
                     [&] { return story.share("v2") == 0 || story.size("v2") == 5; });
  story.release("v3");
  BOOST_REQUIRE(story.world.until([&] { return story.share("v3") == 20; }, minutes(20)));
  BOOST_TEST(is_refused);
  BOOST_TEST(story.world.until([&] { return story.size("v2") == 0; }, minutes(20)));
  BOOST_REQUIRE(is_paused_at(1));
  story.promote();
  BOOST_REQUIRE(is_paused_at(3));
  story.promote();
  BOOST_TEST(story.world.until([&] { return story.stable() == "v3"; }, minutes(20)));
  story.world.come_to_rest(minutes(6));
}

BOOST_AUTO_TEST_CASE(ar_4752_a_weight_waits_until_the_proxies_know_the_subset) {
  Story story(with_propagation(i10(), 60), slow_router(seconds(60)));
  story.begin();
  story.world.pass(minutes(5));
  story.release("v2");
  BOOST_REQUIRE(story.world.until([&] { return canary_subset(story) == "v2"; }));
  const kube::Time labelled = story.world.clock().now();
  BOOST_TEST(story.reasons().find("it counts as in force at") != std::string::npos, story.reasons());
  BOOST_REQUIRE(story.world.until([&] {
    return json::serialize(story.world.get(virtual_services, "web")).find("\"weight\":20") != std::string::npos;
  }));
  BOOST_TEST((story.world.clock().now() - labelled >= seconds(60)));
  BOOST_REQUIRE(story.world.until([&] { return story.step() == 1 && story.world.is("web", "Paused"); }, minutes(20)));
  story.promote();
  BOOST_REQUIRE(story.world.until([&] { return story.step() == 3 && story.world.is("web", "Paused"); }, minutes(20)));
  story.promote();
  BOOST_TEST(
      story.world.until([&] { return story.stable() == "v2" && story.world.is("web", "Healthy"); }, minutes(20)));
  story.world.come_to_rest(minutes(3));
}

BOOST_AUTO_TEST_CASE(ar_4926_dynamic_stable_pods_go_after_the_delay, *boost::unit_test::disabled()) {
  Story story(d10("      scaleDownDelaySeconds: 120\n"));
  story.begin();
  BOOST_REQUIRE(story.release_to_pause("v2", 1));
  BOOST_REQUIRE(story.world.until([&] { return story.size("v1") == 8; }));
  story.promote();
  BOOST_REQUIRE(story.world.until([&] { return story.share("v2") == 50; }));
  story.world.pass(seconds(115));
  BOOST_TEST(story.size("v1") == 8);
  story.world.pass(seconds(10));
  BOOST_TEST(story.size("v1") == 5);
  BOOST_REQUIRE(story.until_paused_at(3));
  story.promote();
  BOOST_REQUIRE(story.until_stable("v2"));
  BOOST_TEST(story.until_size("v1", 0));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(ctl_allpods_a_canary_without_pods_gets_nothing_and_everything_back) {
  Story story(with_header_step());
  story.begin();
  BOOST_REQUIRE(story.release_to_pause("v2", 3));
  BOOST_TEST(header_rules(story) == 1);
  story.world.oracle().excuse("I1");  // both pods fail by hand
  story.world.stop_traffic();
  story.break_pods("v2", 2);
  BOOST_TEST(story.world.until([&] { return story.share("v2") == 0 && header_rules(story) == 0; }, seconds(5)));
  story.world.pass(seconds(10));
  story.mend_pods("v2");
  BOOST_TEST(story.world.until([&] { return story.share("v2") == 20 && header_rules(story) == 1; }, seconds(10)));
  BOOST_TEST(story.step() == 3);
  story.promote();
  BOOST_REQUIRE(story.until_paused_at(5));
  story.promote();
  BOOST_TEST(story.until_stable("v2"));
  BOOST_TEST(header_rules(story) == 0);
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(gw_151_header_routes_do_not_gather_when_versions_follow_quickly) {
  Story story(with_header_step("{setWeight: 20}, "));
  story.begin();
  story.world.always("one rule at most carries the header", [&] { return header_rules(story) <= 1; });
  for (const std::string version : {"v2", "v3", "v4"}) {
    story.release(version);
    BOOST_REQUIRE(story.world.until(
        [&] { return story.step() == 2 && story.world.is("web", "Paused") && story.share(version) == 20; }));
    BOOST_TEST(header_rules(story) == 1);
  }
  story.promote();
  BOOST_REQUIRE(story.until_paused_at(4));
  story.promote();
  BOOST_TEST(story.until_stable("v4"));
  BOOST_TEST(header_rules(story) == 0);
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(ar_4561_a_header_step_is_done_when_its_route_is_seen) {
  Story story(with_header_step());
  story.begin();
  BOOST_REQUIRE(story.release_to_pause("v2", 1));
  story.cordon_nodes();
  story.lose_pods("v1", 1);
  story.world.pass(seconds(5));
  story.world.always("the header step is passed with its route only",
                     [&] { return story.step() < 3 || header_rules(story) == 1; });
  story.promote();
  story.world.pass(seconds(60));
  story.cordon_nodes(false);
  BOOST_REQUIRE(story.until_paused_at(3));
  story.world.no_longer("the header step is passed with its route only");
  story.promote();
  BOOST_REQUIRE(story.until_paused_at(5));
  story.promote();
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(ar_4716_a_restart_of_the_pods_brings_the_header_route_back) {
  Story story(with_header_step("{setWeight: 10}, {pause: {}}, "));
  story.begin();
  BOOST_REQUIRE(story.release_to_pause("v2", 3));
  story.world.oracle().excuse("I1");  // a person asks for the restart of the only canary pod
  story.world.oracle().excuse("I2");
  const std::string now = kube::format_time(story.world.clock().now());
  const std::vector<std::string> before = story.pods("v2");
  story.spec(R"({"restartAt":")" + now + R"("})");
  BOOST_REQUIRE(story.world.until(
      [&] { return !kube::text_at(story.world.get(resources::rollouts, "web"), {"status", "restartedAt"}).empty(); },
      minutes(20)));
  BOOST_TEST(story.pods("v2") != before);
  BOOST_TEST(story.world.until([&] { return header_rules(story) == 1 && story.share("v2") == 10; }));
  BOOST_TEST(story.step() == 3);
  story.promote();
  BOOST_REQUIRE(story.until_paused_at(5));
  story.promote();
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(ar_4612_back_to_the_stable_version_over_subsets) {
  Story story(i10("      dynamicStableScale: true\n"));
  story.begin();
  BOOST_REQUIRE(story.release_to_pause("v2", 3));
  BOOST_REQUIRE(story.until_size("v1", 5));
  story.world.always("the canary's subset stays as long as it has weight",
                     [&] { return story.share("v2") == 0 || canary_subset(story) == "v2"; });
  story.release("v1");
  BOOST_REQUIRE(story.world.until([&] { return story.share("v2") == 0; }));
  BOOST_TEST(story.ready("v1") == 10);
  BOOST_TEST(story.until_stable("v1"));
  BOOST_TEST(story.until_size("v2", 0));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(obs_t16_a_router_that_leaves_the_spec_is_cleaned_before_it_is_forgotten) {
  const RouterManifests mesh = istio_by_hosts();
  Plan both = routed_by(mesh);
  both.objects += Story::route();
  both.strategy =
      replaced(both.strategy, "        istio:\n",
               "        plugins:\n          argoproj-labs/gatewayAPI: {httpRoute: web, namespace: default}\n"
               "        istio:\n");
  Story story(both);
  story.begin();
  BOOST_REQUIRE(story.release_to_pause("v2", 1));
  Plan one = t10();
  one.objects = both.objects;
  story.change(one);
  story.world.pass(minutes(1));
  BOOST_TEST(json::serialize(story.world.get(virtual_services, "web")).find("\"weight\":20") == std::string::npos);
  BOOST_TEST(story.weight() == 20);
  story.promote();
  BOOST_REQUIRE(story.until_paused_at(3));
  story.promote();
  BOOST_TEST(story.until_stable("v2"));
}

BOOST_AUTO_TEST_CASE(obs_t21_a_crashing_canary_behind_subsets_freezes_nothing) {
  Plan plan = i10(watched);
  plan.spec = "  progressDeadlineSeconds: 600\n  progressDeadlineAbort: true\n";
  plan.pods["v2"] = "sluice.test/crashes-after: '0'";
  for (const bool fails : {false, true}) {
    BOOST_TEST_CONTEXT((fails ? "the analysis fails" : "the deadline comes")) {
      Story story(plan);
      story.world.prometheus = [](const kube::HttpRequest&) { return prometheus_says("0.99"); };
      story.begin(prometheus_template("watch", 0));
      story.cordon_nodes();
      story.lose_pods("v1", 1);
      story.cordon_nodes(false);
      story.release("v2");
      story.world.pass(minutes(5));
      BOOST_TEST(story.share("v2") == 0);
      if (fails) {
        story.world.prometheus = [](const kube::HttpRequest&) { return prometheus_says("0.1"); };
        BOOST_TEST(story.world.until([&] { return story.world.is("web", "Degraded"); }, minutes(1)));
      } else {
        BOOST_TEST(story.world.until([&] { return story.world.is("web", "Degraded"); }, minutes(6)));
      }
      BOOST_TEST(story.until_size("v2", 0));
      BOOST_TEST(story.stable() == "v1");
      story.world.come_to_rest();
    }
  }
}

BOOST_AUTO_TEST_CASE(obs_t23_idle_routers_are_written_nothing) {
  for (const RouterManifests& router : {istio_by_hosts(), istio_by_subsets(), istio_by_subsets_with_services(), alb(),
                                        alb_with_ping_pong(), grpc_route(), tcp_route()}) {
    BOOST_TEST_CONTEXT(router.name) {
      Story story(routed_by(router, "", 4));
      story.begin();
      story.world.pass(minutes(2));
      const int healthy = story.world.writes();
      const std::size_t events = story.world.events("web").size();
      story.world.pass(hours(1));
      BOOST_TEST(story.world.writes() == healthy);
      BOOST_TEST(story.world.events("web").size() == events);
      BOOST_REQUIRE(story.release_to_pause("v2", 1));
      story.world.pass(minutes(2));
      const int paused = story.world.writes();
      story.world.pass(hours(1));
      BOOST_TEST(story.world.writes() == paused);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::simulation
