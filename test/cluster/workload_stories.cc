// Rollouts that take their template from other workloads, and pods that carry their role, on a real cluster.
#include <fmt/format.h>

#include "test/cluster/expect.h"
#include "test/cluster/rollout_words.h"
#include "test/cluster/stories.h"

namespace sluice::cluster_test {
namespace {

using kube::number_at;
using kube::text_at;
namespace resources = kube::resources;

constexpr std::string_view pods =
    "template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: 'example/web:v1'}]}}";

std::string workload(const std::string& kind) {
  if (kind == "PodTemplate")
    return fmt::format("apiVersion: v1\nkind: PodTemplate\nmetadata: {{name: web}}\n{}\n", pods);
  return fmt::format(
      "apiVersion: apps/v1\nkind: {}\nmetadata: {{name: web}}\nspec:\n  replicas: 2\n"
      "  selector: {{matchLabels: {{app: web}}}}\n  {}\n",
      kind, pods);
}

std::string rollout(const std::string& kind) {
  return fmt::format(
      "---\napiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {{name: web}}\nspec:\n  replicas: 2\n"
      "  selector: {{matchLabels: {{app: web}}}}\n"
      "  workloadRef: {{apiVersion: {}, kind: {}, name: web, scaleDown: onsuccess}}\n  strategy: {{canary: {{}}}}\n",
      kind == "PodTemplate" ? "v1" : "apps/v1", kind);
}

Condition scaled_to_nothing() {
  return {"no replicas", [](const json::value& object) { return number_at(object, {"spec", "replicas"}, -1) == 0; }};
}

BOOST_AUTO_TEST_SUITE(stories)

SLUICE_STORY(a_deployment_gives_way_to_the_rollout_that_refers_to_it) {
  co_await scene.admin.apply_text(workload("Deployment") + rollout("Deployment"), scene.ns);
  co_await until(scene, "web", phase_is("Healthy"));
  co_await scene.admin.until(resources::deployments, key_in(scene, "web"), scaled_to_nothing(),
                             std::chrono::seconds(60));
  const json::value followed = co_await rollout_in(scene, "web");
  expect(!text_at(followed, {"status", "workloadObservedGeneration"}).empty(), "no workloadObservedGeneration");
  expect(kube::find_at(followed, {"spec", "template"}) == nullptr, "the template was written back");
}

SLUICE_STORY(a_replica_set_gives_way_to_the_rollout_that_refers_to_it) {
  co_await scene.admin.apply_text(workload("ReplicaSet") + rollout("ReplicaSet"), scene.ns);
  co_await until(scene, "web", phase_is("Healthy"));
  co_await scene.admin.until(resources::replica_sets, key_in(scene, "web"), scaled_to_nothing(),
                             std::chrono::seconds(60));
}

SLUICE_STORY(a_pod_template_is_followed) {
  co_await scene.admin.apply_text(workload("PodTemplate") + rollout("PodTemplate"), scene.ns);
  co_await until(scene, "web", phase_is("Healthy"));
}

SLUICE_STORY(pods_carry_the_role_of_their_set) {
  const std::string roles =
      "      canaryMetadata: {labels: {role: canary}}\n      stableMetadata: {labels: {role: stable}}\n";
  std::string yaml =
      "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: web}\nspec:\n  replicas: 4\n"
      "  selector: {matchLabels: {app: web}}\n  " +
      std::string(pods) + "\n  strategy:\n    canary:\n      steps: [{setWeight: 50}, {pause: {}}]\n" + roles;
  co_await scene.admin.apply_text(std::move(yaml), scene.ns);
  co_await until(scene, "web", phase_is("Healthy"));
  co_await set_image(scene, "web", "example/web:v2");
  const json::value paused = co_await until(scene, "web", paused_at(1));
  const std::string next(text_at(paused, {"status", "currentPodHash"}));
  const std::string selector = "rollouts-pod-template-hash=" + next;
  const std::vector<json::value> canaries =
      co_await scene.admin.list(resources::pods, scene.ns, selector + ",role=canary");
  expect(canaries.size() == 2U, fmt::format("{} pods carry role=canary", canaries.size()));

  std::vector<std::string> promote{"promote", "web"};
  co_await plugin(scene, std::move(promote));
  co_await until(scene, "web", healthy_with_image("example/web:v2"));
  const kube::Time end = scene.w.clock.now() + std::chrono::seconds(60);
  std::size_t stables = 0;
  while (stables != 4U && scene.w.clock.now() < end) {
    co_await scene.w.clock.sleep_for(std::chrono::milliseconds(100));
    const std::vector<json::value> found =
        co_await scene.admin.list(resources::pods, scene.ns, selector + ",role=stable");
    stables = found.size();
  }
  expect(stables == 4U, fmt::format("{} pods carry role=stable", stables));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::cluster_test
