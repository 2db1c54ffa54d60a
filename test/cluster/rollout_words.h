// What stories wait for and look at: rollouts in words, Services, routes, and the plugin.
#pragma once

#include <string>
#include <vector>

#include <boost/json/value.hpp>

#include "kube/subprocess.h"
#include "test/cluster/admin.h"
#include "test/cluster/stories.h"

namespace sluice::cluster_test {

// Conditions of a Rollout; each holds only for a status that belongs to the present spec.
Condition phase_is(const std::string& phase);
Condition healthy_with_image(const std::string& image);
// Paused at this step.
Condition paused_at(int step);
// At this step, paused or not.
Condition at_step(int step);
Condition aborted();

// An object of the story's namespace.
kube::ObjectKey key_in(const Scene& scene, std::string name);

// Waits until a Rollout of the story's namespace meets the condition.
net::awaitable<json::value> until(Scene scene, std::string rollout, Condition condition);
net::awaitable<json::value> rollout_in(Scene scene, std::string name);
net::awaitable<void> set_image(Scene scene, std::string rollout, std::string image);
// The hash that a Service selects; "" for none.
net::awaitable<std::string> selected_by(Scene scene, std::string service);
// Pods of one template that are ready and stay.
net::awaitable<int> ready_pods(Scene scene, std::string hash);
// The analysis runs of a story, oldest first.
net::awaitable<std::vector<json::value>> analysis_runs_in(Scene scene);
// Waits until the events about an object hold this reason.
net::awaitable<void> until_event(Scene scene, std::string object, std::string reason);

// Runs kubectl-argo-rollouts as a user would, in the story's namespace; throws Unmet unless it ends with `exit_code`.
net::awaitable<std::string> plugin(Scene scene, std::vector<std::string> words, int exit_code = 0);

// The documents of a file with one change of a text, for names and addresses that a test must choose.
std::vector<json::value> documents_of_file_with(const std::string& file, const std::string& from,
                                                const std::string& to);

}  // namespace sluice::cluster_test
