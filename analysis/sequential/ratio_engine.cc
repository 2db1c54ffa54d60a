// Bets on a grid of ratios.
#include "analysis/sequential/ratio_engine.h"

#include <cmath>

#include "analysis/sequential/log_sum.h"

namespace sluice::analysis::sequential {
namespace {

constexpr std::array<double, 12> higher_ratios{1.15, 1.3, 1.5, 1.75, 2, 2.5, 3, 4, 6, 10, 20, 50};

}  // namespace

const std::array<double, 12> lower_ratios{.9, .8, .7, .6, .5, .4, .3, .2, .1, .03, .01, .001};

void add(RatioEvidence& evidence, const RatioTest& test, const Block& block) {
  const std::array<double, 12>& grid = test.side == Side::fail ? higher_ratios : lower_ratios;
  const double exposure = block.canary_total / block.baseline_total;
  for (std::size_t i = 0; i < grid.size(); ++i) {
    // Differences first: the ratios of a and b to 1 are lost when they are computed from the quotients.
    const double ratio = grid[i] * test.ratio;
    const double excess = (ratio - test.ratio) / (test.ratio * (1 + ratio * exposure));  // a - 1
    const double log_a = std::log1p(excess);
    const double log_b = -std::log1p((ratio - test.ratio) * exposure / (1 + test.ratio * exposure));
    const double gain = block.canary_bad * log_a + block.baseline_bad * log_b;
    const double price = test.delta * block.canary_total * excess;
    evidence[i] += (gain - price) / test.phi;
  }
}

double log_evidence(const RatioEvidence& evidence) { return log_mean_exp(evidence); }

}  // namespace sluice::analysis::sequential
