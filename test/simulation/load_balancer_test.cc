// Weights of Ingresses that the load balancer's own API confirms: it lags, throttles, rounds, and may promise too much.
#include <boost/test/unit_test.hpp>

#include "kube/json.h"
#include "router_manifests.h"
#include "story.h"

namespace sluice::simulation {
namespace {

namespace resources = kube::resources;
using std::chrono::minutes;
using std::chrono::seconds;

const std::string all_at_once =
    "      scaleDownDelaySeconds: 1\n      steps: [{setCanaryScale: {weight: 100}}, {pause: {}}, {setWeight: 100}, "
    "{pause: {duration: 1s}}]\n";

// What the API of the simulated load balancer says: what is served, unless told otherwise.
class FakeLoadBalancer final : public traffic::LoadBalancerApi {
 public:
  explicit FakeLoadBalancer(World& world) : world_(world) {}

  boost::asio::awaitable<kube::Result<traffic::LoadBalancerState>> describe(std::vector<std::string>) override {
    ++questions;
    co_await world_.clock().sleep_for(std::chrono::milliseconds(200));
    if (world_.clock().now() < throttled_until)
      co_return kube::Error{kube::Fault::throttled, "Throttling: Rate exceeded"};
    traffic::LoadBalancerState state;
    for (const auto& [route, served] : world_.sandbox().workloads().gateway().served()) {
      if (!route.name.starts_with("ingresses/")) continue;
      const sandbox::ServedRoute& told = says_what_is_written ? written(route) : served;
      state.is_found = true;
      for (std::size_t at = 0; at < told.rules.size(); ++at) state.rules.push_back(rule_of(route, told.rules[at], at));
    }
    co_return state;
  }

  int questions = 0;
  kube::Time throttled_until{};
  bool says_what_is_written = false;
  int step = 1;  // weights are multiples of it

 private:
  const sandbox::ServedRoute& written(const kube::ObjectKey& route) {
    const auto ingress = world_.get({"networking.k8s.io", "v1", "Ingress", "ingresses"},
                                    route.name.substr(std::string("ingresses/").size()));
    promised_ = sandbox::find_route_kind("networking.k8s.io", "ingresses")->read(ingress, {});
    return promised_;
  }

  traffic::ForwardRule rule_of(const kube::ObjectKey& route, const sandbox::ServedRule& rule, std::size_t at) const {
    traffic::ForwardRule made{"rule/" + std::to_string(at), {}};
    const std::string name = route.name.substr(std::string("ingresses/").size());
    for (const sandbox::ServedBackend& backend : rule.backends)
      made.groups.push_back(
          {route.ns + "/" + name + "-" + backend.service.name + ":80", static_cast<int>(backend.weight) / step * step});
    return made;
  }

  World& world_;
  sandbox::ServedRoute promised_;
};

struct BalancedStory {
  explicit BalancedStory(const RouterManifests& router, const std::string& steps, kube::Duration lag = seconds(1),
                         int replicas = 10)
      : story({replicas, router.strategy + steps, ""}, options(lag)) {
    auto made = std::make_unique<FakeLoadBalancer>(story.world);
    balancer = made.get();
    story.world.load_balancer = std::move(made);
    story.world.apply(Story::service("web-stable") + Story::service("web-canary") + router.objects + story.yaml("v1"));
    story.world.start();
    BOOST_REQUIRE_MESSAGE(story.until("Healthy"), story.message());
    BOOST_REQUIRE(story.world.until([&] { return story.world.requests()->total().sent > 0; }, minutes(10)));
  }
  static sandbox::SandboxOptions options(kube::Duration lag) {
    sandbox::SandboxOptions made;
    made.workloads.route_serving_delay = lag;
    return made;
  }

  // The canary's weight as the load balancer serves it.
  std::int64_t served() const {
    for (const auto& [route, served] : story.world.sandbox().workloads().gateway().served())
      if (route.name == "ingresses/web" && !served.rules.empty() && !served.rules.front().backends.empty())
        return served.rules.front().backends.front().weight;
    return -1;
  }
  bool is_verified() const {
    const json::value rollout = story.world.get(resources::rollouts, "web");
    const json::value* verified = kube::find_at(rollout, {"status", "canary", "weights", "verified"});
    return verified && verified->is_bool() && verified->get_bool();
  }

  Story story;
  FakeLoadBalancer* balancer = nullptr;
};

BOOST_AUTO_TEST_SUITE(load_balancer)

BOOST_AUTO_TEST_CASE(ar_3333_the_old_set_stays_until_the_load_balancer_sends_it_nothing) {
  BalancedStory told(alb_with_ping_pong(), all_at_once, seconds(240));
  told.story.release("v2");
  BOOST_REQUIRE_MESSAGE(told.story.world.until([&] { return told.story.world.is("web", "Paused"); }, minutes(20)),
                        told.story.message());
  told.balancer->throttled_until = told.story.world.clock().now() + seconds(120);
  told.story.promote();
  // Until the weight of 100 is in force, nobody believes that it is.
  BOOST_REQUIRE(told.story.world.until([&] { return told.served() == 100; }, minutes(20)));
  BOOST_TEST(told.story.size("v1") == 10);
  BOOST_TEST(told.story.stable() == "v1");
  BOOST_TEST(told.story.world.until([&] { return told.story.stable() == "v2"; }, minutes(20)));
  BOOST_TEST(told.story.world.until([&] { return told.story.size("v1") == 0; }, minutes(20)));
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
  BalancedStory told(alb_with_ping_pong(), all_at_once, seconds(15));
  told.balancer->says_what_is_written = true;
  told.story.release("v2");
  BOOST_REQUIRE(told.story.world.until([&] { return told.story.world.is("web", "Paused"); }, minutes(10)));
  told.story.promote();
  BOOST_TEST(told.story.world.until([&] { return told.story.size("v1") == 0; }, minutes(10)));
  told.story.world.come_to_rest(minutes(6));
}

BOOST_AUTO_TEST_CASE(weights_that_the_load_balancer_rounds_are_named) {
  BalancedStory told(alb(), "      steps: [{setWeight: 25}, {pause: {}}]\n", seconds(1), 4);
  told.balancer->step = 10;
  told.story.release("v2");
  told.story.world.pass(minutes(5));
  BOOST_TEST(told.story.step() == 0);
  std::string why;
  for (const controller::Reason& reason : told.story.world.controllers().rollouts().reasons_of({"default", "web"}))
    why += reason.sentence;
  BOOST_TEST(why.find("weight 20 and should give 25") != std::string::npos, why);
  told.balancer->step = 5;
  BOOST_TEST(told.story.until("Paused"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::simulation
