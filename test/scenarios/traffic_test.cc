// Named scenarios about traffic: who gets requests at the moments between two states.
#include <boost/test/unit_test.hpp>

#include "golden.h"
#include "kube/json.h"
#include "plans.h"
#include "restorer.h"
#include "test/simulation/load_balancer.h"

namespace sluice::simulation {
namespace {

namespace resources = kube::resources;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// While any proxy sends this version requests, it has the pods that its share needs.
void keeps_what_its_share_needs(Story& story, const std::string& version) {
  story.world.always(version + " keeps what its share needs", [&story, version] {
    const int share = story.share(version);
    return share == 0 || story.size(version) * 100 >= story.plan().replicas * share;
  });
}

BOOST_AUTO_TEST_SUITE(scenarios)

BOOST_AUTO_TEST_CASE(ar_3333_the_old_set_stays_until_the_balancer_sends_it_nothing) {
  const std::string at_once =
      "      steps: [{setCanaryScale: {weight: 100}}, {pause: {}}, {setWeight: 100}, {pause: {duration: 1s}}]\n";
  BalancedStory told(routed_by(alb_with_ping_pong(), at_once), seconds(240));
  Story& story = told.story;
  expect_rehearsed("ar-3333", story);
  story.release("v2");
  BOOST_REQUIRE(story.world.until([&] { return story.world.is("web", "Paused"); }, minutes(20)));
  story.world.always("the old pods stay while the balancer sends them requests",
                     [&] { return story.share("v1") == 0 || story.size("v1") == 10; });
  story.promote();
  story.world.pass(seconds(10));
  told.balancer->throttled_until = story.world.clock().now() + seconds(120);
  story.world.pass(seconds(60));
  BOOST_TEST(!told.is_verified());
  story.world.pass(seconds(90));
  expect_explained("ar-3333", story);
  BOOST_TEST(story.reasons().find("target group default/web-web-pong:80 weight 0") != std::string::npos,
             story.reasons());
  BOOST_REQUIRE(story.world.until([&] { return told.served() == 100; }, minutes(20)));
  BOOST_TEST(story.stable() == "v1");
  BOOST_TEST(story.world.until([&] { return story.stable() == "v2" && story.size("v1") == 0; }, minutes(20)));
  story.world.come_to_rest(minutes(6));
}

BOOST_AUTO_TEST_CASE(ar_3926_dynamic_stable_pods_go_when_the_balancer_has_confirmed) {
  Plan plan = routed_by(alb(), "      dynamicStableScale: true\n" + steps_with_pauses({50, 100}));
  BalancedStory told(plan, seconds(90));
  Story& story = told.story;
  expect_rehearsed("ar-3926", story);
  story.release("v2");
  const auto is_paused_at = [&](int index) {
    return story.world.until([&] { return story.step() == index && story.world.is("web", "Paused"); }, minutes(20));
  };
  BOOST_REQUIRE(is_paused_at(1));
  BOOST_TEST(story.size("v1") == 5);
  story.world.always("five old pods stay until the balancer gives the canary everything",
                     [&] { return told.served() == 100 || story.stable() == "v2" || story.size("v1") >= 5; });
  story.promote();
  story.world.pass(seconds(60));
  expect_explained("ar-3926", story);
  BOOST_REQUIRE(is_paused_at(3));
  BOOST_TEST(told.is_verified());
  story.promote();
  BOOST_TEST(story.world.until([&] { return story.stable() == "v2" && story.size("v1") == 0; }, minutes(20)));
  story.world.come_to_rest(minutes(6));
}

BOOST_AUTO_TEST_CASE(ar_4564_the_subset_of_an_interrupted_canary_moves_when_all_proxies_send_it_nothing) {
  Story story(with_propagation(i10(), 10), slow_router(seconds(5), seconds(4)));
  story.begin();
  expect_rehearsed("ar-4564", story);
  BOOST_REQUIRE(story.release_to_pause("v2", 1));
  BOOST_TEST(canary_subset(story) == "v2");
  keeps_what_its_share_needs(story, "v2");
  story.world.always("the subset stays with the second version while a proxy sends it requests",
                     [&] { return story.share("v2") == 0 || canary_subset(story) == "v2"; });
  story.release("v3");
  story.world.pass(seconds(4));
  expect_explained("ar-4564", story);
  BOOST_REQUIRE(story.world.until([&] { return canary_subset(story) == "v3"; }));
  story.world.no_longer("the subset stays with the second version while a proxy sends it requests");
  BOOST_REQUIRE(story.until_paused_at(1));
  BOOST_TEST(story.until_size("v2", 0));
  story.promote();
  BOOST_REQUIRE(story.until_paused_at(3));
  story.promote();
  BOOST_TEST(story.until_stable("v3"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(ar_4534_a_superseded_canary_keeps_its_pods_until_nobody_sends_it_requests) {
  Plan plan = i10(steps_with_pauses({80}) + "      scaleDownDelaySeconds: 60\n");
  Story story(with_propagation(plan, 20), slow_router(seconds(20)));
  story.begin();
  expect_rehearsed("ar-4534", story);
  BOOST_REQUIRE(story.release_to_pause("v2", 1));
  story.world.pass(seconds(30));
  BOOST_TEST(story.share("v2") == 80);
  keeps_what_its_share_needs(story, "v2");
  story.release("v3");
  story.world.pass(seconds(10));
  expect_explained("ar-4534", story);
  BOOST_REQUIRE(story.world.until([&] { return story.share("v2") == 0; }));
  story.world.pass(seconds(55));
  BOOST_TEST(story.size("v2") == 8);
  story.world.pass(seconds(30));
  BOOST_TEST(story.size("v2") == 0);
  BOOST_REQUIRE(story.until_paused_at(1));
  story.promote();
  BOOST_TEST(story.until_stable("v3"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(ar_2235_the_stable_service_moves_before_the_weight_and_the_pods) {
  Story story(d10());
  story.begin();
  expect_rehearsed("ar-2235", story);
  BOOST_REQUIRE(story.release_to_pause("v2", 3));
  story.world.oracle().excuse("I4");  // the world refuses for minutes what would end the canary's share
  std::optional<kube::Time> first;
  int refused = 0;
  story.world.controllers().transport().strike = [&](const kube::ApiRequest& request) {
    if (request.method == "GET" || !request.target.ends_with("/services/web-stable")) return WriteFault();
    const kube::Time now = story.world.clock().now();
    if (!first) first = now;
    if (refused >= 3 && now >= *first + seconds(200)) return WriteFault();
    ++refused;
    return WriteFault{WriteFault::Kind::refused, 409};
  };
  story.world.always("until web-stable selects the promoted version, the canary's Service carries everything", [&] {
    return !first || story.world.selected("web-stable") == story.hash_of("v2") || story.weight() == 100;
  });
  story.promote();
  story.world.pass(seconds(60));
  expect_explained("ar-2235", story);
  BOOST_TEST(story.world.until([&] { return story.stable() == "v2" && story.weight() == 0; }, minutes(20)));
  BOOST_TEST(refused >= 3);
  BOOST_TEST(story.until_size("v1", 0));
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
}

// For so long after the last request to a version, some Service still selects it: requests that have begun end well.
void stays_selected(Story& story, const std::string& version, kube::Duration drain) {
  auto last = std::make_shared<kube::Time>(story.world.clock().now());
  story.world.always(version + " stays selected until its requests have ended", [&story, version, drain, last] {
    const std::string hash = story.hash_of(version);
    const kube::Time now = story.world.clock().now();
    if (story.share(version) > 0) *last = now;
    if (now > *last + drain) return true;
    return story.world.selected("web-stable") == hash || story.world.selected("web-canary") == hash;
  });
}

BOOST_AUTO_TEST_CASE(ar_4195_pods_keep_a_service_until_their_requests_have_ended) {
  for (const bool is_aborted : {false, true}) {
    BOOST_TEST_CONTEXT((is_aborted ? "abort" : "promotion")) {
      // Requests last 20 s here, so that the user says that the proxies need a little longer to let go.
      Story story(with_propagation(ih10(), 22));
      story.begin();
      if (is_aborted) expect_rehearsed("ar-4195", story);
      BOOST_REQUIRE(story.release_to_pause("v2", 3));
      stays_selected(story, is_aborted ? "v2" : "v1", seconds(20));
      if (is_aborted) {
        story.abort();
        story.world.pass(seconds(10));
        expect_explained("ar-4195", story);
        BOOST_TEST(story.until_size("v2", 0));
      } else {
        story.promote();
        BOOST_TEST(story.until_stable("v2"));
        BOOST_TEST(story.until_size("v1", 0));
      }
      story.world.come_to_rest();
    }
  }
}

BOOST_AUTO_TEST_CASE(ar_1731_a_service_that_is_taken_over_keeps_its_selector_until_the_pods_are_there) {
  Plan plan{4,
            "    canary:\n      canaryService: web-canary\n      stableService: web\n      trafficRouting:\n"
            "        plugins:\n          argoproj-labs/gatewayAPI: {httpRoute: web, namespace: default}\n" +
                steps_with_pauses({20, 50}),
            ""};
  plan.pods["v1"] = "sluice.test/ready-after: '60'";
  Story story(plan);
  story.world.apply(
      "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: old}\nspec:\n  replicas: 4\n"
      "  selector: {matchLabels: {app: web, by: deployment}}\n  template:\n"
      "    metadata: {labels: {app: web, by: deployment}}\n    spec:\n      containers:\n"
      "        - {name: web, image: 'example/old:v0', ports: [{containerPort: 8080}],"
      " lifecycle: {preStop: {exec: {command: [sleep, '2']}}}}\n" +
      Story::service("web", "{sluice.dev/traffic: '20'}") + Story::service("web-canary") +
      replaced(Story::route(), "web-stable", "web"));
  story.world.start();
  story.world.pass(seconds(30));
  BOOST_TEST(story.world.requests()->total().sent > 100u);
  story.world.apply(story.yaml("v1"));
  story.world.always("the Service keeps its selector until four new pods are ready",
                     [&] { return story.world.selected("web").empty() || story.ready("v1") == 4; });
  story.world.pass(seconds(30));
  expect_explained("ar-1731", story);
  BOOST_TEST(story.until("Healthy"));
  expect_rehearsed("ar-1731", story);
  BOOST_TEST(story.world.until([&] { return story.world.selected("web") == story.hash_of("v1"); }));
  BOOST_TEST(story.writes_of("services/web") == 1);
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(obs_32_a_former_set_stays_while_the_balancer_sends_its_service_anything) {
  Plan plan = routed_by(alb_with_ping_pong(), steps_with_pauses({20, 90}) + "      scaleDownDelaySeconds: 10\n");
  BalancedStory told(plan, seconds(60));
  Story& story = told.story;
  expect_rehearsed("obs-32", story);
  story.world.always("the old pods stay while a request can come to them",
                     [&] { return story.share("v1") == 0 || story.size("v1") == 10; });
  story.release("v2");
  for (const int index : {1, 3}) {
    const auto is_paused = [&] { return story.step() == index && story.world.is("web", "Paused"); };
    BOOST_REQUIRE(story.world.until(is_paused, minutes(20)));
    story.promote();
  }
  BOOST_REQUIRE(story.world.until([&] { return story.stable() == "v2"; }, minutes(20)));
  expect_explained("obs-32", story);
  BOOST_TEST(story.world.until([&] { return story.stable() == "v2" && story.size("v1") == 0; }, minutes(20)));
  story.world.come_to_rest(minutes(6));
}

const std::string two_rules =
    "---\napiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: web}\nspec:\n"
    "  parentRefs: [{name: gateway}]\n  rules:\n"
    "    - matches: [{path: {type: PathPrefix, value: /}}]\n      backendRefs:\n"
    "        - {name: web-stable, port: 80, weight: 100}\n        - {name: web-canary, port: 80, weight: 0}\n"
    "    - matches: [{path: {type: PathPrefix, value: /track}}]\n      backendRefs:\n"
    "        - {name: track-stable, port: 80, weight: 100}\n        - {name: track-canary, port: 80, weight: 0}\n";

BOOST_AUTO_TEST_CASE(gw_164_two_rollouts_that_share_a_route_leave_each_other_alone) {
  Plan plan = t10("", 4);
  plan.objects = two_rules;
  Story story(plan);
  const auto track = [&](const std::string& version) {
    std::string yaml = story.yaml(version);
    for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{{"name: web}", "name: track}"},
                                                                                   {"app: web", "app: track"},
                                                                                   {"web-canary", "track-canary"},
                                                                                   {"web-stable", "track-stable"},
                                                                                   {"example/web", "example/track"}})
      yaml = replaced(yaml, from, to);
    return yaml;
  };
  const auto service = [](const std::string& name) { return replaced(Story::service(name), "app: web", "app: track"); };
  story.begin(service("track-stable") + service("track-canary"));
  expect_rehearsed("gw-164", story);
  story.world.apply(track("v1"));
  BOOST_REQUIRE(story.world.until([&] { return story.world.is("track", "Healthy"); }));
  const auto promote_track = [&] {
    story.world.patch(resources::rollouts, "track", R"({"status":{"pauseConditions":null}})", "status");
  };
  const auto is_track_at = [&](int weight) {
    return story.world.is("track", "Paused") && story.world.weight("web", "track-canary") == weight;
  };
  // Both are released in the same instant, and so write the route in the same 10 ms.
  story.release("v2");
  story.world.apply(track("v2"));
  BOOST_REQUIRE(story.until("Paused"));
  BOOST_REQUIRE(story.world.until([&] { return is_track_at(20); }));
  BOOST_TEST(story.weight() == 20);
  promote_track();
  BOOST_REQUIRE(story.world.until([&] { return is_track_at(50); }));
  story.world.always("the other Rollout keeps its 50 %",
                     [&] { return story.world.weight("web", "track-canary") == 50; });
  const auto is_marked = [&] {
    return json::serialize(story.world.get(resources::http_routes, "web")).find("in-progress") != std::string::npos;
  };
  expect_explained("gw-164", story);
  BOOST_TEST(is_marked());
  story.promote();
  BOOST_REQUIRE(story.until_paused_at(3));
  story.promote();
  BOOST_REQUIRE(story.until_stable("v2"));
  BOOST_TEST(story.until_weight(0));
  BOOST_TEST(is_marked());
  story.world.no_longer("the other Rollout keeps its 50 %");
  promote_track();
  BOOST_TEST(story.world.until(
      [&] { return story.world.is("track", "Healthy") && story.world.weight("web", "track-canary") == 0; }));
  BOOST_TEST(!is_marked());
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(ar_3372_a_second_canary_waits_for_a_shrunken_stable_version) {
  Story story(d10(steps_with_pauses({75}) + "      abortScaleDownDelaySeconds: 300\n", 4),
              honest_gateway(milliseconds(100)));
  story.begin();
  story.world.pass(seconds(2));  // until the gateway has spoken for the first time
  expect_rehearsed("ar-3372", story);
  BOOST_REQUIRE(story.release_to_pause("v2", 1));
  BOOST_REQUIRE(story.until_size("v1", 1));
  BOOST_TEST(story.size("v2") == 3);
  keeps_what_its_share_needs(story, "v2");
  keeps_what_its_share_needs(story, "v1");
  story.world.always("the third version gets no request while the second gets any",
                     [&] { return story.share("v2") == 0 || story.share("v3") == 0; });
  story.release("v3");
  story.world.pass(seconds(1));
  expect_explained("ar-3372", story);
  BOOST_REQUIRE(story.until_size("v1", 4));
  BOOST_REQUIRE(story.world.until([&] { return story.step() == 1 && story.share("v3") == 75; }));
  BOOST_TEST(story.until_size("v2", 0));
  BOOST_REQUIRE(story.until_paused_at(1));
  story.promote();
  BOOST_TEST(story.until_stable("v3"));
  story.world.come_to_rest();
}

// Another writer restores what its manifest says, as often as Sluice writes; that is bounded and told with its name.
void expect_bounded(const Plan& plan, const kube::Resource& resource, const std::string& object,
                    const std::string& patch, const std::string& golden) {
  Story story(plan);
  story.begin();
  if (!golden.empty()) expect_rehearsed(golden, story);
  story.release("v2");
  BOOST_REQUIRE(story.until("Paused"));
  story.world.pass(minutes(1));
  const Restorer restorer(story.world, resource, object, patch, milliseconds(200));
  const std::string path = std::string(resource.plural) + "/" + object;
  const int before = story.writes_of(path);
  story.world.patch(resource, object, patch);
  story.world.pass(minutes(3));
  if (!golden.empty()) expect_explained(golden, story);
  BOOST_TEST(story.writes_of(path) - before >= 1);
  BOOST_TEST(story.writes_of(path) - before <= 20);
  BOOST_TEST(story.has_event("TrafficRouteOverwritten"));
  BOOST_TEST(story.stable() == "v1");
  story.world.check_requests();
}

BOOST_AUTO_TEST_CASE(go_selfheal_selector_weights_that_another_writer_restores_are_not_fought_without_end) {
  const std::string all_stable =
      R"({"spec":{"rules":[{"backendRefs":[{"name":"web-stable","port":80,"weight":100},
                                           {"name":"web-canary","port":80,"weight":0}]}]}})";
  expect_bounded(t10(), resources::http_routes, "web", all_stable, "go-selfheal-selector");
}

const std::string no_hash = R"({"spec":{"selector":{"rollouts-pod-template-hash":null}}})";

BOOST_AUTO_TEST_CASE(go_selfheal_selector_a_stripped_canary_service_is_not_fought_without_end,
                     *boost::unit_test::disabled()) {
  expect_bounded(t10(), resources::services, "web-canary", no_hash, "");
}

BOOST_AUTO_TEST_CASE(go_selfheal_selector_a_stripped_active_service_is_not_fought_without_end,
                     *boost::unit_test::disabled()) {
  expect_bounded(b4m(), resources::services, "web-active", no_hash, "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::simulation
