// Blue/green on a real cluster: the example that users have, with the Job that always fails.
#include <algorithm>

#include <boost/json/object.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "test/cluster/expect.h"
#include "test/cluster/journal.h"
#include "test/cluster/rollout_words.h"
#include "test/cluster/stories.h"

namespace sluice::cluster_test {
namespace {

using kube::find_at;
using kube::text_at;
namespace resources = kube::resources;

BOOST_AUTO_TEST_SUITE(stories)

// As a user applies it: what the kinds do not know is dropped, as `kubectl apply` without strict checking does.
net::awaitable<void> apply_the_example(Scene scene) {
  co_await scene.admin.apply_file("examples/blue-green/analysis-template.yaml", scene.ns);
  for (json::value& object : documents_of_file("examples/blue-green/rollout.yaml"))
    co_await scene.admin.create(std::move(object), scene.ns);
}

SLUICE_STORY(blue_green_never_switches_to_a_version_whose_job_fails) {
  const std::string name = "rollout-bluegreen";
  const std::string active = "rollout-bluegreen-active";
  co_await apply_the_example(scene);
  const json::value first = co_await until(scene, name, healthy_with_image("argoproj/rollouts-demo:green"));
  const std::string stable(text_at(first, {"status", "stableRS"}));
  expect(!stable.empty(), "the first version is not the stable one");
  const std::string selected = co_await selected_by(scene, active);
  expect(selected == stable, "the active Service selects " + selected + ", not " + stable);
  const Journal services(scene, resources::services);

  co_await set_image(scene, name, "argoproj/rollouts-demo:blue");
  const json::value after = co_await until(scene, name, aborted());
  const std::string next(text_at(after, {"status", "currentPodHash"}));
  expect(next != stable && text_at(after, {"status", "stableRS"}) == stable, "the new version became stable");

  const auto selectors = services.values(active, [](const json::value& s) {
    return std::string(text_at(s, {"spec", "selector", "rollouts-pod-template-hash"}));
  });
  expect(selectors == std::vector{stable}, fmt::format("the active Service selected {}", fmt::join(selectors, ", ")));
  const int serving = co_await ready_pods(scene, stable);
  expect(serving == 2, fmt::format("{} of 2 stable pods serve", serving));

  const auto runs = co_await analysis_runs_in(scene);
  expect(runs.size() == 1 && text_at(runs.at(0), {"status", "phase"}) == "Failed", "the analysis run did not fail");
  const auto jobs = co_await scene.admin.list(resources::jobs, scene.ns, "");
  for (const json::value& job : jobs)
    expect(text_at(*find_at(job, {"metadata", "ownerReferences"})->as_array().data(), {"kind"}) == "AnalysisRun",
           "a Job belongs to nobody");
  co_await until_event(scene, name, "RolloutAborted");

  std::vector<std::string> get{"get", "rollout", name};
  const std::string shown = co_await plugin(scene, std::move(get));
  for (const char* part : {"Degraded", "RolloutAborted", "revision:2", "preview", "active", "Failed"})
    expect(shown.find(part) != std::string::npos, fmt::format("get rollout does not show {}: {}", part, shown));
  std::vector<std::string> status{"status", name, "--timeout=5s"};
  const std::string ended = co_await plugin(scene, std::move(status), 1);
  expect(ended.find("Degraded") != std::string::npos, "status does not say Degraded: " + ended);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::cluster_test
