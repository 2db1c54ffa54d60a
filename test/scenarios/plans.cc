// Fixtures of the named scenarios.
#include "plans.h"

#include <fmt/format.h>

#include "kube/json.h"

namespace sluice::simulation {
namespace {

std::string with_steps(const std::string& more, const std::vector<int>& usual) {
  return more.find("steps:") == std::string::npos ? steps_with_pauses(usual) + more : more;
}

}  // namespace

const std::string watched = "      analysis: {templates: [{templateName: watch}]}\n";

const kube::Resource destination_rules{"networking.istio.io", "v1", "DestinationRule", "destinationrules"};
const kube::Resource virtual_services{"networking.istio.io", "v1", "VirtualService", "virtualservices"};

Plan with_propagation(Plan plan, int seconds) {
  plan.strategy = replaced(plan.strategy, "      trafficRouting:\n",
                           "      trafficRouting:\n        propagationDelaySeconds: " + std::to_string(seconds) + "\n");
  return plan;
}

std::string canary_subset(const Story& story) {
  const json::value rule = story.world.get(destination_rules, "web");
  if (const json::value* subsets = kube::find_at(rule, {"spec", "subsets"}))
    for (const json::value& subset : subsets->as_array())
      if (kube::text_at(subset, {"name"}) == "canary")
        return story.version_of(std::string(kube::text_at(subset, {"labels", "rollouts-pod-template-hash"})));
  return "";
}

std::string steps_with_pauses(const std::vector<int>& weights) {
  std::string steps;
  for (const int weight : weights)
    steps += fmt::format("{}{{setWeight: {}}}, {{pause: {{}}}}", steps.empty() ? "" : ", ", weight);
  return "      steps: [" + steps + "]\n";
}

Plan c10(const std::string& more, int replicas) {
  return {replicas, basic_canary_with(with_steps(more, {20, 50, 80})), ""};
}

Plan t10(const std::string& more, int replicas) {
  return {replicas, routed_canary_with(with_steps(more, {20, 50})), ""};
}

Plan d10(const std::string& more, int replicas) {
  return t10("      dynamicStableScale: true\n" + with_steps(more, {20, 50}), replicas);
}

Plan routed_by(const RouterManifests& router, const std::string& more, int replicas) {
  return {replicas, router.strategy + with_steps(more, {20, 50}), "", router.definitions + router.objects};
}

Plan i10(const std::string& more, int replicas) { return routed_by(istio_by_subsets_with_services(), more, replicas); }
Plan ih10(const std::string& more, int replicas) { return routed_by(istio_by_hosts(), more, replicas); }

Plan b4(const std::string& more, int replicas) { return {replicas, blue_green_with(more), ""}; }
Plan b4m(const std::string& more, int replicas) { return b4("      autoPromotionEnabled: false\n" + more, replicas); }

sandbox::SandboxOptions honest_gateway(kube::Duration delay, kube::Duration more) {
  sandbox::SandboxOptions options = slow_router(delay, more);
  options.workloads.reports_when_served = true;
  return options;
}

sandbox::SandboxOptions slow_router(kube::Duration delay, kube::Duration more) {
  sandbox::SandboxOptions options;
  options.workloads.route_serving_delay = delay;
  if (more.count() > 0) options.workloads.slower_proxies = {more};
  return options;
}

}  // namespace sluice::simulation
