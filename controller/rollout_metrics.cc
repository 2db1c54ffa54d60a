// Series of one Rollout each.
#include "controller/rollout_metrics.h"

#include <algorithm>

namespace sluice::controller {
namespace {

std::string strategy_of(const crds::Rollout& rollout) {
  if (rollout.spec->strategy.blue_green) return "blueGreen";
  return rollout.spec->strategy.canary ? "canary" : "none";
}

std::string router_of(const crds::Rollout& rollout) {
  const auto& canary = rollout.spec->strategy.canary;
  if (!canary || !canary->traffic_routing) return "";
  return canary->traffic_routing->plugins.empty() ? "" : canary->traffic_routing->plugins.begin()->first;
}

void add_rollout(MetricFamilies& families, const crds::Rollout& rollout) {
  const MetricLabels labels{{"namespace", rollout.meta.ns}, {"name", rollout.meta.name}};
  MetricLabels info = labels;
  info.emplace_back("strategy", strategy_of(rollout));
  info.emplace_back("traffic_router", router_of(rollout));
  info.emplace_back("phase", info_phase(rollout.status));
  families.gauge("rollout_info", "Information about a rollout", info, 1);
  families.gauge("rollout_info_replicas_desired", "Replicas that a rollout asks for", labels,
                 rollout.spec->replicas.value_or(1));
  families.gauge("rollout_info_replicas_available", "Available replicas of a rollout", labels,
                 rollout.status.available_replicas);
  families.gauge("rollout_info_replicas_unavailable", "Replicas of a rollout that are not available", labels,
                 std::max(0, rollout.status.replicas - rollout.status.available_replicas));
  families.gauge("rollout_info_replicas_updated", "Replicas of a rollout that run the newest template", labels,
                 rollout.status.updated_replicas);
}

}  // namespace

void add_rollout_metrics(MetricFamilies& families, const Stores& stores) {
  stores.rollouts.for_each(
      [&](const kube::ObjectKey&, const crds::Rollout& rollout) { add_rollout(families, rollout); });
}

const std::vector<double>& reconcile_bounds() {
  static const std::vector<double> bounds{0.01, 0.15, 0.25, 0.5, 1};
  return bounds;
}

std::size_t reconcile_bucket(double seconds) {
  const std::vector<double>& bounds = reconcile_bounds();
  return static_cast<std::size_t>(std::lower_bound(bounds.begin(), bounds.end(), seconds) - bounds.begin());
}

std::string info_phase(const crds::RolloutStatus& status) {
  std::string phase = "Progressing";
  for (const crds::Condition& condition : status.conditions) {
    if (condition.type == "InvalidSpec") return "InvalidSpec";
    if (condition.type != "Progressing") continue;
    if (condition.reason == "NewReplicaSetAvailable") phase = "Completed";
    if (condition.reason == "RolloutPaused") phase = "Paused";
    if (condition.reason == "ProgressDeadlineExceeded") phase = "Timeout";
    if (condition.reason == "ReplicaSetCreateError") phase = "Error";
    if (condition.reason == "RolloutAborted") phase = "Abort";
  }
  return phase;
}

}  // namespace sluice::controller
