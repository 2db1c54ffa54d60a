// Named scenarios about aborts: traffic goes back as far as there is capacity, once, and nothing alternates.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "kube/json.h"
#include "test/cluster/release.h"
#include "test/cluster/test_prometheus.h"

namespace sluice::cluster_test {
namespace {

using std::chrono::seconds;

const std::string steps = "      steps: [{setWeight: 20}, {pause: {}}, {setWeight: 50}, {pause: {}}]\n";

// Neither the weight nor the size of the aborted version goes up again.
void never_rises(Release& r, std::int64_t since) {
  std::int64_t weight = 100;
  std::int64_t size = 1000;
  r.always(
      "weight and canary only go down",
      [&](const Moment& m) {
        const bool holds = m.weight() <= weight && m.size("v2") <= size;
        weight = m.weight(), size = m.size("v2");
        return holds;
      },
      since);
}

void stable_can_serve(Release& r, int replicas, std::int64_t since) {
  r.always(
      "the stable version can serve its share",
      [replicas](const Moment& m) { return m.ready("v1") * 100 >= replicas * (100 - m.weight()); }, since);
}

BOOST_AUTO_TEST_SUITE(stories)

SLUICE_STORY(ar_1292_an_abort_with_nothing_in_progress) {
  Release r(scene, routed_canary(7, steps));
  co_await r.begin();
  co_await r.until_quiet();
  const std::int64_t since = r.mark();
  co_await r.status(R"({"abort":true})");
  co_await until_event(scene, "web", "RolloutAbortIgnored");
  co_await r.until("the abort is taken away", [](const Moment& m) { return m.is("Healthy") && !m.is_aborted(); });
  co_await r.until_quiet();
  r.always("all pods stay", [](const Moment& m) { return m.size("v1") == 7; }, since);
  expect(r.writes("ReplicaSet", "", since) == 0, "a ReplicaSet was written");
}

SLUICE_STORY(ar_3078_the_canary_service_stands_still_after_an_abort) {
  Release r(scene, routed_canary(5, "      abortScaleDownDelaySeconds: 600\n" + steps));
  co_await r.begin();
  co_await r.release("v2");
  co_await r.until_paused_at(1);
  const std::int64_t since = r.mark();
  co_await r.abort();
  co_await r.until_phase("Degraded");
  co_await r.until_quiet();
  expect(r.writes("Service", "web-canary", since) <= 1, "the canary Service was written more than once");
  expect(r.now().size("v2") == 1 && r.now().weight() == 0, r.now().summary());
}

SLUICE_STORY(obs_03_with_a_delay_of_zero_the_aborted_canary_is_kept) {
  Release r(scene, routed_canary(5, "      abortScaleDownDelaySeconds: 0\n" + steps));
  co_await r.begin();
  co_await r.release("v2");
  co_await r.until_paused_at(1);
  const std::int64_t since = r.mark();
  co_await r.abort();
  co_await r.until_phase("Degraded");
  co_await r.until_quiet();
  expect(r.now().size("v2") == 1 && r.now().weight() == 0, r.now().summary());
  expect(r.writes("Service", "web-canary", since) <= 1, "the canary Service was written more than once");
}

SLUICE_STORY(obs_26_an_invalid_spec_switches_off_no_protection) {
  TestPrometheus prometheus(scene.w);
  prometheus.value = "0.99";
  const std::string strategy =
      "      abortScaleDownDelaySeconds: 1\n      analysis: {templates: [{templateName: gate}]}\n";
  Plan plan = routed_canary(5, strategy + steps);
  plan.objects += fmt::format(R"(
---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {{name: gate}}
spec:
  metrics:
    - name: gate
      interval: 1s
      successCondition: result[0] >= 0.95
      provider: {{prometheus: {{address: '{}', query: up}}}}
)",
                              prometheus.address());
  Release r(scene, std::move(plan));
  co_await r.begin();
  co_await r.release("v2");
  co_await r.until_paused_at(1);
  const std::int64_t since = r.mark();
  co_await r.spec(
      R"({"minReadySeconds":-1,"strategy":{"canary":{"steps":[{"setWeight":20,"pause":{}},{"setWeight":400}]}}})");
  co_await r.until("all mistakes are told", [](const Moment& m) {
    return m.says("Rollout", "web", "InvalidSpec") && m.says("Rollout", "web", "spec.minReadySeconds") &&
           m.says("Rollout", "web", "steps[0]") && m.says("Rollout", "web", "steps[1].setWeight");
  });
  expect(r.now().weight() == 20 && !r.now().is_aborted(), r.now().summary());
  prometheus.value = "0.5";
  co_await r.until("the failed analysis takes the traffic back",
                   [](const Moment& m) { return m.is_aborted() && m.weight() == 0 && m.size("v1") == 5; });
  r.always("no step forward", [](const Moment& m) { return m.weight() <= 20 && m.stable() == "v1"; }, since);
}

SLUICE_STORY(obs_07_one_missing_pod_does_not_hold_the_abort) {
  Release r(scene, routed_canary(10, "      steps: [{setWeight: 50}, {pause: {}}]\n"));
  co_await r.begin();
  co_await r.release("v2");
  co_await r.until_paused_at(1);
  co_await r.set_ready("v1", 1, false);
  co_await r.until("nine pods are ready", [](const Moment& m) { return m.ready("v1") == 9; });
  const std::int64_t since = r.mark();
  co_await r.abort();
  co_await r.until("a tenth at most is left", [](const Moment& m) { return m.weight() <= 10; }, seconds(15));
  co_await r.set_ready("v1", 1, true);
  co_await r.until("nothing is left", [](const Moment& m) { return m.weight() == 0; });
  never_rises(r, since);
}

SLUICE_STORY(fl_869_a_shrunken_stable_grows_before_it_gets_its_traffic_back) {
  Plan plan = routed_canary(10,
                            "      dynamicStableScale: true\n      steps: [{setWeight: 20}, {setWeight: 80}, "
                            "{analysis: {templates: [{templateName: gate}]}}]\n");
  plan.objects += job_template("gate", "sleep 3; exit 1");
  plan.pod_metadata = "      annotations: {sluice.test/ready-after: '4'}\n";
  Release r(scene, std::move(plan));
  co_await r.begin();
  co_await r.release("v2");
  co_await r.until("80 %", [](const Moment& m) { return m.weight() == 80 && m.step() == 2; });
  const std::int64_t since = r.mark();
  co_await r.until("all is back", [](const Moment& m) {
    return m.is("Degraded") && m.is_aborted() && m.weight() == 0 && m.size("v1") == 10;
  });
  stable_can_serve(r, 10, since);
  never_rises(r, since);
}

SLUICE_STORY(ar_4841_the_last_share_comes_back_with_a_least_number_of_pods) {
  Release r(scene, routed_canary(10,
                                 "      dynamicStableScale: true\n      minPodsPerReplicaSet: 3\n"
                                 "      abortScaleDownDelaySeconds: 2\n"
                                 "      steps: [{setWeight: 5}, {pause: {}}, {setWeight: 50}, {pause: {}}, "
                                 "{setWeight: 100}]\n"));
  co_await r.begin();
  co_await r.release("v2");
  co_await r.until_paused_at(1);
  expect(r.now().size("v2") == 3, "fewer than three canaries: " + r.now().summary());
  co_await r.promote();
  co_await r.until_paused_at(3);
  const std::int64_t since = r.mark();
  co_await r.abort();
  co_await r.until_size("v2", 0);
  expect(r.now().weight() == 0 && r.now().size("v1") == 10, r.now().summary());
  stable_can_serve(r, 10, since);
  never_rises(r, since);
}

SLUICE_STORY(ar_4898_delay_weight_and_sizes_do_not_wait_for_each_other) {
  Release r(scene, routed_canary(4,
                                 "      dynamicStableScale: true\n      abortScaleDownDelaySeconds: 3\n"
                                 "      steps: [{setWeight: 50}, {pause: {}}]\n"));
  co_await r.begin();
  co_await r.release("v2");
  co_await r.until_paused_at(1);
  co_await r.until_size("v1", 2);
  const std::int64_t since = r.mark();
  co_await r.abort();
  co_await r.until_size("v2", 0);
  expect(r.now().weight() == 0 && r.now().size("v1") == 4, r.now().summary());
  stable_can_serve(r, 4, since);
  never_rises(r, since);
}

SLUICE_STORY(ar_1665_an_abort_goes_one_way_though_pods_come_and_go) {
  Plan plan = routed_canary(6,
                            "      dynamicStableScale: true\n      abortScaleDownDelaySeconds: 8\n"
                            "      steps: [{setWeight: 50}, {pause: {}}]\n");
  plan.pod_metadata = "      annotations: {sluice.test/ready-after: '4'}\n";
  Release r(scene, std::move(plan));
  co_await r.begin();
  co_await r.release("v2");
  co_await r.until_paused_at(1);
  co_await r.until_size("v1", 3);
  const std::int64_t since = r.mark();
  co_await r.abort();
  for (int flap = 0; flap < 4; ++flap) {
    co_await r.set_ready("v1", 2, false);
    co_await r.pass(std::chrono::milliseconds(700));
    co_await r.set_ready("v1", 2, true);
    co_await r.pass(std::chrono::milliseconds(700));
  }
  co_await r.until_size("v2", 0);
  expect(r.now().weight() == 0 && r.now().size("v1") == 6, r.now().summary());
  never_rises(r, since);
}

SLUICE_STORY(ar_3774_a_second_abort_waits_its_delay_again) {
  Release r(scene, routed_canary(5, "      abortScaleDownDelaySeconds: 4\n" + steps));
  co_await r.begin();
  co_await r.release("v2");
  co_await r.until_paused_at(1);
  for (const bool is_first : {true, false}) {
    const std::int64_t since = r.mark();
    co_await r.abort();
    co_await r.until("a deadline", [](const Moment& m) { return !m.deadline("v2").empty() && m.size("v2") == 1; });
    if (is_first) {
      co_await r.retry();
      co_await r.until_paused_at(1);
    } else {
      co_await r.until_size("v2", 0);
    }
    r.always(
        "the canary stays until its deadline is written",
        [](const Moment& m) { return m.size("v2") == 1 || !m.deadline("v2").empty(); }, since);
  }
}

SLUICE_STORY(ar_2982_an_abort_of_a_promoted_rollout_changes_nothing) {
  Release r(scene, mesh_canary(3, "      steps: [{setWeight: 50}]\n"));
  co_await r.begin();
  co_await r.release("v2");
  co_await r.until_promoted("v2");
  co_await r.until_size("v1", 0);
  co_await r.until_quiet();
  const std::int64_t since = r.mark();
  co_await r.status(R"({"abort":true})");
  co_await r.until("the abort is taken away", [](const Moment& m) { return m.is("Healthy") && !m.is_aborted(); });
  co_await r.until_quiet();
  const int writes = r.writes("Rollout", "web", since);
  expect(writes >= 2 && writes <= 3, fmt::format("the Rollout was written {} times, the abort included", writes));
  for (const char* kind : {"ReplicaSet", "VirtualService", "DestinationRule"})
    expect(r.writes(kind, "", since) == 0, fmt::format("a {} was written", kind));
}

SLUICE_STORY(ar_3120_a_retry_gets_its_pods_and_its_own_analysis) {
  Plan plan = routed_canary(5,
                            "      abortScaleDownDelaySeconds: 1\n      steps: [{setWeight: 20}, "
                            "{analysis: {templates: [{templateName: gate}]}}, {pause: {}}]\n");
  plan.objects += job_template("gate", "sleep 4");
  Release r(scene, std::move(plan));
  co_await r.begin();
  co_await r.release("v2");
  co_await r.until("an analysis runs", [](const Moment& m) { return m.runs() == std::vector<std::string>{"Running"}; });
  co_await r.abort();
  co_await r.until_size("v2", 0);
  co_await r.retry();
  co_await r.until_size("v2", 1);
  co_await r.until_paused_at(2);
  const auto runs = r.now().runs();
  expect(runs.size() == 2 && runs.back() == "Successful", fmt::format("the runs are {}", fmt::join(runs, ", ")));
}

SLUICE_STORY(irq_10_a_new_version_in_the_delay_of_an_aborted_one) {
  Release r(scene, routed_canary(5, "      abortScaleDownDelaySeconds: 600\n" + steps));
  co_await r.begin();
  co_await r.release("v2");
  co_await r.until_paused_at(1);
  co_await r.abort();
  co_await r.until_phase("Degraded");
  const std::int64_t since = r.mark();
  co_await r.release("v3");
  co_await r.until("the pause of v3", [](const Moment& m) { return m.current() == "v3" && m.is_paused_at(1); });
  r.always("the aborted version gets no pod more", [](const Moment& m) { return m.size("v2") <= 1; }, since);
  r.always(
      "the canary Service leads to ready pods when it gets traffic",
      [](const Moment& m) { return m.weight() <= 0 || m.ready(m.selected("web-canary")) > 0; }, since);
  expect(!r.now().is_aborted(), "the abort of the old version is still there");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::cluster_test
