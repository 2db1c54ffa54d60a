// Named scenarios about updates that another change interrupts.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "kube/json.h"
#include "test/cluster/release.h"

namespace sluice::cluster_test {
namespace {

using std::chrono::seconds;

const std::string steps = "      steps: [{setWeight: 20}, {pause: {}}, {setWeight: 50}, {pause: {}}]\n";

Holds paused_with(const std::string& version, int step) {
  return [version, step](const Moment& m) { return m.current() == version && m.is_paused_at(step); };
}

void canary_always_serves(Release& r, std::int64_t since) {
  r.always(
      "the canary Service leads to ready pods when it gets traffic",
      [](const Moment& m) { return m.weight() <= 0 || m.ready(m.selected("web-canary")) > 0; }, since);
}

BOOST_AUTO_TEST_SUITE(stories)

SLUICE_STORY(irq_01_a_new_version_before_the_canary_has_a_pod) {
  Plan plan = routed_canary(5, steps);
  Release r(scene, std::move(plan));
  co_await r.begin();
  const std::int64_t since = r.mark();
  co_await r.release("v2-does-not-exist");
  co_await r.until("the set of v2 is there", [](const Moment& m) { return m.size("v2-does-not-exist") >= 0; });
  co_await r.release("v3");
  co_await r.until("the pause of v3", paused_with("v3", 1));
  co_await r.until("v2 has no pods", [](const Moment& m) { return m.size("v2-does-not-exist") == 0; });
  r.always(
      "v2 never has more than its step asks for", [](const Moment& m) { return m.size("v2-does-not-exist") <= 1; },
      since);
  canary_always_serves(r, since);
}

SLUICE_STORY(irq_04_a_new_version_in_the_pause_begins_anew) {
  Plan plan = routed_canary(5,
                            "      steps: [{setWeight: 20}, {analysis: {templates: [{templateName: gate}]}}, "
                            "{pause: {}}]\n");
  plan.objects += job_template("gate", "exit 0");
  Release r(scene, std::move(plan));
  co_await r.begin();
  co_await r.release("v2");
  co_await r.until_paused_at(2);
  const std::int64_t since = r.mark();
  co_await r.release("v3");
  co_await r.until("the pause of v3", paused_with("v3", 2));
  r.first("v3 begins at step 0", [](const Moment& m) { return m.current() == "v3" && m.step() == 0; }, since);
  const std::vector<std::string> both{"Successful", "Successful"};
  expect(r.now().runs() == both, "v3 has no verdict of its own: " + r.now().summary());
  canary_always_serves(r, since);
}

SLUICE_STORY(irq_14_back_to_the_stable_version) {
  Release r(scene, routed_canary(4,
                                 "      dynamicStableScale: true\n      abortScaleDownDelaySeconds: 2\n"
                                 "      steps: [{setWeight: 50}, {pause: {}}]\n"));
  co_await r.begin();
  co_await r.release("v2");
  co_await r.until_paused_at(1);
  co_await r.until_size("v1", 2);
  const std::int64_t since = r.mark();
  co_await r.release("v1");
  co_await r.until_promoted("v1");
  co_await r.until_size("v2", 0);
  r.always(
      "v1 can serve its share", [](const Moment& m) { return m.ready("v1") * 100 >= 4 * (100 - m.weight()); }, since);
  canary_always_serves(r, since);
}

SLUICE_STORY(irq_15_back_to_a_superseded_version) {
  Plan plan = routed_canary(4,
                            "      steps: [{setWeight: 25}, {analysis: {templates: [{templateName: gate}]}}, "
                            "{pause: {}}]\n");
  plan.objects += job_template("gate", "exit 0");
  Release r(scene, std::move(plan));
  co_await r.begin();
  for (const char* version : {"v2", "v3", "v2"}) {
    co_await r.release(version);
    co_await r.until("the pause of the new version", paused_with(version, 2));
  }
  expect(r.now().revision("v2") == 4, fmt::format("v2 is revision {}", r.now().revision("v2")));
  const std::vector<std::string> all(3, "Successful");
  expect(r.now().runs() == all, "v2 has no new verdict: " + r.now().summary());
}

SLUICE_STORY(irq_16_other_steps_make_no_other_revision) {
  Release r(scene, routed_canary(4, steps));
  co_await r.begin();
  co_await r.release("v2");
  co_await r.until_paused_at(1);
  co_await r.promote();
  co_await r.until_paused_at(3);
  const std::int64_t since = r.mark();
  const std::size_t at = r.plan.strategy.find(steps);
  r.plan.strategy.replace(at, steps.size(), "      steps: [{setWeight: 75}, {pause: {}}]\n");
  co_await r.apply();
  co_await r.until("the pause at 75 %", [](const Moment& m) { return m.is_paused_at(1) && m.weight() == 75; });
  expect(r.now().versions().size() == 2 && r.now().revision("v2") == 2, r.now().summary());
  r.first("the steps begin anew", [](const Moment& m) { return m.step() == 0; }, since);
  canary_always_serves(r, since);
  co_await r.promote();
  co_await r.until_promoted("v2");
}

SLUICE_STORY(irq_17_template_and_size_change_in_one_write) {
  Release r(scene, basic_canary(
                       6, "      maxSurge: 1\n      maxUnavailable: 1\n      steps: [{setWeight: 50}, {pause: {}}]\n"));
  co_await r.begin();
  const std::int64_t since = r.mark();
  r.plan.replicas = 4;
  co_await r.release("v2");
  co_await r.until_paused_at(1);
  co_await r.until_size("v1", 2);
  co_await r.until_size("v2", 2);
  r.always("three of four pods are ready at least", [](const Moment& m) { return m.ready() >= 3; }, since);
}

SLUICE_STORY(irq_18_another_strategy_in_the_middle_of_an_update) {
  Release r(scene, blue_green(3, "      autoPromotionEnabled: false\n"));
  co_await r.begin();
  co_await r.release("v2");
  co_await r.until_phase("Paused");
  const std::int64_t since = r.mark();
  r.plan.strategy =
      basic_canary(3, "      maxSurge: 1\n      maxUnavailable: 0\n      steps: [{setWeight: 34}, {pause: {}}]\n")
          .strategy;
  co_await r.apply();
  co_await r.until("the pause of the canary", [](const Moment& m) { return m.is_paused_at(1); });
  co_await r.promote();
  co_await r.until_promoted("v2");
  co_await r.until_size("v1", 0);
  r.always("three pods are ready at least", [](const Moment& m) { return m.ready() >= 3; }, since);
  r.always(
      "no Service leads to nobody",
      [](const Moment& m) {
        for (const char* name : {"web-active", "web-preview"}) {
          const std::string selected = m.selected(name);
          if (!selected.empty() && m.ready(selected) == 0) return false;
        }
        return true;
      },
      since);
}

SLUICE_STORY(irq_19_ten_versions_in_ten_seconds) {
  Plan plan = routed_canary(2, "      scaleDownDelaySeconds: 1\n      steps: [{setWeight: 50}]\n");
  plan.spec = "  revisionHistoryLimit: 3\n";
  Release r(scene, std::move(plan));
  co_await r.begin();
  const std::int64_t since = r.mark();
  for (int version = 2; version <= 11; ++version) {
    co_await r.release(fmt::format("v{}", version));
    co_await r.pass(seconds(1));
  }
  co_await r.until_promoted("v11");
  co_await r.until("nothing else has pods", [](const Moment& m) { return m.versions().size() == 1; });
  co_await r.until_quiet();
  const auto sets = co_await scene.admin.list(kube::resources::replica_sets, scene.ns, "");
  expect(sets.size() <= 4, fmt::format("{} sets are left", sets.size()));
  canary_always_serves(r, since);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::cluster_test
