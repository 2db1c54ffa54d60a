// Sums of e-values that are known by their logarithms.
#include "analysis/sequential/log_sum.h"

#include <algorithm>
#include <cmath>

namespace sluice::analysis::sequential {

double log_sum_exp(std::span<const double> logs) {
  const double largest = *std::max_element(logs.begin(), logs.end());
  double sum = 0;
  for (const double log : logs) sum += std::exp(log - largest);
  return largest + std::log(sum);
}

double log_mean_exp(std::span<const double> logs) {
  return log_sum_exp(logs) - std::log(static_cast<double>(logs.size()));
}

}  // namespace sluice::analysis::sequential
