// A bound of one rate by a grid of bets.
#include "analysis/sequential/rate_bound.h"

#include <cmath>

#include "analysis/sequential/log_sum.h"
#include "analysis/sequential/ratio_engine.h"

namespace sluice::analysis::sequential {

double log_evidence_below(double rate, double bad, double total, double phi) {
  std::array<double, 12> bets{};
  for (std::size_t i = 0; i < bets.size(); ++i)
    bets[i] = (bad * std::log(lower_ratios[i]) + rate * total * (1 - lower_ratios[i])) / phi;
  return log_mean_exp(bets);
}

double upper_rate(double bad, double total, double phi, double beta) {
  const double wanted = -std::log(beta);
  if (!(total > 0) || log_evidence_below(1, bad, total, phi) < wanted) return 1;
  double low = 0;
  double high = 1;
  for (int i = 0; i < 100 && high - low > 1e-15; ++i) {
    const double middle = (low + high) / 2;
    (log_evidence_below(middle, bad, total, phi) < wanted ? low : high) = middle;
  }
  return high;
}

}  // namespace sluice::analysis::sequential
