// The stories of the core set. Each waits for states, never for moments, and acts as a person would.
#include "scenario.h"

namespace sluice::faults {
namespace {

using namespace simulation;
using std::chrono::seconds;

// Not std::string: the test cases are made from the scenarios before main().
constexpr const char* two_weights =
    "      steps: [{setWeight: 25}, {pause: {}}, {setWeight: 50}, {pause: {duration: 10s}}]\n";
constexpr const char* quick_retreat = "      scaleDownDelaySeconds: 5\n      abortScaleDownDelaySeconds: 5\n";
constexpr const char* fence = "      maxSurge: 1\n      maxUnavailable: 0\n";
constexpr const char* checked =
    "      steps: [{setWeight: 25}, {analysis: {templates: [{templateName: check}]}}, {setWeight: 50}]\n";

Plan routed(const std::string& more, const std::string& spec = "", int replicas = 4) {
  return {replicas, routed_canary_with(std::string(quick_retreat) + more), spec};
}
Plan basic(const std::string& more, const std::string& spec = "", int replicas = 4) {
  return {replicas, basic_canary_with(std::string(fence) + more), spec};
}
Plan blue_green(const std::string& more, const std::string& spec = "", int replicas = 2) {
  return {replicas, blue_green_with(std::string(quick_retreat) + more), spec};
}

bool is_current(const Story& story, const std::string& version) {
  const std::string hash = story.hash_of(version);
  return !hash.empty() && story.world.text(kube::resources::rollouts, "web", {"status", "currentPodHash"}) == hash;
}

// The pause of a step, reached by this version.
void until_paused(Story& story, const std::string& version, int step = -1) {
  need(story.world.until([&] {
    return story.world.is("web", "Paused") && is_current(story, version) && (step < 0 || story.step() == step);
  }),
       version + " is paused");
}

void until_stable(Story& story, const std::string& version) {
  need(story.until_stable(version), version + " is stable");
}

void until_degraded(Story& story, const std::string& version) {
  need(story.world.until([&] { return story.world.is("web", "Degraded") && is_current(story, version); }),
       version + " is degraded");
}

void promote_canary(Story& story) {
  story.release("v2");
  until_paused(story, "v2", 1);
  story.promote();
  until_stable(story, "v2");
}

void abort_at_half(Story& story) {
  story.release("v2");
  until_paused(story, "v2", 1);
  story.promote();
  need(story.until_step(3), "step 3");
  story.abort();
  until_degraded(story, "v2");
  need(story.until_size("v2", 0), "no pods of v2");
}

void abort_and_retry(Story& story) {
  story.release("v2");
  until_paused(story, "v2", 1);
  story.abort();
  until_degraded(story, "v2");
  need(story.until_size("v2", 0), "no pods of v2");
  story.retry();
  until_paused(story, "v2", 1);
  story.promote();
  until_stable(story, "v2");
}

void supersede(Story& story) {
  story.release("v2");
  until_paused(story, "v2", 1);
  story.promote();
  need(story.until_step(3), "step 3");
  story.release("v3");
  until_paused(story, "v3", 1);
  story.promote();
  until_stable(story, "v3");
}

void go_back(Story& story) {
  story.release("v2");
  until_paused(story, "v2", 1);
  story.release("v1");
  until_stable(story, "v1");
}

void roll_back_within_window(Story& story) {
  story.release("v2");
  until_stable(story, "v2");
  story.world.pass(seconds(40));
  story.release("v1");
  until_stable(story, "v1");
}

void scale_within_a_step(Story& story) {
  story.release("v2");
  until_paused(story, "v2", 1);
  story.scale(8);
  need(story.until_size("v2", 2), "two pods of v2");
  story.scale(2);
  need(story.until_size("v2", 1), "one pod of v2");
  story.promote();
  until_stable(story, "v2");
}

void release_and_fail(Story& story) {
  story.release("v2");
  until_degraded(story, "v2");
  need(story.until_size("v2", 0), "no pods of v2");
}

void release_and_succeed(Story& story) {
  story.release("v2");
  until_stable(story, "v2");
}

void promote_preview(Story& story) {
  story.release("v2");
  until_paused(story, "v2");
  story.promote();
  until_stable(story, "v2");
}

void abort_preview(Story& story) {
  story.release("v2");
  until_paused(story, "v2");
  story.abort();
  until_degraded(story, "v2");
  need(story.until_size("v2", 0), "no pods of v2");
}

void hold_and_go_on(Story& story) {
  story.release("v2");
  until_paused(story, "v2", 1);
  story.pause();
  story.promote();
  story.world.pass(seconds(30));
  need(story.step() <= 2 && story.stable() == "v1", "nothing moves while spec.paused is true");
  story.resume();
  until_stable(story, "v2");
}

void mend_a_wrong_edit(Story& story) {
  story.release("v2");
  until_paused(story, "v2", 1);
  const Plan good = story.plan();
  Plan wrong = good;
  const std::string from = "{setWeight: 50}";
  wrong.strategy.replace(wrong.strategy.find(from), from.size(), "{setWeight: 500}");
  story.change(wrong);
  story.world.pass(seconds(10));
  story.change(good);
  need(story.world.until([&] { return story.world.is("web", "Paused"); }), "paused again");
  story.promote();
  until_stable(story, "v2");
}

void promote_through_scales(Story& story) {
  story.release("v2");
  until_paused(story, "v2", 1);
  story.promote();
  until_paused(story, "v2", 3);
  story.promote();
  until_stable(story, "v2");
}

void never_starts(Story& story) {
  story.release("does-not-exist");
  until_degraded(story, "does-not-exist");
  need(story.until_size("does-not-exist", 0), "no pods of what does not exist");
  story.release("v3");
  until_paused(story, "v3", 1);
  story.promote();
  until_stable(story, "v3");
}

std::vector<Scenario> made() {
  const std::string passing_job = job_template("before", "exit 0");
  const std::string failing_job = job_template("before", "sleep 2; exit 1");
  const std::string background =
      "      analysis: {templates: [{templateName: check}]}\n"
      "      steps: [{setWeight: 25}, {pause: {duration: 5s}}, {setWeight: 50}, {pause: {duration: 5s}}]\n";
  return {
      {"canary-basic", basic(two_weights), "", "", promote_canary},
      {"canary-routed", routed(two_weights), "", "", promote_canary},
      {"canary-basic-abort", basic(two_weights), "", "", abort_at_half},
      {"canary-routed-abort", routed(two_weights), "", "", abort_at_half},
      {"canary-basic-retry", basic(two_weights), "", "", abort_and_retry},
      {"canary-routed-retry", routed(two_weights), "", "", abort_and_retry},
      {"canary-basic-superseded", basic(two_weights), "", "", supersede},
      {"canary-routed-superseded", routed(two_weights), "", "", supersede},
      {"canary-routed-undo", routed(two_weights), "", "", go_back},
      {"canary-routed-window",
       routed("      steps: [{setWeight: 50}, {pause: {duration: 5s}}]\n", "  rollbackWindow: {revisions: 2}\n"), "",
       "", roll_back_within_window},
      {"canary-routed-scaled", routed(two_weights), "", "", scale_within_a_step},
      {"canary-basic-held", basic(two_weights), "", "", hold_and_go_on},
      {"canary-routed-held", routed(two_weights), "", "", hold_and_go_on},
      {"canary-routed-wrong-edit", routed(two_weights), "", "", mend_a_wrong_edit},
      {"canary-routed-scales",
       routed("      steps: [{setCanaryScale: {replicas: 2}}, {pause: {}}, {setWeight: 10}, {pause: {}},\n"
              "              {setCanaryScale: {matchTrafficWeight: true}}, {setWeight: 50}]\n"),
       "", "", promote_through_scales},
      {"canary-routed-deadline", routed(two_weights, "  progressDeadlineSeconds: 30\n  progressDeadlineAbort: true\n"),
       "", "", never_starts},
      {"canary-routed-analysis", routed(checked), prometheus_template("check", 2), "0.99", release_and_succeed},
      {"canary-routed-analysis-fails", routed(checked), prometheus_template("check", 2), "0.5", release_and_fail},
      {"canary-routed-background", routed(background), prometheus_template("check", 0), "0.99", release_and_succeed},
      {"blue-green", blue_green(""), "", "", release_and_succeed},
      {"blue-green-preview", blue_green("      autoPromotionEnabled: false\n      previewReplicaCount: 1\n"), "", "",
       promote_preview},
      {"blue-green-abort", blue_green("      autoPromotionEnabled: false\n"), "", "", abort_preview},
      {"blue-green-analysis",
       blue_green("      prePromotionAnalysis: {templates: [{templateName: before}]}\n"
                  "      postPromotionAnalysis: {templates: [{templateName: check}]}\n"),
       passing_job + prometheus_template("check", 2), "0.99", release_and_succeed},
      {"blue-green-analysis-fails", blue_green("      prePromotionAnalysis: {templates: [{templateName: before}]}\n"),
       failing_job, "", release_and_fail},
      {"blue-green-post-fails", blue_green("      postPromotionAnalysis: {templates: [{templateName: check}]}\n"),
       prometheus_template("check", 1), "0.5", release_and_fail},
  };
}

}  // namespace

const std::vector<Scenario>& core_scenarios() {
  static const std::vector<Scenario> all = made();
  return all;
}

void need(bool came, const std::string& what) {
  if (!came) throw StoryStopped("the story does not go on: it waits for \"" + what + "\"");
}

}  // namespace sluice::faults
