// The closed form of the ratio engine for a share that never changes: errors on the canary against a beta prior. Used
// to cross-check the engines and to plan; verdicts come from the grid, which follows a changing share.
#pragma once

namespace sluice::analysis::sequential {

struct BetaPrior {
  double a = 1;  // above 0
  double b = 1;  // above 0
};

// ln of the e-value for `on_canary` of `errors` errors when the null says that each is on the canary with probability
// at most `share` (0 < share < 1). The prior is cut to what lies above it. 0 <= on_canary <= errors.
double log_beta_evidence(double on_canary, double errors, double share, BetaPrior prior);

// ln of the upper regularised incomplete beta function at x (0 <= x < 1) with a, b above 0. Keeps its relative
// precision where the value itself would underflow.
double log_upper_beta(double x, double a, double b);

}  // namespace sluice::analysis::sequential
