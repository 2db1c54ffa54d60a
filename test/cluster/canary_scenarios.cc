// Named scenarios about canaries: sizes, clocks and revisions.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "kube/json.h"
#include "test/cluster/release.h"

namespace sluice::cluster_test {
namespace {

using kube::find_at;
using std::chrono::milliseconds;
using std::chrono::seconds;

const std::string steps = "      steps: [{setWeight: 20}, {pause: {}}, {setWeight: 50}, {pause: {}}]\n";

BOOST_AUTO_TEST_SUITE(stories)

SLUICE_STORY(ar_1774_a_broken_stable_version_does_not_block_its_mending) {
  Plan plan =
      basic_canary(4, "      maxSurge: 1\n      maxUnavailable: 1\n      steps: [{setWeight: 25}, {setWeight: 50}]\n");
  Release r(scene, std::move(plan));
  co_await r.release("v1-does-not-exist");
  co_await r.until("the first version is asked for", [](const Moment& m) { return m.size("v1-does-not-exist") == 4; });
  co_await r.release("v2");
  co_await r.until_promoted("v2");
  co_await r.until_size("v2", 4);
}

SLUICE_STORY(ar_3765_pods_that_come_and_go_do_not_feed_the_deadline) {
  Plan plan =
      basic_canary(4, "      maxSurge: 2\n      maxUnavailable: 0\n      steps: [{setWeight: 50}, {pause: {}}]\n");
  plan.spec = "  progressDeadlineSeconds: 8\n  progressDeadlineAbort: true\n";
  Release r(scene, std::move(plan));
  co_await r.begin();
  // The gate of the second pod never opens, so that the step cannot be completed.
  r.plan.pods = "      readinessGates: [{conditionType: example.com/open}]\n";
  co_await r.release("v2");
  co_await r.until("two canaries are asked for", [](const Moment& m) { return m.size("v2") == 2; });
  const std::string selector = "rollouts-pod-template-hash=" + r.now().hash("v2");
  std::vector<json::value> pods;
  while (pods.size() < 2) {
    co_await r.pass(milliseconds(200));
    pods = co_await scene.admin.list(kube::resources::pods, scene.ns, selector);
  }
  // Longer than three deadlines; the pod that came up once and went again is no progress when it comes up again.
  for (int flap = 0; flap < 30 && !r.now().is_aborted(); ++flap) {
    kube::Patch request;
    request.type = kube::PatchType::strategic;
    request.subresource = "status";
    request.body = fmt::format(
        R"({{"status":{{"conditions":[{{"type":"Ready","status":"{}","reason":"Flapping","lastTransitionTime":"{}"}}]}}}})",
        flap % 2 == 0 ? "True" : "False", kube::format_time(scene.w.clock.now()));
    kube::ObjectKey key = key_in(scene, std::string(kube::text_at(pods.front(), {"metadata", "name"})));
    co_await scene.admin.client().patch(kube::resources::pods, std::move(key), std::move(request));
    co_await r.pass(seconds(1));
  }
  expect(r.now().is_aborted(), "the deadline never came: " + r.now().summary());
}

SLUICE_STORY(ar_1822_a_version_in_its_delay_keeps_its_size) {
  Release r(scene, routed_canary(4,
                                 "      scaleDownDelaySeconds: 5\n      abortScaleDownDelaySeconds: 5\n"
                                 "      steps: [{setWeight: 50}, {pause: {}}]\n"));
  co_await r.begin();
  co_await r.release("v2");
  co_await r.until_paused_at(1);
  const std::int64_t since = r.mark();
  co_await r.release("v1");
  co_await r.until_size("v2", 0);
  const auto sizes = r.course([](const Moment& m) { return std::to_string(m.size("v2")); }, since);
  const std::vector<std::string> expected{"2", "0"};
  expect(sizes == expected, fmt::format("the sizes were {}", fmt::join(sizes, ", ")));
  co_await r.until_phase("Healthy");
}

SLUICE_STORY(ar_1624_no_deadline_without_an_update) {
  Plan plan = routed_canary(4, steps);
  Release r(scene, std::move(plan));
  co_await r.begin();
  co_await r.spec(R"({"progressDeadlineSeconds":4,"progressDeadlineAbort":true})");
  const std::int64_t since = r.mark();
  co_await r.set_ready("v1", 2, false);
  co_await r.until("it is not healthy", [](const Moment& m) { return m.ready("v1") == 2 && !m.is("Healthy"); });
  co_await r.pass(seconds(8));
  co_await r.set_ready("v1", 2, true);
  co_await r.until_phase("Healthy");
  r.always("nothing is aborted", [](const Moment& m) { return !m.is_aborted() && m.size("v1") == 4; }, since);
}

SLUICE_STORY(obs_10_a_return_inside_the_window_is_weighted_by_its_pods) {
  Plan plan = routed_canary(10, "      scaleDownDelaySeconds: 1\n      steps: [{setWeight: 10}, {setWeight: 70}]\n");
  plan.spec = "  rollbackWindow: {revisions: 2}\n";
  plan.pod_metadata = "      annotations: {sluice.test/ready-after: '4'}\n";
  Release r(scene, std::move(plan));
  co_await r.begin();
  co_await r.release("v2");
  co_await r.until_promoted("v2");
  co_await r.until_size("v1", 0);
  const std::int64_t since = r.mark();
  co_await r.release("v1");
  co_await r.until_promoted("v1");
  r.always(
      "no more weight than ready pods",
      [](const Moment& m) { return m.selected("web-canary") != "v1" || m.weight() <= 10 * m.ready("v1"); }, since);
}

SLUICE_STORY(obs_27b_sizes_and_delays_that_make_no_sense_are_refused_by_name) {
  Release r(scene, basic_canary(2, "      maxSurge: 0\n      maxUnavailable: 0\n      scaleDownDelaySeconds: -1\n"));
  co_await r.apply();
  co_await r.until("both fields are named", [](const Moment& m) {
    return m.says("Rollout", "web", "InvalidSpec") && m.says("Rollout", "web", "maxSurge") &&
           m.says("Rollout", "web", "spec.strategy.canary.scaleDownDelaySeconds");
  });
  expect(r.now().versions().empty(), "a refused Rollout has pods");
}

SLUICE_STORY(obs_35_history_keeps_its_limit_and_what_is_in_use) {
  Plan plan = basic_canary(1, "      maxSurge: 1\n      maxUnavailable: 0\n");
  plan.spec = "  revisionHistoryLimit: 2\n";
  Release r(scene, std::move(plan));
  co_await r.begin();
  for (const char* version : {"v2", "v3", "v4", "v5", "v6"}) {
    co_await r.release(version);
    co_await r.until_promoted(version);
  }
  co_await r.until_quiet();
  const auto sets = co_await scene.admin.list(kube::resources::replica_sets, scene.ns, "");
  std::vector<std::string> kept;
  for (const json::value& set : sets)
    kept.emplace_back(kube::text_at(set, {"metadata", "labels", "rollouts-pod-template-hash"}));
  expect(kept.size() == 3, fmt::format("{} sets are left", kept.size()));
  for (const char* version : {"v4", "v5", "v6"})
    expect(std::find(kept.begin(), kept.end(), r.now().hash(version)) != kept.end(),
           fmt::format("the set of {} has gone", version));
}

SLUICE_STORY(obs_42_one_write_for_a_pause_and_one_for_its_end) {
  Release r(scene, basic_canary(2, "      steps: [{pause: {}}, {pause: {}}, {pause: {}}]\n"));
  co_await r.begin();
  co_await r.release("v2");
  for (const int step : {0, 1, 2}) {
    co_await r.until_paused_at(step);
    co_await r.until_quiet();
    const std::int64_t since = r.mark();
    if (step == 2) {
      co_await r.abort();
      co_await r.until_phase("Degraded");
      r.always(
          "an aborted rollout is not paused",
          [](const Moment& m) {
            const json::value* conditions = find_at(m.rollout(), {"status", "conditions"});
            for (const json::value& condition : conditions ? conditions->as_array() : json::array())
              if (kube::text_at(condition, {"type"}) == "Paused" && kube::text_at(condition, {"status"}) == "True")
                return !m.is("Degraded");
            return true;
          },
          since);
      break;
    }
    co_await r.promote();
    co_await r.until_paused_at(step + 1);
    co_await r.until_quiet();
    // The plugin's own, the one that ends the pause, the one that begins the next.
    const int writes = r.writes("Rollout", "web", since);
    expect(writes <= 3, fmt::format("the Rollout was written {} times between two pauses", writes));
  }
}

SLUICE_STORY(ar_2916_a_label_of_the_template_comes_back) {
  const std::string metadata = "      canaryMetadata: {labels: {role: canary}, annotations: {note: first}}\n";
  Plan plan = basic_canary(2, "      steps: [{setWeight: 50}, {pause: {}}]\n" + metadata);
  Release r(scene, std::move(plan));
  r.plan.pod_metadata = "      annotations: {kept: here}\n";
  co_await r.begin();
  co_await r.release("v2");
  co_await r.until_paused_at(1);
  const std::string selector = "rollouts-pod-template-hash=" + r.now().hash("v2");
  const auto canaries = co_await scene.admin.list(kube::resources::pods, scene.ns, selector + ",role=canary");
  expect(canaries.size() == 1, fmt::format("{} canaries carry the role", canaries.size()));
  r.plan.strategy.erase(r.plan.strategy.find(metadata));
  co_await r.apply();
  const kube::Time end = scene.w.clock.now() + seconds(60);
  for (bool is_clean = false; !is_clean;) {
    expect(scene.w.clock.now() < end, "the labels of removed metadata stay");
    co_await r.pass(milliseconds(200));
    const auto pods = co_await scene.admin.list(kube::resources::pods, scene.ns, selector);
    is_clean = !pods.empty();
    for (const json::value& pod : pods)
      is_clean = is_clean && find_at(pod, {"metadata", "labels", "role"}) == nullptr &&
                 find_at(pod, {"metadata", "annotations", "note"}) == nullptr &&
                 kube::text_at(pod, {"metadata", "annotations", "kept"}) == "here";
  }
}

SLUICE_STORY(ar_4570_a_least_number_of_pods_above_the_size) {
  Release r(scene, routed_canary(1, "      minPodsPerReplicaSet: 3\n      steps: [{setWeight: 50}, {pause: {}}]\n"));
  co_await r.begin();
  co_await r.release("v2");
  co_await r.until_paused_at(1);
  for (const int replicas : {1, 2, 3}) {
    if (replicas > 1) co_await r.scale(replicas);
    co_await r.until_size("v1", replicas);
    co_await r.until_size("v2", replicas);
    co_await r.until_quiet();
  }
  r.always("no set is larger than the Rollout",
           [](const Moment& m) { return m.size("v1") <= kube::number_at(m.rollout(), {"spec", "replicas"}, 1); });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::cluster_test
