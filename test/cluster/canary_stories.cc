// Canaries on a real cluster, steered by the plugin.
#include <algorithm>

#include <boost/json/object.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "test/cluster/expect.h"
#include "test/cluster/journal.h"
#include "test/cluster/rollout_words.h"
#include "test/cluster/stories.h"
#include "test/cluster/test_prometheus.h"

namespace sluice::cluster_test {
namespace {

using kube::find_at;
using kube::text_at;
namespace resources = kube::resources;
using Words = std::vector<std::string>;

net::awaitable<void> apply_all(Scene scene, std::vector<json::value> objects) {
  for (json::value& object : objects) co_await scene.admin.apply(std::move(object), scene.ns);
}

std::string hash_of_new(const json::value& rollout) {
  return std::string(text_at(rollout, {"status", "currentPodHash"}));
}

// Waits until these, and no others, are the weights that the canary's Service had one after the other.
net::awaitable<void> until_weights(Scene scene, const TestGateway& gateway, Words expected) {
  const kube::Time end = scene.w.clock.now() + std::chrono::seconds(30);
  Words seen;
  while (scene.w.clock.now() < end) {
    seen = gateway.weights_of("shop", "shop-canary");
    if (seen == expected) co_return;
    co_await scene.w.clock.sleep_for(std::chrono::milliseconds(20));
  }
  throw Unmet(fmt::format("the canary's weights were {}, not {}", fmt::join(seen, ", "), fmt::join(expected, ", ")));
}

BOOST_AUTO_TEST_SUITE(stories)

SLUICE_STORY(canary_is_promoted_aborted_and_retried_by_the_plugin) {
  co_await apply_all(scene,
                     documents_of_file_with("examples/canary-basic/rollout.yaml", "replicas: 10", "replicas: 5"));
  const json::value first = co_await until(scene, "web", healthy_with_image("example/web:v1"));
  const std::string stable(text_at(first, {"status", "stableRS"}));

  co_await set_image(scene, "web", "example/web:v2");
  const json::value paused = co_await until(scene, "web", paused_at(1));
  const std::string next = hash_of_new(paused);
  int canaries = co_await ready_pods(scene, next);
  int stables = co_await ready_pods(scene, stable);
  expect(canaries == 1 && stables == 4, fmt::format("20 % of 5: {} new and {} old pods", canaries, stables));
  co_await until_event(scene, "web", "RolloutPaused");

  Words status{"status", "web", "--watch=false"};
  const std::string standing = co_await plugin(scene, std::move(status));
  expect(standing.find("Paused") != std::string::npos, "status does not say Paused: " + standing);

  Words promote{"promote", "web"};
  co_await plugin(scene, promote);
  co_await until(scene, "web", paused_at(3));
  canaries = co_await ready_pods(scene, next);
  expect(canaries == 3 || canaries == 2, fmt::format("50 % of 5: {} new pods", canaries));

  Words abort{"abort", "web"};
  co_await plugin(scene, std::move(abort));
  co_await until(scene, "web", aborted());
  const auto all_are_stable = [stable](const json::value& set) {
    return kube::number_at(set, {"status", "readyReplicas"}) == 5;
  };
  Condition restored{"5 ready pods of the stable version", all_are_stable};
  co_await scene.admin.until(resources::replica_sets, key_in(scene, "web-" + stable), std::move(restored),
                             std::chrono::seconds(60));

  Words retry{"retry", "rollout", "web"};
  co_await plugin(scene, std::move(retry));
  const json::value again = co_await until(scene, "web", paused_at(1));
  expect(hash_of_new(again) == next, "a retry made another revision");
  Words full{"promote", "web", "--full"};
  co_await plugin(scene, std::move(full));
  const json::value last = co_await until(scene, "web", healthy_with_image("example/web:v2"));
  expect(text_at(last, {"status", "stableRS"}) == next, "the new version is not the stable one");

  Words get{"get", "rollout", "web"};
  const std::string shown = co_await plugin(scene, std::move(get));
  for (const char* part : {"Healthy", "revision:2", "example/web:v2 (stable)", "Strategy:", "Canary"})
    expect(shown.find(part) != std::string::npos, fmt::format("get rollout does not show {}: {}", part, shown));
  Words wait{"status", "web", "--timeout=5s"};
  co_await plugin(scene, std::move(wait));
}

SLUICE_STORY(canary_gated_by_prometheus_goes_all_the_way_or_comes_back) {
  TestPrometheus prometheus(scene.w);
  const TestGateway gateway(scene);
  const std::string folder = "examples/canary-prometheus/";
  co_await apply_all(scene, documents_of_file_with(folder + "analysis-template.yaml",
                                                   "http://prometheus.monitoring:9090", prometheus.address()));
  co_await scene.admin.apply_file(folder + "services.yaml", scene.ns);
  co_await scene.admin.apply_file(folder + "route.yaml", scene.ns);
  // The example lives in the namespace `default`.
  co_await apply_all(scene,
                     documents_of_file_with(folder + "rollout.yaml", "namespace: default", "namespace: " + scene.ns));
  const json::value first = co_await until(scene, "shop", healthy_with_image("example/shop:v1"));

  prometheus.value = "0.99";
  co_await set_image(scene, "shop", "example/shop:v2");
  const json::value second = co_await until(scene, "shop", healthy_with_image("example/shop:v2"));
  Words up{"0", "20", "50", "100", "0"};
  co_await until_weights(scene, gateway, std::move(up));
  const std::string hash = hash_of_new(second);
  expect(hash != hash_of_new(first), "the version has not changed");
  expect(prometheus.queries.size() >= 6U, "Prometheus was asked less than 2 x 3 times");
  expect(prometheus.queries.at(0).find("pod_template_hash=\"" + hash + "\"") != std::string::npos,
         "the query does not name the new version: " + prometheus.queries.at(0));
  auto runs = co_await analysis_runs_in(scene);
  expect(runs.size() == 2, fmt::format("{} analysis runs, not 2", runs.size()));
  for (const json::value& run : runs)
    expect(text_at(run, {"status", "phase"}) == "Successful", "an analysis run did not succeed");

  prometheus.value = "0.5";
  co_await set_image(scene, "shop", "example/shop:v3");
  const json::value third = co_await until(scene, "shop", aborted());
  expect(text_at(third, {"status", "stableRS"}) == hash, "a bad version became stable");
  Words down{"0", "20", "50", "100", "0", "20", "0"};
  co_await until_weights(scene, gateway, std::move(down));
  const int serving = co_await ready_pods(scene, hash);
  expect(serving == 5, fmt::format("{} of 5 stable pods serve", serving));
}

SLUICE_STORY(canary_on_a_route_waits_for_its_promotion) {
  const TestGateway gateway(scene);
  const std::string folder = "examples/canary-httproute/";
  co_await scene.admin.apply_file(folder + "services.yaml", scene.ns);
  co_await scene.admin.apply_file(folder + "route.yaml", scene.ns);
  co_await apply_all(scene,
                     documents_of_file_with(folder + "rollout.yaml", "namespace: default", "namespace: " + scene.ns));
  const json::value first = co_await until(scene, "shop", healthy_with_image("example/shop:v1"));
  const std::string stable(text_at(first, {"status", "stableRS"}));
  co_await set_image(scene, "shop", "example/shop:v2");
  const json::value paused = co_await until(scene, "shop", paused_at(2));
  Words first_step{"0", "10"};
  co_await until_weights(scene, gateway, std::move(first_step));
  const std::string canary = co_await selected_by(scene, "shop-canary");
  const std::string kept = co_await selected_by(scene, "shop-stable");
  expect(canary == hash_of_new(paused) && kept == stable, "the Services select " + canary + " and " + kept);

  Words promote{"promote", "shop"};
  co_await plugin(scene, promote);
  co_await until(scene, "shop", paused_at(5));
  co_await plugin(scene, promote);
  co_await until(scene, "shop", healthy_with_image("example/shop:v2"));
  Words all{"0", "10", "50", "100", "0"};
  co_await until_weights(scene, gateway, std::move(all));
}

// A user's mistakes are told at the object, and the rollout goes on as soon as they are mended.
SLUICE_STORY(mistakes_are_told_at_the_object_and_mended_without_a_restart) {
  co_await scene.admin.apply_text(R"(
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: wrong}
spec:
  replicas: 1
  selector: {matchLabels: {app: wrong}}
  template:
    metadata: {labels: {app: wrong}}
    spec: {containers: [{name: one, image: "example/one:v1"}]}
  strategy:
    canary:
      maxSurge: 0
      maxUnavailable: 0
      canaryService: missing
)",
                                  scene.ns);
  const json::value refused = co_await until(scene, "wrong", phase_is("Degraded"));
  const std::string message(text_at(refused, {"status", "message"}));
  expect(message.find("maxSurge") != std::string::npos && message.find("InvalidSpec") != std::string::npos,
         "the message does not name the field: " + message);
  const auto pods = co_await scene.admin.list(resources::pods, scene.ns, "");
  expect(pods.empty(), "an invalid rollout has pods");
  co_await scene.admin.merge(resources::rollouts, key_in(scene, "wrong"),
                             R"({"spec":{"strategy":{"canary":{"maxSurge":1,"canaryService":null}}}})");
  co_await until(scene, "wrong", healthy_with_image("example/one:v1"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::cluster_test
