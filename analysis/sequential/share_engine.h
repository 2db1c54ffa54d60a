// Evidence from the canary's share of each block's errors: needs no law of errors, only arms that are exchangeable
// within a block, and blocks longer than a burst.
#pragma once

#include <array>

#include "analysis/sequential/block.h"

namespace sluice::analysis::sequential {

// Stakes that are bet side by side, each the logarithm of its capital; all zero before the first block.
using ShareFailEvidence = std::array<double, 8>;
using SharePassEvidence = std::array<double, 5>;

struct ShareFailTest {
  double tolerance = 1.25;  // ratio of the bad rates that is harmless; above 0
  double delta = 0;         // bad rate that is harmless beside it; at least 0
  double max_factor = 9;    // no block counts for more: the least of the setting and of pods per arm; at least 0
};

// What one block wins per stake, from -1 to max_factor; its expectation is at most 0 when the canary is harmless.
double winnings(const ShareFailTest& test, const Block& block);
// The same for the null that the canary is worse by `effect`; 0 when nobody had an error.
double pass_winnings(double effect, const Block& block);

void add(ShareFailEvidence& evidence, const ShareFailTest& test, const Block& block);
void add(SharePassEvidence& evidence, double effect, const Block& block);
double log_evidence(const ShareFailEvidence& evidence);
double log_evidence(const SharePassEvidence& evidence);

}  // namespace sluice::analysis::sequential
