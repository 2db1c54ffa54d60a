// What a Rollout's spec refers to: the names, and the mistakes in what stands behind them.
#pragma once

#include "controller/draft.h"

namespace sluice::controller {

// Services that are missing, belong to another Rollout or select other pods; templates that are missing, cannot be
// composed, or whose arguments do not resolve.
kube::Mistakes mistakes_in_references(const Draft& draft);

}  // namespace sluice::controller
