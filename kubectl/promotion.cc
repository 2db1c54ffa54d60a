// The patches of a promotion.
#include "kubectl/promotion.h"

#include <algorithm>

#include <fmt/format.h>

namespace sluice::kubectl {
namespace {

int step_count(const crds::Rollout& rollout) {
  const auto& canary = rollout.spec->strategy.canary;
  return canary ? static_cast<int>(canary->steps.size()) : 0;
}

int next_step(const crds::Rollout& rollout) {
  return std::min(rollout.status.current_step_index.value_or(0) + 1, step_count(rollout));
}

// A person who goes on after an inconclusive analysis must also end the controller's pause: otherwise the analysis
// would be run again, or a pause that follows be skipped.
bool goes_on_after_inconclusive(const crds::Rollout& rollout) {
  const crds::RolloutStatus& status = rollout.status;
  const auto& run = status.canary.current_step_analysis_run_status;
  return run && run->status == "Inconclusive" && !status.pause_conditions.empty() && status.controller_pause;
}

std::string one_step(const crds::Rollout& rollout) {
  if (goes_on_after_inconclusive(rollout))
    return fmt::format(R"({{"status":{{"pauseConditions":null,"controllerPause":false,"currentStepIndex":{}}}}})",
                       next_step(rollout));
  if (!rollout.status.pause_conditions.empty()) return R"({"status":{"pauseConditions":null}})";
  if (step_count(rollout) == 0) return {};
  return fmt::format(R"({{"status":{{"pauseConditions":null,"currentStepIndex":{}}}}})", next_step(rollout));
}

}  // namespace

Promotion plan_promotion(const crds::Rollout& rollout, PromoteMode mode) {
  Promotion promotion;
  const bool skips = mode == PromoteMode::skip_current_step || mode == PromoteMode::skip_all_steps;
  if (skips && step_count(rollout) == 0) {
    promotion.refusal = rollout.spec->strategy.canary ? "cannot skip steps of a rollout without steps"
                                                      : "cannot skip steps of a bluegreen rollout";
    return promotion;
  }
  switch (mode) {
    case PromoteMode::skip_current_step:
      promotion.status = fmt::format(R"({{"status":{{"currentStepIndex":{}}}}})", next_step(rollout));
      return promotion;
    case PromoteMode::skip_all_steps:
      promotion.status = fmt::format(R"({{"status":{{"currentStepIndex":{}}}}})", step_count(rollout));
      return promotion;
    case PromoteMode::full:
      if (rollout.status.current_pod_hash != rollout.status.stable_rs)
        promotion.status = R"({"status":{"promoteFull":true}})";
      break;
    case PromoteMode::one_step:
      promotion.status = one_step(rollout);
      break;
  }
  if (rollout.spec->paused) promotion.spec = R"({"spec":{"paused":false}})";
  return promotion;
}

}  // namespace sluice::kubectl
