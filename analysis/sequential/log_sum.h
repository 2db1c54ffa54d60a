// Sums of e-values that are known by their logarithms.
#pragma once

#include <span>

namespace sluice::analysis::sequential {

// No evidence falls below this, so that a bet which has lost all can still be printed and summed. No verdict is near
// it.
inline constexpr double least_log_evidence = -700;

// ln of the sum of exp(x); the list has at least one entry. Never overflows.
double log_sum_exp(std::span<const double> logs);
// ln of their mean.
double log_mean_exp(std::span<const double> logs);

}  // namespace sluice::analysis::sequential
