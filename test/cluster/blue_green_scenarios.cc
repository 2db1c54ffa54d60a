// Named scenarios about blue/green: the active Service never leads to where nobody answers.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "kube/json.h"
#include "test/cluster/release.h"

namespace sluice::cluster_test {
namespace {

using std::chrono::seconds;

const std::string by_hand = "      autoPromotionEnabled: false\n";

Holds active_is(const std::string& version) {
  return [version](const Moment& m) { return m.selected("web-active") == version; };
}

// From the first selection on, the active Service leads to pods that are ready.
void active_always_serves(Release& r, std::int64_t since) {
  r.always(
      "the active Service leads to ready pods",
      [](const Moment& m) {
        const std::string active = m.selected("web-active");
        return active.empty() || m.ready(active) > 0;
      },
      since);
}

BOOST_AUTO_TEST_SUITE(stories)

SLUICE_STORY(ar_4750_a_second_bad_revision_leaves_the_active_service_where_it_is) {
  Release r(scene, blue_green(4, by_hand));
  co_await r.begin();
  const std::int64_t since = r.mark();
  co_await r.release("v2-does-not-exist");
  co_await r.until("the second version is asked for", [](const Moment& m) { return m.size("v2-does-not-exist") == 4; });
  co_await r.release("v3-does-not-exist");
  kube::ObjectKey active = key_in(scene, "web-active");
  co_await scene.admin.merge(kube::resources::services, std::move(active),
                             R"({"spec":{"selector":{"rollouts-pod-template-hash":null}}})");
  co_await r.until("another writer and an answer",
                   [&](const Moment&) { return r.writes("Service", "web-active", since) >= 2; });
  const std::int64_t stripped = r.first("the selector is stripped", active_is(""), since);
  co_await r.until("the third version is asked for", [](const Moment& m) { return m.size("v3-does-not-exist") == 4; });
  co_await r.until("the selector is back", active_is("v1"));
  r.always(
      "the active Service leads to v1, or to all where another writer stripped it",
      [](const Moment& m) { return m.selected("web-active") == "v1" || m.selected("web-active").empty(); }, since);
  const auto course = r.course([](const Moment& m) { return m.selected("web-active"); }, stripped - 1);
  const std::vector<std::string> expected{"", "v1"};
  expect(course == expected, fmt::format("the active Service led to {}", fmt::join(course, ", ")));
  r.always("v1 stays whole", [](const Moment& m) { return m.size("v1") == 4 && m.ready("v1") == 4; }, since);
}

SLUICE_STORY(obs_13_an_abort_after_the_switch_needs_no_whole_new_set) {
  Plan plan = blue_green(4,
                         "      scaleDownDelaySeconds: 600\n      abortScaleDownDelaySeconds: 600\n"
                         "      postPromotionAnalysis: {templates: [{templateName: gate}]}\n");
  plan.objects += job_template("gate", "sleep 12; exit 1");
  Release r(scene, std::move(plan));
  co_await r.begin();
  co_await r.release("v2");
  co_await r.until("the switch", active_is("v2"));
  const std::int64_t since = r.mark();
  co_await r.set_ready("v2", 2, false);
  co_await r.until("the active Service is back", active_is("v1"));
  co_await r.until_phase("Degraded");
  r.always(
      "both versions keep their pods",
      [](const Moment& m) { return m.size("v1") == 4 && m.ready("v1") == 4 && m.size("v2") == 4; }, since);
  expect(r.now().runs() == std::vector<std::string>{"Failed"}, r.now().summary());
}

SLUICE_STORY(ar_1992_a_delay_of_zero_ends_at_once_and_is_quiet) {
  Release r(scene, blue_green(2, "      scaleDownDelaySeconds: 0\n"));
  co_await r.begin();
  co_await r.release("v2");
  co_await r.until_promoted("v2");
  co_await r.until_size("v1", 0);
  co_await r.until_quiet();
  active_always_serves(r, 0);
}

SLUICE_STORY(ar_3304_a_return_inside_the_rollback_window_is_promoted) {
  Release r(scene, [] {
    Plan plan = blue_green(2, "      scaleDownDelaySeconds: 1\n");
    plan.spec = "  rollbackWindow: {revisions: 2}\n";
    return plan;
  }());
  co_await r.begin();
  for (const char* version : {"v2", "v3"}) {
    co_await r.release(version);
    co_await r.until_promoted(version);
  }
  co_await r.until_size("v2", 0);
  const std::int64_t since = r.mark();
  co_await r.release("v2");
  co_await r.until_promoted("v2");
  co_await r.until("the preview follows", [](const Moment& m) { return m.selected("web-preview") == "v2"; });
  r.always(
      "the active Service moves to a whole set", [](const Moment& m) { return m.ready(m.selected("web-active")) == 2; },
      since);
}

SLUICE_STORY(ar_3988_every_bad_revision_has_a_deadline_of_its_own) {
  Plan plan = blue_green(2, "");
  plan.spec = "  progressDeadlineSeconds: 5\n  progressDeadlineAbort: true\n";
  Release r(scene, std::move(plan));
  co_await r.begin();
  const std::int64_t since = r.mark();
  for (const char* version : {"v2-does-not-exist", "v3-does-not-exist", "v4-does-not-exist"}) {
    co_await r.release(version);
    const std::string name = version;
    Holds given_up = [name](const Moment& m) { return m.current() == name && m.is("Degraded") && m.is_aborted(); };
    co_await r.until(name + " is given up", std::move(given_up), seconds(60));
    Holds progressing = [name](const Moment& m) { return m.current() == name && m.is("Progressing"); };
    r.first(name + " is tried before", progressing, since);
  }
  r.always("the active Service leads to v1", active_is("v1"), since);
}

SLUICE_STORY(ar_2931_a_scale_event_while_the_preview_is_measured) {
  Plan plan = blue_green(4,
                         "      previewReplicaCount: 1\n"
                         "      prePromotionAnalysis: {templates: [{templateName: gate}]}\n");
  plan.objects += job_template("gate", "sleep 6");
  Release r(scene, std::move(plan));
  co_await r.begin();
  const std::int64_t since = r.mark();
  co_await r.release("v2");
  co_await r.until("the analysis runs",
                   [](const Moment& m) { return m.runs() == std::vector<std::string>{"Running"}; });
  co_await r.scale(6);
  co_await r.until_promoted("v2");
  r.always(
      "the preview has one pod until the verdict",
      [](const Moment& m) { return m.size("v2") <= 1 || m.runs() == std::vector<std::string>{"Successful"}; }, since);
  r.always(
      "the switch waits for six pods",
      [](const Moment& m) { return m.selected("web-active") != "v2" || m.ready("v2") == 6; }, since);
}

SLUICE_STORY(obs_14_a_retry_after_a_failed_gate_measures_anew) {
  Plan plan = blue_green(2, by_hand +
                                "      abortScaleDownDelaySeconds: 1\n"
                                "      prePromotionAnalysis: {templates: [{templateName: gate}]}\n");
  plan.objects += job_template("gate", "exit 1");
  Release r(scene, std::move(plan));
  co_await r.begin();
  co_await r.release("v2");
  co_await r.until_phase("Degraded");
  co_await r.until_size("v2", 0);
  const std::int64_t since = r.mark();
  co_await r.retry();
  co_await r.until("a second run fails",
                   [](const Moment& m) { return m.runs() == std::vector<std::string>{"Failed", "Failed"}; });
  r.first(
      "the second run waits for whole sets", [](const Moment& m) { return m.runs().size() == 2 && m.ready("v2") == 2; },
      since);
  r.always(
      "no run begins before the pods are ready",
      [](const Moment& m) { return m.runs().size() < 2 || !m.runs().back().empty() || m.ready("v2") == 2; }, since);
  r.always("the active Service leads to v1", active_is("v1"), since);
}

SLUICE_STORY(obs_18_a_fast_return_waits_for_its_last_pod_and_stays_fast) {
  Release r(scene, blue_green(4, by_hand + "      scaleDownDelaySeconds: 600\n"));
  co_await r.begin();
  co_await r.release("v2");
  co_await r.until_phase("Paused");
  co_await r.promote();
  co_await r.until_promoted("v2");
  co_await r.set_ready("v1", 1, false);
  co_await r.until("three old pods are ready", [](const Moment& m) { return m.ready("v1") == 3; });
  const std::int64_t since = r.mark();
  co_await r.release("v1");
  co_await r.until("v1 is asked for", [](const Moment& m) { return m.current() == "v1"; });
  co_await r.pass(seconds(2));
  co_await r.set_ready("v1", 1, true);
  co_await r.until_promoted("v1");
  r.always("nobody is asked", [](const Moment& m) { return m.phase() != "Paused"; }, since);
  r.always(
      "the switch waits for four pods",
      [](const Moment& m) { return m.selected("web-active") != "v1" || m.ready("v1") == 4; }, since);
}

SLUICE_STORY(irq_11_a_version_that_never_became_active_does_not_grow) {
  Release r(scene, blue_green(4, by_hand + "      previewReplicaCount: 1\n"));
  co_await r.begin();
  co_await r.release("v2");
  co_await r.until_phase("Paused");
  const std::int64_t since = r.mark();
  co_await r.release("v3");
  co_await r.until("the preview shows v3", [](const Moment& m) {
    return m.current() == "v3" && m.is("Paused") && m.selected("web-preview") == "v3";
  });
  r.always("v2 does not grow", [](const Moment& m) { return m.size("v2") <= 1; }, since);
  r.always("the active Service leads to v1", active_is("v1"), since);
}

SLUICE_STORY(irq_13_a_new_version_while_the_switched_one_is_measured) {
  Plan plan = blue_green(2,
                         "      scaleDownDelaySeconds: 600\n"
                         "      postPromotionAnalysis: {templates: [{templateName: gate}]}\n");
  plan.objects += job_template("gate", "sleep 8");
  Release r(scene, std::move(plan));
  co_await r.begin();
  co_await r.release("v2");
  co_await r.until("v2 is measured", [](const Moment& m) {
    return m.selected("web-active") == "v2" && m.runs() == std::vector<std::string>{"Running"};
  });
  const std::int64_t since = r.mark();
  co_await r.release("v3");
  co_await r.until_promoted("v3");
  active_always_serves(r, since);
  r.always(
      "v3 becomes stable by a verdict of its own",
      [](const Moment& m) { return m.stable() != "v3" || (m.runs().size() >= 2 && m.runs().back() == "Successful"); },
      since);
}

SLUICE_STORY(ar_4407_every_set_follows_the_size_of_the_rollout) {
  Release r(scene, blue_green(2, by_hand));
  co_await r.begin();
  co_await r.release("v2");
  co_await r.until_phase("Paused");
  for (const int replicas : {3, 1}) {
    co_await r.scale(replicas);
    co_await r.until_size("v1", replicas);
    co_await r.until_size("v2", replicas);
  }
  expect(r.now().is("Paused"), "scaling promoted: " + r.now().summary());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::cluster_test
