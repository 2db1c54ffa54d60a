// Bets on the side that a block's errors are on.
#include "analysis/sequential/share_engine.h"

#include <algorithm>
#include <cmath>

#include "analysis/sequential/log_sum.h"

namespace sluice::analysis::sequential {
namespace {

constexpr std::array<double, 8> fail_stakes{.02, .05, .1, .2, .35, .5, .7, .9};
constexpr std::array<double, 5> pass_stakes{.1, .3, .5, .7, .95};

template <std::size_t n>
void bet(std::array<double, n>& evidence, const std::array<double, n>& stakes, double won) {
  for (std::size_t i = 0; i < n; ++i)
    evidence[i] = std::max(evidence[i] + std::log1p(stakes[i] * won), least_log_evidence);
}

}  // namespace

double winnings(const ShareFailTest& test, const Block& block) {
  const double factor = std::min(test.max_factor, block.baseline_total / (test.tolerance * block.canary_total));
  const double allowed = test.tolerance * block.baseline_bad / block.baseline_total + test.delta;
  const double seen = block.canary_bad / block.canary_total;
  if (seen == 0 && allowed == 0) return 0;
  return factor * (seen - allowed) / (seen + factor * allowed);
}

double pass_winnings(double effect, const Block& block) {
  const double bad = block.canary_bad + block.baseline_bad;
  if (bad == 0) return 0;
  const double weighted = effect * block.canary_total;
  const double expected = weighted / (weighted + block.baseline_total);
  return (expected - block.canary_bad / bad) / (1 - expected);
}

void add(ShareFailEvidence& evidence, const ShareFailTest& test, const Block& block) {
  bet(evidence, fail_stakes, winnings(test, block));
}

void add(SharePassEvidence& evidence, double effect, const Block& block) {
  bet(evidence, pass_stakes, pass_winnings(effect, block));
}

double log_evidence(const ShareFailEvidence& evidence) { return log_mean_exp(evidence); }
double log_evidence(const SharePassEvidence& evidence) { return log_mean_exp(evidence); }

}  // namespace sluice::analysis::sequential
