// Experiments on a real cluster: one by itself, and one in a canary's step.
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "test/cluster/expect.h"
#include "test/cluster/rollout_words.h"
#include "test/cluster/stories.h"

namespace sluice::cluster_test {
namespace {

using kube::text_at;
namespace resources = kube::resources;

Condition experiment_is(const std::string& phase) {
  return {"phase " + phase,
          [phase](const json::value& object) { return text_at(object, {"status", "phase"}) == phase; }};
}

// Waits until the story's namespace holds this many objects that hold.
net::awaitable<void> until_count(Scene scene, kube::Resource resource, std::size_t count,
                                 std::function<bool(const json::value&)> holds) {
  const kube::Time end = scene.w.clock.now() + std::chrono::seconds(60);
  std::size_t seen = 0;
  do {
    seen = 0;
    const auto objects = co_await scene.admin.list(resource, scene.ns, "");
    for (const json::value& object : objects) seen += holds(object);
    if (seen == count) co_return;
    co_await scene.w.clock.sleep_for(std::chrono::milliseconds(100));
  } while (scene.w.clock.now() < end);
  throw Unmet(fmt::format("there are {} {} and not {}", seen, resource.plural, count));
}

BOOST_AUTO_TEST_SUITE(stories)

SLUICE_STORY(an_experiment_runs_side_by_side_and_leaves_no_pods) {
  co_await scene.admin.apply_text(R"(
apiVersion: argoproj.io/v1alpha1
kind: Experiment
metadata: {name: ab}
spec:
  duration: 3s
  scaleDownDelaySeconds: 1
  templates:
    - name: a
      selector: {matchLabels: {app: ab, side: a}}
      template:
        metadata: {labels: {app: ab, side: a}}
        spec: {containers: [{name: web, image: "example/web:v1", ports: [{containerPort: 8080}]}]}
    - name: b
      replicas: 2
      service: {}
      selector: {matchLabels: {app: ab, side: b}}
      template:
        metadata: {labels: {app: ab, side: b}}
        spec: {containers: [{name: web, image: "example/web:v2", ports: [{containerPort: 8080}]}]}
)",
                                  scene.ns);
  const kube::ObjectKey key = key_in(scene, "ab");
  co_await scene.admin.until(resources::experiments, key, experiment_is("Running"), std::chrono::seconds(60));
  const json::value service = co_await scene.admin.read(resources::services, key_in(scene, "ab-b"));
  const json::value set = co_await scene.admin.read(resources::replica_sets, key_in(scene, "ab-b"));
  expect(text_at(service, {"spec", "selector", "rollouts-pod-template-hash"}) ==
             text_at(set, {"metadata", "labels", "rollouts-pod-template-hash"}),
         "the Service does not lead to the template's pods");
  co_await scene.admin.until(resources::experiments, key, experiment_is("Successful"), std::chrono::seconds(60));
  const auto is_empty = [](const json::value& object) { return kube::number_at(object, {"status", "replicas"}) == 0; };
  co_await until_count(scene, resources::replica_sets, 2, is_empty);
  const auto any = [](const json::value&) { return true; };
  co_await until_count(scene, resources::services, 0, any);
}

SLUICE_STORY(a_step_of_a_canary_runs_an_experiment_and_keeps_none) {
  co_await scene.admin.apply_text(R"(
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: web}
spec:
  replicas: 2
  analysis: {successfulRunHistoryLimit: 0, unsuccessfulRunHistoryLimit: 0}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "example/web:v1"}]}
  strategy:
    canary:
      steps:
        - experiment:
            duration: 3s
            scaleDownDelaySeconds: 0
            templates: [{name: old, specRef: stable}, {name: new, specRef: canary}]
        - pause: {}
)",
                                  scene.ns);
  co_await until(scene, "web", healthy_with_image("example/web:v1"));
  co_await set_image(scene, "web", "example/web:v2");
  co_await until(scene, "web", paused_at(1));
  co_await until_event(scene, "web", "ExperimentCreated");
  const auto any = [](const json::value&) { return true; };
  co_await until_count(scene, resources::experiments, 0, any);
  std::vector<std::string> promote{"promote", "web"};
  co_await plugin(scene, std::move(promote));
  co_await until(scene, "web", healthy_with_image("example/web:v2"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::cluster_test
