// Weights of Ingresses that the load balancer's own API confirms: it lags, throttles, rounds, and may promise too much.
#include "load_balancer.h"

#include <boost/test/unit_test.hpp>

#include "kube/json.h"
#include "router_manifests.h"
#include "traffic/alb.h"

namespace sluice::simulation {
namespace {

namespace resources = kube::resources;
using std::chrono::minutes;
using std::chrono::seconds;

const std::string all_at_once =
    "      scaleDownDelaySeconds: 1\n      steps: [{setCanaryScale: {weight: 100}}, {pause: {}}, {setWeight: 100}, "
    "{pause: {duration: 1s}}]\n";

BOOST_AUTO_TEST_SUITE(load_balancer)

// The weight of the stable version's pods in the load balancer: what reaches V1 must find it there.
BOOST_AUTO_TEST_CASE(ar_3333_the_old_set_stays_until_the_load_balancer_sends_it_nothing) {
  BalancedStory told(alb_with_ping_pong(), all_at_once, seconds(240));
  told.release_until_paused("v2");
  told.balancer->throttled_until = told.story.world.clock().now() + seconds(120);
  told.story.promote();
  BOOST_REQUIRE(told.story.world.until([&] { return told.why().find("Throttling") != std::string::npos; }));
  BOOST_REQUIRE(told.story.world.until([&] { return !told.is_verified(); }));
  told.story.world.pass(seconds(10));
  told.story.promote();
  // While the API throttles nothing is known; afterwards the weight that is served is named, with its target group.
  told.story.world.pass(seconds(100));
  BOOST_TEST(!told.is_verified());
  BOOST_TEST(told.size_of_old() == 10);
  BOOST_REQUIRE(told.story.world.until([&] { return told.why().find("Throttling") == std::string::npos; }));
  BOOST_TEST(told.why().find("the load balancer gives target group default/web-web-pong:80 weight 0 and should give "
                             "100") != std::string::npos,
             told.why());
  // Until the weight of 100 is in force, nobody believes that it is.
  BOOST_REQUIRE(told.story.world.until([&] { return told.served() == 100; }, minutes(20)));
  BOOST_TEST(told.size_of_old() == 10);
  BOOST_TEST(told.story.stable() == "v1");
  const kube::Time in_force = told.story.world.clock().now();
  BOOST_TEST(told.story.world.until([&] { return told.story.stable() == "v2"; }, minutes(20)));
  BOOST_TEST(told.story.world.until([&] { return told.size_of_old() == 0; }, minutes(20)));
  BOOST_TEST((told.story.world.clock().now() - in_force >= traffic::alb_propagation));
  told.story.world.come_to_rest(minutes(6));
}

BOOST_AUTO_TEST_CASE(ar_3926_a_dynamic_stable_set_shrinks_by_confirmed_weight_only) {
  BalancedStory told(alb(),
                     "      dynamicStableScale: true\n      steps: [{setWeight: 50}, {pause: {}}, {setWeight: "
                     "100}, {pause: {duration: 5s}}]\n",
                     seconds(90));
  told.release_until_paused("v2");
  BOOST_TEST(told.served() == 50);
  BOOST_TEST(told.size_of_old() >= 5);
  told.story.promote();
  bool was_early = false;
  BOOST_REQUIRE(told.story.world.until(
      [&] {
        was_early |= told.served() < 100 && told.size_of_old() < 5;
        return told.served() == 100;
      },
      minutes(20)));
  BOOST_TEST(!was_early);
  BOOST_TEST(told.size_of_old() >= 5);
  BOOST_REQUIRE(told.story.world.until([&] { return told.size_of_old() < 5; }, minutes(10)));
  BOOST_TEST(told.is_verified());
  BOOST_TEST(told.story.world.until([&] { return told.story.stable() == "v2"; }, minutes(10)));
  told.story.world.come_to_rest(minutes(6));
}

BOOST_AUTO_TEST_CASE(ar_3617_a_superseded_set_stays_while_the_load_balancer_sends_to_it) {
  BalancedStory told(alb(), "      steps: [{setWeight: 50}, {pause: {}}]\n", seconds(60));
  told.release_until_paused("v2");
  int refused = 0;
  told.story.world.controllers().transport().strike = [&](const kube::ApiRequest& request) {
    const bool is_status = request.target.find("/rollouts/web/status") != std::string::npos;
    return is_status && ++refused == 1 ? WriteFault{WriteFault::Kind::refused, 409} : WriteFault{};
  };
  told.story.release("v3");
  bool was_early = false;
  BOOST_REQUIRE(told.story.world.until(
      [&] {
        // Five of ten pods carry its half of the requests, as long as the canary's Service leads to them.
        const bool is_behind = told.story.version_of(told.story.world.selected("web-canary")) == "v2";
        was_early |= is_behind && told.served() > 0 && told.story.size("v2") < 5;
        return told.story.size("v2") == 0;
      },
      minutes(20)));
  BOOST_TEST(!was_early);
  BOOST_TEST(refused >= 1);
  told.story.world.come_to_rest(minutes(6));
}

// After a promotion the roles of the pair change: the Service of the old version is the canary's one now.
BOOST_AUTO_TEST_CASE(obs_32_a_service_of_the_pair_keeps_the_pods_that_it_leads_to) {
  BalancedStory told(alb_with_ping_pong(), "      scaleDownDelaySeconds: 10\n      steps: [{setWeight: 100}]\n",
                     seconds(1));
  told.balancer->keeps = 10;
  told.story.release("v2");
  told.story.world.pass(minutes(5));
  BOOST_TEST(told.size_of_old() == 10);
  BOOST_TEST(told.why().find("weight 90 and should give 100") != std::string::npos, told.why());
  told.balancer->keeps = 0;
  BOOST_TEST(told.story.world.until([&] { return told.story.stable() == "v2"; }, minutes(10)));
  BOOST_TEST(told.story.world.until([&] { return told.size_of_old() == 0; }, minutes(10)));
  told.story.world.come_to_rest(minutes(6));
}

BOOST_AUTO_TEST_CASE(obs_21_a_confirmation_is_told_at_once_although_no_weight_changes) {
  BalancedStory told(alb(), "      steps: [{setWeight: 20}, {pause: {}}]\n", seconds(30), 5);
  told.story.release("v2");
  BOOST_REQUIRE(told.story.world.until([&] { return told.story.world.is("web", "Paused"); }, minutes(10)));
  BOOST_TEST(told.is_verified());
  BOOST_TEST(told.served() == 20);
  const int questions = told.balancer->questions;
  told.story.world.pass(minutes(60));
  BOOST_TEST(told.balancer->questions == questions);
  told.story.promote();
  BOOST_TEST(told.story.world.until([&] { return told.story.stable() == "v2"; }, minutes(10)));
  told.story.world.come_to_rest(minutes(6));
}

BOOST_AUTO_TEST_CASE(the_status_names_load_balancer_and_target_groups_as_long_as_they_are_verified) {
  BalancedStory told(alb(), "      steps: [{setWeight: 20}, {pause: {}}]\n", seconds(1), 5);
  told.release_until_paused("v2");
  const auto status = [&] { return told.story.world.get(resources::rollouts, "web").at("status"); };
  const json::value expected = json::parse(R"({"ingress": "web",
    "loadBalancer": {"name": "k8s-web", "fullName": "k8s-web/50dc",
      "arn": "arn:aws:elasticloadbalancing:eu-central-1:1:loadbalancer/app/k8s-web/50dc"},
    "canaryTargetGroup": {"name": "web-canary", "fullName": "web-canary/73e2",
      "arn": "arn:aws:elasticloadbalancing:eu-central-1:1:targetgroup/web-canary/73e2"},
    "stableTargetGroup": {"name": "web-stable", "fullName": "web-stable/73e2",
      "arn": "arn:aws:elasticloadbalancing:eu-central-1:1:targetgroup/web-stable/73e2"}})");
  BOOST_TEST(kube::same_json(status().at("alb"), expected), json::serialize(status().at("alb")));
  BOOST_REQUIRE(status().at("albs").as_array().size() == 1u);
  BOOST_TEST(kube::same_json(status().at("albs").as_array().front(), expected));
  BOOST_TEST(told.story.has_event("TargetGroupVerified"));
  // Another process that gets no answer knows nothing new, and takes nothing back.
  told.story.world.kill();
  told.balancer->throttled_until = told.story.world.clock().now() + minutes(30);
  told.story.world.start();
  told.story.world.pass(minutes(5));
  BOOST_TEST(told.is_verified());
  BOOST_TEST(kube::same_json(status().at("alb"), expected));
  // And raises no weight on what is unknown.
  told.story.promote();
  told.story.world.pass(minutes(5));
  BOOST_TEST(told.served() == 20);
  BOOST_TEST(told.story.stable() == "v1");
  // Without the flag nothing is said about it.
  told.story.world.kill();
  told.story.world.load_balancer.reset();
  told.story.world.start();
  BOOST_TEST(told.story.world.until([&] { return told.story.stable() == "v2"; }, minutes(10)));
  BOOST_TEST(!status().as_object().contains("alb"));
  BOOST_TEST(!status().as_object().contains("albs"));
  told.story.world.come_to_rest(minutes(6));
}

BOOST_AUTO_TEST_CASE(obs_t13_without_steps_an_unconfirmed_weight_delays_and_breaks_nothing) {
  BalancedStory told(alb(), "      steps: []\n", seconds(30), 4);
  told.story.release("v2");
  BOOST_TEST(told.story.world.until([&] { return told.story.stable() == "v2"; }, minutes(10)));
  told.story.release("v3");
  told.story.promote_full();
  BOOST_TEST(told.story.world.until([&] { return told.story.stable() == "v3"; }, minutes(10)));
  told.story.world.come_to_rest(minutes(6));
}

BOOST_AUTO_TEST_CASE(ar_4595_a_load_balancer_that_promises_too_early_gets_time_to_follow) {
  const std::string dynamic =
      "      dynamicStableScale: true\n      steps: [{setWeight: 99}, {pause: {}}, {setWeight: 100}]\n";
  for (const std::string& steps : {all_at_once, dynamic}) {
    BalancedStory told(alb_with_ping_pong(), steps, seconds(15));
    told.balancer->says_what_is_written = true;
    told.release_until_paused("v2");
    told.story.promote();
    bool was_early = false;
    BOOST_TEST(told.story.world.until(
        [&] {
          was_early |= told.served() < 100 && told.story.stable() == "v1" && told.size_of_old() == 0;
          return told.size_of_old() == 0;
        },
        minutes(10)));
    BOOST_TEST(!was_early);
    told.story.world.come_to_rest(minutes(6));
  }
}

BOOST_AUTO_TEST_CASE(weights_that_the_load_balancer_rounds_are_named) {
  BalancedStory told(alb(), "      steps: [{setWeight: 25}, {pause: {}}]\n", seconds(1), 4);
  told.balancer->step = 10;
  told.story.release("v2");
  told.story.world.pass(minutes(5));
  BOOST_TEST(told.story.step() == 0);
  BOOST_TEST(told.why().find("weight 20 and should give 25") != std::string::npos, told.why());
  told.balancer->step = 5;
  BOOST_TEST(told.story.until("Paused"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::simulation
