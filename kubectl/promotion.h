// What `promote` writes, decided from the Rollout alone.
#pragma once

#include <optional>
#include <string>

#include "crds/rollout.h"

namespace sluice::kubectl {

enum class PromoteMode { one_step, full, skip_current_step, skip_all_steps };

// Merge patches; "" when nothing is to be written there. The status goes first.
struct Promotion {
  std::string status;
  std::string spec;
  std::string refusal;  // why it cannot be done; "" when it can
};

Promotion plan_promotion(const crds::Rollout& rollout, PromoteMode mode);

}  // namespace sluice::kubectl
