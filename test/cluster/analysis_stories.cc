// Analysis in the background, restarts and what is cleaned up afterwards.
#include <algorithm>

#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "test/cluster/expect.h"
#include "test/cluster/rollout_words.h"
#include "test/cluster/stories.h"
#include "test/cluster/test_prometheus.h"

namespace sluice::cluster_test {
namespace {

using kube::find_at;
using kube::text_at;
namespace resources = kube::resources;
using Words = std::vector<std::string>;

// Waits until the story's namespace holds this many objects of a kind.
net::awaitable<void> until_there_are(Scene scene, kube::Resource resource, std::string selector, std::size_t count) {
  const kube::Time end = scene.w.clock.now() + std::chrono::seconds(60);
  std::size_t seen = 0;
  do {
    const auto objects = co_await scene.admin.list(resource, scene.ns, selector);
    seen = objects.size();
    if (seen == count) co_return;
    co_await scene.w.clock.sleep_for(std::chrono::milliseconds(100));
  } while (scene.w.clock.now() < end);
  throw Unmet(fmt::format("there are {} {} and not {}", seen, resource.plural, count));
}

BOOST_AUTO_TEST_SUITE(stories)

SLUICE_STORY(background_analysis_reads_a_secret_and_ends_with_an_abort) {
  TestPrometheus prometheus(scene.w);
  co_await scene.admin.apply_text(fmt::format(R"(
apiVersion: v1
kind: Secret
metadata: {{name: monitoring}}
stringData: {{token: open-sesame}}
---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {{name: watching}}
spec:
  args:
    - name: token
      valueFrom: {{secretKeyRef: {{name: monitoring, key: token}}}}
  metrics:
    - name: errors
      interval: 1s
      successCondition: result[0] < 2
      provider:
        prometheus:
          address: {}
          query: errors_total
          headers:
            - {{key: Authorization, value: "Bearer {{{{args.token}}}}"}}
    - name: smoke
      provider:
        job:
          spec:
            backoffLimit: 0
            template:
              spec:
                restartPolicy: Never
                containers: [{{name: smoke, image: "example/smoke:v1", command: [sleep, "600"]}}]
---
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {{name: web}}
spec:
  replicas: 2
  revisionHistoryLimit: 1
  analysis: {{successfulRunHistoryLimit: 0, unsuccessfulRunHistoryLimit: 0}}
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec: {{containers: [{{name: web, image: "example/web:v1"}}]}}
  strategy:
    canary:
      analysis: {{templates: [{{templateName: watching}}]}}
      steps: [{{setWeight: 50}}, {{pause: {{}}}}]
)",
                                              prometheus.address()),
                                  scene.ns);
  co_await until(scene, "web", healthy_with_image("example/web:v1"));
  co_await set_image(scene, "web", "example/web:v2");
  co_await until(scene, "web", paused_at(1));
  co_await until_there_are(scene, resources::jobs, "", 1);
  const auto runs = co_await analysis_runs_in(scene);
  const std::string run(text_at(runs.at(0), {"metadata", "name"}));
  Condition measured{"measured twice", [](const json::value& object) {
                       for (const json::value& result : find_at(object, {"status", "metricResults"})->as_array())
                         if (text_at(result, {"name"}) == "errors") return kube::number_at(result, {"count"}) >= 2;
                       return false;
                     }};
  const json::value seen = co_await scene.admin.until(resources::analysis_runs, key_in(scene, run), std::move(measured),
                                                      std::chrono::seconds(30));
  expect(prometheus.authorization == "Bearer open-sesame", "Prometheus was shown \"" + prometheus.authorization + "\"");
  expect(kube::print_json(*find_at(seen, {"status"})).find("open-sesame") == std::string::npos,
         "the secret stands in the status of the run");

  Words abort{"abort", "web"};
  co_await plugin(scene, std::move(abort));
  co_await until(scene, "web", aborted());
  co_await until_there_are(scene, resources::jobs, "", 0);

  // The next revision has a run of its own; that of the last one is not kept.
  co_await set_image(scene, "web", "example/web:v3");
  co_await until(scene, "web", paused_at(1));
  Words full{"promote", "web", "--full"};
  co_await plugin(scene, std::move(full));
  co_await until(scene, "web", healthy_with_image("example/web:v3"));
  co_await until_there_are(scene, resources::analysis_runs, "", 0);
}

SLUICE_STORY(a_restart_evicts_every_pod_and_history_has_its_limit) {
  co_await scene.admin.apply_text(R"(
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: web}
spec:
  replicas: 2
  revisionHistoryLimit: 0
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "example/web:v1"}]}
  strategy: {canary: {maxSurge: 1, maxUnavailable: 1}}
)",
                                  scene.ns);
  co_await until(scene, "web", healthy_with_image("example/web:v1"));
  co_await set_image(scene, "web", "example/web:v2");
  co_await until(scene, "web", healthy_with_image("example/web:v2"));
  co_await until_there_are(scene, resources::replica_sets, "app=web", 1);

  const auto old_pods = co_await scene.admin.list(resources::pods, scene.ns, "app=web");
  // Pods are as old as their second says; those of this very second would not count as older than the restart.
  co_await scene.w.clock.sleep_for(std::chrono::milliseconds(1100));
  Words restart{"restart", "web"};
  co_await plugin(scene, std::move(restart));
  Condition restarted{"restarted", [](const json::value& rollout) {
                        const std::string_view asked = text_at(rollout, {"spec", "restartAt"});
                        return !asked.empty() && text_at(rollout, {"status", "restartedAt"}) == asked &&
                               text_at(rollout, {"status", "phase"}) == "Healthy";
                      }};
  co_await until(scene, "web", std::move(restarted));
  const auto new_pods = co_await scene.admin.list(resources::pods, scene.ns, "app=web");
  for (const json::value& before : old_pods)
    for (const json::value& now : new_pods)
      expect(text_at(before, {"metadata", "uid"}) != text_at(now, {"metadata", "uid"}), "a pod was not restarted");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::cluster_test
