// The controller dies at each of its writes, before and after the write reaches the server, and the next one brings the
// story to the same end; the oracle is on all the time.
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "kube/json.h"
#include "manifests.h"
#include "story.h"
#include "world.h"

namespace sluice::simulation {
namespace {

namespace resources = kube::resources;
using std::chrono::seconds;

std::string text(const json::value& object, std::initializer_list<std::string_view> path) {
  return std::string(kube::text_at(object, path));
}

std::string image_of(const json::value& set) {
  return text(kube::find_at(set, {"spec", "template", "spec", "containers"})->as_array().at(0), {"image"});
}

// One story of the demo, from nothing to its end.
struct Tale {
  std::string rollout;
  std::string first, second;  // manifests
  std::string phase;          // at the end
  std::string success_rate;   // what Prometheus answers about the second version
};

// Everything that has to be the same whatever happened on the way: no uids, versions, hashes and times.
std::string end_state(const World& world, const std::string& name) {
  std::map<std::string, std::string> images;  // by hash
  for (const json::value& set : world.list(resources::replica_sets))
    images[text(set, {"metadata", "labels", "rollouts-pod-template-hash"})] = image_of(set);
  const json::value rollout = world.get(resources::rollouts, name);
  std::string state = fmt::format(
      "phase {} {}, stable {}, current {}, step {}, abort {}, promoteFull {}, revision {}\n", world.phase(name),
      world.message(name), images[world.stable(name)], images[text(rollout, {"status", "currentPodHash"})],
      kube::number_at(rollout, {"status", "currentStepIndex"}, -1),
      kube::find_at(rollout, {"status", "abort"}) != nullptr,
      kube::find_at(rollout, {"status", "promoteFull"}) != nullptr,
      text(rollout, {"metadata", "annotations", "rollout.argoproj.io/revision"}));
  std::set<std::string> lines;
  for (const json::value& condition : kube::find_at(rollout, {"status", "conditions"})->as_array())
    lines.insert(fmt::format("condition {} {} {}\n", text(condition, {"type"}), text(condition, {"status"}),
                             text(condition, {"reason"})));
  for (const json::value& set : world.list(resources::replica_sets))
    lines.insert(fmt::format("set {} wants {}, {} ready, revision {}\n", image_of(set),
                             kube::number_at(set, {"spec", "replicas"}),
                             kube::number_at(set, {"status", "readyReplicas"}),
                             text(set, {"metadata", "annotations", "rollout.argoproj.io/revision"})));
  for (const json::value& service : world.list(resources::services))
    lines.insert(fmt::format("service {} selects {}\n", text(service, {"metadata", "name"}),
                             images[text(service, {"spec", "selector", "rollouts-pod-template-hash"})]));
  for (const json::value& route : world.list(resources::http_routes))
    lines.insert("route " + json::serialize(*kube::find_at(route, {"spec", "rules"})) + "\n");
  std::multiset<std::string> runs;
  for (const json::value& run : world.list(resources::analysis_runs)) runs.insert(text(run, {"status", "phase"}));
  for (const std::string& line : lines) state += line;
  state += "runs:";
  for (const std::string& phase : runs) state += " " + phase;
  return state;
}

struct Outcome {
  std::string end;
  int writes = 0;  // of the first life
  bool is_clean = true;
};

// `write` 0 means no crash.
Outcome tell(const Tale& tale, int write, CrashPoint point) {
  World world;
  world.prometheus = [&](const kube::HttpRequest&) { return prometheus_says(tale.success_rate); };
  world.apply(tale.first);
  world.start();
  if (write > 0) world.controllers().transport().crash_at(write, point);
  Outcome outcome;
  outcome.is_clean = world.until([&] { return world.is(tale.rollout, "Healthy"); });
  const std::string first = world.stable(tale.rollout);
  world.apply(tale.second);
  outcome.is_clean &= world.until([&] {
    return world.is(tale.rollout, tale.phase) &&
           text(world.get(resources::rollouts, tale.rollout), {"status", "currentPodHash"}) != first;
  });
  const int before = static_cast<int>(world.controllers().transport().writes().size());
  world.come_to_rest(seconds(32));
  const int after = static_cast<int>(world.controllers().transport().writes().size());
  outcome.writes = std::max(before, after);
  outcome.end = end_state(world, tale.rollout);
  outcome.is_clean &= world.oracle().violated().empty();
  return outcome;
}

void crash_everywhere(const Tale& tale) {
  const Outcome calm = tell(tale, 0, CrashPoint::before_write);
  BOOST_REQUIRE(calm.is_clean);
  BOOST_REQUIRE(calm.writes >= 15);
  int plans = 0;
  for (int write = 1; write <= calm.writes; ++write)
    for (const CrashPoint point : {CrashPoint::before_write, CrashPoint::after_write}) {
      BOOST_TEST_CONTEXT("crash " << (point == CrashPoint::before_write ? "before" : "after") << " write " << write) {
        const Outcome outcome = tell(tale, write, point);
        ++plans;
        BOOST_TEST(outcome.is_clean);
        BOOST_TEST(outcome.end == calm.end);
      }
    }
  BOOST_TEST_MESSAGE(tale.rollout << ": " << calm.writes << " writes, " << plans << " plans; ends with\n" << calm.end);
}

std::string shop() {
  std::string yaml;
  for (const char* file : {"rollout", "services", "route", "analysis-template"})
    yaml += example("canary-prometheus/" + std::string(file) + ".yaml") + "\n---\n";
  return with_graceful_pods(yaml);
}

// The calm story and every plan end with the same lines, so these tests say which ones.
void expect_line(const Tale& tale, const std::string& line) {
  const Outcome calm = tell(tale, 0, CrashPoint::before_write);
  BOOST_TEST(calm.end.find(line) != std::string::npos, "no \"" << line << "\" in\n" << calm.end);
}

BOOST_AUTO_TEST_SUITE(crash)

BOOST_AUTO_TEST_CASE(a_good_canary_gated_by_prometheus) {
  const Tale tale{"shop", shop(), replaced(shop(), "example/shop:v1", "example/shop:v2"), "Healthy", "0.99"};
  expect_line(tale, "stable example/shop:v2");
  expect_line(tale, "runs: Successful Successful");
  crash_everywhere(tale);
}

BOOST_AUTO_TEST_CASE(a_bad_canary_is_rolled_back) {
  const Tale tale{"shop", shop(), replaced(shop(), "example/shop:v1", "example/shop:v2"), "Degraded", "0.5"};
  expect_line(tale, "stable example/shop:v1, current example/shop:v2");
  expect_line(tale, "runs: Failed");
  crash_everywhere(tale);
}

BOOST_AUTO_TEST_CASE(the_seeds_blue_green_with_its_failing_job) {
  const std::string yaml =
      with_graceful_pods(example("blue-green/rollout.yaml")) + "\n---\n" + example("blue-green/analysis-template.yaml");
  const Tale tale{"rollout-bluegreen", yaml, replaced(yaml, "rollouts-demo:green", "rollouts-demo:blue"), "Degraded",
                  ""};
  expect_line(tale, "service rollout-bluegreen-active selects argoproj/rollouts-demo:green");
  expect_line(tale, "runs: Failed");
  crash_everywhere(tale);
}

// Analyses before and after the promotion: by Prometheus the one, by a Job the other.
std::pair<std::string, std::string> blue_green_between_gates(const std::string& after) {
  const Story words({2,
                     blue_green_with("      scaleDownDelaySeconds: 5\n"
                                     "      prePromotionAnalysis: {templates: [{templateName: before}]}\n"
                                     "      postPromotionAnalysis: {templates: [{templateName: after}]}\n"),
                     ""});
  return {Story::service("web-active") + Story::service("web-preview") + prometheus_template("before", 3) +
              job_template("after", after) + words.yaml("v1"),
          words.yaml("v2")};
}

BOOST_AUTO_TEST_CASE(a_blue_green_update_between_two_good_gates) {
  const auto [first, second] = blue_green_between_gates("sleep 2; exit 0");
  const Tale tale{"web", first, second, "Healthy", "0.99"};
  expect_line(tale, "service web-active selects example/web:v2");
  expect_line(tale, "runs: Successful Successful");
  crash_everywhere(tale);
}

BOOST_AUTO_TEST_CASE(a_blue_green_update_whose_second_gate_fails) {
  const auto [first, second] = blue_green_between_gates("sleep 2; exit 1");
  const Tale tale{"web", first, second, "Degraded", "0.99"};
  expect_line(tale, "service web-active selects example/web:v1");
  expect_line(tale, "runs: Failed Successful");
  crash_everywhere(tale);
}

BOOST_AUTO_TEST_CASE(a_canary_with_a_step_and_a_background_analysis) {
  const Story words({2,
                     routed_canary_with("      scaleDownDelaySeconds: 5\n"
                                        "      analysis: {templates: [{templateName: watch}]}\n"
                                        "      steps: [{setWeight: 50}, {analysis: {templates: [{templateName: "
                                        "check}]}}]\n"),
                     ""});
  const std::string first = Story::service("web-stable") + Story::service("web-canary") + Story::route() +
                            prometheus_template("watch", 0) + job_template("check", "sleep 3; exit 0") +
                            words.yaml("v1");
  const Tale tale{"web", first, words.yaml("v2"), "Healthy", "0.99"};
  expect_line(tale, "stable example/web:v2");
  expect_line(tale, "runs: Successful Successful");
  crash_everywhere(tale);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::simulation
