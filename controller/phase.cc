// The phase of a Rollout in one word, and the sentence beside it.
#include "controller/phase.h"

namespace sluice::controller {
namespace {

bool is_asked_for(const crds::Seldom<crds::RolloutAnalysis>& analysis) {
  return analysis && !analysis->templates.empty();
}

bool is_completed(const crds::BlueGreenStatus& status) {
  if (!status.post_promotion_analysis_run_status) return false;
  const crds::Word& phase = status.post_promotion_analysis_run_status->status;
  return phase == "Successful" || phase == "Failed" || phase == "Error" || phase == "Inconclusive";
}

std::string what_progresses(const crds::RolloutSpec& spec, const crds::RolloutStatus& status, int replicas,
                            kube::Time now) {
  if (spec.restart_at && spec.restart_at != status.restarted_at && *spec.restart_at <= now)
    return "rollout is restarting";
  if (status.updated_replicas < replicas) return "more replicas need to be updated";
  if (status.available_replicas < status.updated_replicas) return "updated replicas are still becoming available";
  const bool is_promoted = !status.stable_rs.empty() && status.stable_rs == status.current_pod_hash;
  if (spec.strategy.blue_green) {
    const crds::BlueGreenStatus& services = status.blue_green;
    if (services.active_selector.empty() || services.active_selector != status.current_pod_hash)
      return "active service cutover pending";
    if (is_promoted) return "";
    if (is_asked_for(spec.strategy.blue_green->post_promotion_analysis) && !is_completed(services))
      return "waiting for analysis to complete";
    return "waiting for post-promotion verification to complete";
  }
  const bool is_routed = spec.strategy.canary && spec.strategy.canary->traffic_routing;
  if (!is_routed && status.replicas > status.updated_replicas) return "old replicas are pending termination";
  return is_promoted ? "" : "waiting for all steps to complete";
}

}  // namespace

PhaseAndMessage phase_of(const crds::RolloutSpec& spec, const crds::RolloutStatus& status, int replicas,
                         kube::Time now) {
  for (const crds::Condition& condition : status.conditions) {
    if (condition.type == "InvalidSpec") return {"Degraded", "InvalidSpec: " + condition.message.text()};
    if (condition.reason == "RolloutAborted" || condition.reason == "ProgressDeadlineExceeded")
      return {"Degraded", condition.reason.text() + ": " + condition.message.text()};
  }
  if (spec.paused) return {"Paused", "manually paused"};
  if (!status.pause_conditions.empty()) return {"Paused", status.pause_conditions.front().reason.text()};
  std::string waits_for = what_progresses(spec, status, replicas, now);
  if (!waits_for.empty()) return {"Progressing", std::move(waits_for)};
  return {"Healthy", ""};
}

}  // namespace sluice::controller
