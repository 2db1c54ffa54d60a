// Named scenarios about sizes that others change, and about pods that are started again.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "kube/json.h"
#include "test/cluster/release.h"

namespace sluice::cluster_test {
namespace {

using kube::text_at;
using std::chrono::milliseconds;
using std::chrono::seconds;

const std::string steps = "      steps: [{setWeight: 20}, {pause: {}}, {setWeight: 50}, {pause: {}}]\n";

std::string autoscaler(int least) {
  return fmt::format(
      "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: web}}\nspec:\n"
      "  scaleTargetRef: {{apiVersion: argoproj.io/v1alpha1, kind: Rollout, name: web}}\n"
      "  minReplicas: {}\n  maxReplicas: 20\n"
      "  metrics: [{{type: Resource, resource: {{name: cpu, target: {{type: Utilization, averageUtilization: "
      "50}}}}}}]\n",
      least);
}

BOOST_AUTO_TEST_SUITE(stories)

SLUICE_STORY(ar_1415_an_autoscaler_in_the_midst_of_an_update) {
  Plan plan = basic_canary(6,
                           "      canaryService: web-canary\n      stableService: web-stable\n"
                           "      maxSurge: 100%\n      maxUnavailable: 1\n");
  plan.objects = service("web-stable") + service("web-canary");
  plan.pod_metadata = "      annotations: {sluice.test/ready-after: '5'}\n";
  Release r(scene, std::move(plan));
  co_await r.begin();
  const std::int64_t since = r.mark();
  co_await r.release("v2");
  co_await r.until("new pods are asked for", [](const Moment& m) { return m.size("v2") > 0; });
  std::string hpa = autoscaler(12);
  co_await scene.admin.apply_text(std::move(hpa), scene.ns);
  co_await r.until("the autoscaler has written",
                   [](const Moment& m) { return kube::number_at(m.rollout(), {"spec", "replicas"}) == 12; });
  co_await r.until_promoted("v2");
  co_await r.until_size("v2", 12);
  r.always("five pods are ready at least", [](const Moment& m) { return m.ready() >= 5; }, since);
}

SLUICE_STORY(hpa_01_sizes_change_while_a_canary_waits) {
  Release r(scene, routed_canary(5, steps));
  co_await r.begin();
  co_await r.release("v2");
  co_await r.until_paused_at(1);
  const std::int64_t since = r.mark();
  co_await r.scale(10);
  co_await r.until_size("v1", 10);
  co_await r.until_size("v2", 2);
  co_await r.scale(5);
  co_await r.until_size("v1", 5);
  co_await r.until_size("v2", 1);
  r.always("the weight stays", [](const Moment& m) { return m.weight() == 20 && m.step() == 1; }, since);
  co_await r.abort();
  co_await r.until("the traffic is back", [](const Moment& m) { return m.is("Degraded") && m.weight() == 0; });
}

SLUICE_STORY(hpa_02_a_canary_is_scaled_to_nothing_and_back) {
  Release r(scene, routed_canary(5, steps));
  co_await r.begin();
  co_await r.release("v2");
  co_await r.until_paused_at(1);
  co_await r.scale(0);
  co_await r.until_size("v1", 0);
  co_await r.until_size("v2", 0);
  co_await r.until_quiet();
  expect(r.now().step() == 1, r.now().summary());
  co_await r.scale(3);
  co_await r.until_size("v1", 3);
  co_await r.until_size("v2", 1);
  co_await r.until("20 % again", [](const Moment& m) { return m.is_paused_at(1) && m.weight() == 20; });
}

SLUICE_STORY(ar_4261_a_paused_rollout_follows_its_size) {
  Release r(scene, routed_canary(5, steps));
  co_await r.begin();
  co_await r.release("v2");
  co_await r.until_paused_at(1);
  co_await r.spec(R"({"paused":true})");
  r.plan.spec = "  paused: true\n";
  const std::int64_t since = r.mark();
  for (const int replicas : {10, 5}) {
    co_await r.scale(replicas);
    co_await r.until_size("v1", replicas);
    co_await r.until_size("v2", replicas / 5);
  }
  co_await r.until_quiet();
  r.always("weight and step stay", [](const Moment& m) { return m.weight() == 20 && m.step() == 1; }, since);
}

SLUICE_STORY(obs_36_a_restart_keeps_within_budgets) {
  Plan plan = basic_canary(4, "      maxSurge: 1\n      maxUnavailable: 1\n");
  plan.objects =
      "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: web}\n"
      "spec: {minAvailable: 3, selector: {matchLabels: {app: web}}}\n";
  Release r(scene, std::move(plan));
  co_await r.begin();
  const auto before = co_await scene.admin.list(kube::resources::pods, scene.ns, "app=web");
  const std::int64_t since = r.mark();
  std::vector<std::string> words{"restart", "web"};
  co_await plugin(scene, std::move(words));
  co_await r.until("it has restarted", [](const Moment& m) {
    const std::string_view asked = text_at(m.rollout(), {"spec", "restartAt"});
    return !asked.empty() && asked == text_at(m.rollout(), {"status", "restartedAt"}) && m.is("Healthy");
  });
  const auto after = co_await scene.admin.list(kube::resources::pods, scene.ns, "app=web");
  for (const json::value& old : before)
    for (const json::value& pod : after)
      expect(text_at(old, {"metadata", "uid"}) != text_at(pod, {"metadata", "uid"}) ||
                 kube::find_at(pod, {"metadata", "deletionTimestamp"}) != nullptr,
             "a pod was not started again");
  r.always("one pod at most is missing", [](const Moment& m) { return m.ready("v1") >= 3; }, since);
}

SLUICE_STORY(ar_4716_a_restart_leaves_the_header_route) {
  const std::string header =
      "{setHeaderRoute: {name: beta, match: [{headerName: X-Tester, headerValue: {exact: yes-please}}]}}";
  Release r(scene, routed_canary(4, "      steps: [{setWeight: 25}, " + header + ", {pause: {}}]\n"));
  co_await r.begin();
  co_await r.release("v2");
  co_await r.until_paused_at(2);
  const std::int64_t since = r.mark();
  std::vector<std::string> words{"restart", "web"};
  co_await plugin(scene, std::move(words));
  co_await r.until("it has restarted", [](const Moment& m) {
    const std::string_view asked = text_at(m.rollout(), {"spec", "restartAt"});
    return !asked.empty() && asked == text_at(m.rollout(), {"status", "restartedAt"});
  });
  co_await r.until("header route and weight are there", [](const Moment& m) {
    return m.is_paused_at(2) && m.ready("v2") == 1 && m.weight() == 25 && m.says("HTTPRoute", "web", "X-Tester");
  });
  r.always("the step stays", [](const Moment& m) { return m.step() == 2; }, since);
}

SLUICE_STORY(ar_1731_a_service_is_taken_over_when_there_are_pods_for_it) {
  Plan plan = routed_canary(3, steps);
  plan.objects += R"(
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: old}
spec:
  replicas: 2
  selector: {matchLabels: {app: web, by: deployment}}
  template:
    metadata: {labels: {app: web, by: deployment}}
    spec: {containers: [{name: web, image: 'example/web:v0'}]}
)";
  plan.pod_metadata = "      annotations: {sluice.test/ready-after: '5'}\n";
  Release r(scene, std::move(plan));
  co_await r.begin();
  co_await r.until("the Service leads to the Rollout",
                   [](const Moment& m) { return m.selected("web-stable") == "v1"; });
  r.always("the Service keeps its selector until all pods are ready",
           [](const Moment& m) { return m.selected("web-stable").empty() || m.ready("v1") == 3; });
  const auto selectors = r.course([](const Moment& m) { return m.selected("web-stable"); });
  expect(selectors.size() == 2, fmt::format("the Service led to {}", fmt::join(selectors, ", ")));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::cluster_test
