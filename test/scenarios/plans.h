// The fixtures of the named scenarios, by the names that they have there.
#pragma once

#include <string>

#include "test/simulation/router_manifests.h"
#include "test/simulation/story.h"

namespace sluice::simulation {

// "      steps: [{setWeight: 20}, {pause: {}}, ...]\n", a pause behind each weight.
std::string steps_with_pauses(const std::vector<int>& weights);
// `more` are lines of the strategy; with "steps:" among them they replace the usual ones.
Plan c10(const std::string& more = "", int replicas = 10);
Plan t10(const std::string& more = "", int replicas = 10);
Plan d10(const std::string& more = "", int replicas = 10);
Plan routed_by(const RouterManifests& router, const std::string& more = "", int replicas = 10);
Plan i10(const std::string& more = "", int replicas = 10);
Plan ih10(const std::string& more = "", int replicas = 10);
Plan b4(const std::string& more = "", int replicas = 4);
Plan b4m(const std::string& more = "", int replicas = 4);
extern const kube::Resource destination_rules, virtual_services;
// The same plan where the user knows that nobody reports what the proxies do, and says how long they take.
Plan with_propagation(Plan plan, int seconds);
// The version that the canary subset of the DestinationRule selects; "" for none.
std::string canary_subset(const Story& story);
// Lines of a canary: a background analysis that asks World::prometheus, by the template "watch".
extern const std::string watched;

// A gateway that says that it serves a route when all its proxies do, the first after `delay`, a second one `more`
// later.
sandbox::SandboxOptions honest_gateway(kube::Duration delay, kube::Duration more = kube::Duration(0));
// A router that follows so late and tells nothing.
sandbox::SandboxOptions slow_router(kube::Duration delay, kube::Duration more = kube::Duration(0));

}  // namespace sluice::simulation
