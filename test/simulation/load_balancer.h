// Stories over a load balancer whose own API confirms the weights of Ingresses.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "kube/json.h"
#include "router_manifests.h"
#include "story.h"

namespace sluice::simulation {

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
    state.balancers = {{"k8s-web", "arn:aws:elasticloadbalancing:eu-central-1:1:loadbalancer/app/k8s-web/50dc"}};
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
  int step = 1;   // weights are multiples of it
  int keeps = 0;  // of the canary's weight, at the other target group

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
          {fmt::format("{}/{}-{}:80", route.ns, name, backend.service.name),
           static_cast<int>(backend.weight) / step * step,
           fmt::format("arn:aws:elasticloadbalancing:eu-central-1:1:targetgroup/{}/73e2", backend.service.name)});
    if (made.groups.size() == 2 && made.groups.front().weight > keeps) {
      made.groups.front().weight -= keeps;
      made.groups.back().weight += keeps;
    }
    return made;
  }

  World& world_;
  sandbox::ServedRoute promised_;
};

// The first version is healthy, and requests flow over the Ingress; the data plane follows each write `lag` later.
struct BalancedStory {
  explicit BalancedStory(const RouterManifests& router, const std::string& steps,
                         kube::Duration lag = std::chrono::seconds(1), int replicas = 10)
      : BalancedStory(Plan{replicas, router.strategy + steps, "", router.objects}, lag) {}
  BalancedStory(Plan plan, kube::Duration lag) : story(std::move(plan), options(lag)) {
    auto made = std::make_unique<FakeLoadBalancer>(story.world);
    balancer = made.get();
    story.world.load_balancer = std::move(made);
    story.begin();
    BOOST_REQUIRE(
        story.world.until([&] { return story.world.requests()->total().sent > 0; }, std::chrono::minutes(10)));
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
  int size_of_old() const { return story.size("v1"); }
  bool is_verified() const {
    const json::value rollout = story.world.get(kube::resources::rollouts, "web");
    const json::value* verified = kube::find_at(rollout, {"status", "canary", "weights", "verified"});
    return verified && verified->is_bool() && verified->get_bool();
  }

  // Why it stands, in all words.
  std::string why() const {
    std::string all;
    for (const controller::Reason& reason : story.world.controllers().rollouts().reasons_of({"default", "web"}))
      all += reason.sentence + "; ";
    return all;
  }
  void release_until_paused(const std::string& version) {
    story.release(version);
    BOOST_REQUIRE_MESSAGE(story.world.until([&] { return story.world.is("web", "Paused"); }, std::chrono::minutes(20)),
                          story.message());
  }

  mutable Story story;
  FakeLoadBalancer* balancer = nullptr;
};

}  // namespace sluice::simulation
