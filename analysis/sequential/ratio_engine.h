// Evidence about the ratio of two bad rates when requests go wrong one by one: a Poisson e-process on a grid of ratios.
//
// Under the null a block multiplies the evidence by a factor whose expectation is at most 1, whatever the base rate,
// its drift, the exposure of each block and the number of looks. Errors that come in clusters of at most `phi` in one
// arm keep that promise; larger clusters break it.
#pragma once

#include <array>

#include "analysis/sequential/block.h"

namespace sluice::analysis::sequential {

struct RatioTest {
  Side side = Side::fail;
  double ratio = 1;  // the tolerated one for fail, the one that may not be missed for pass; above 0
  double delta = 0;  // bad rate added to the baseline's by the null; at least 0
  double phi = 1;    // errors that come together; at least 1
};

// One bet per ratio of the grid, as the logarithm of its capital; all zero before the first block. Not bounded below:
// it stays exact for 1e9 requests a block.
using RatioEvidence = std::array<double, 12>;

void add(RatioEvidence& evidence, const RatioTest& test, const Block& block);
// ln of the e-value: at least ln(1/alpha) with probability at most alpha under the null, however often it is asked.
double log_evidence(const RatioEvidence& evidence);

// The grid of the pass side: ratios below the one that may not be missed.
extern const std::array<double, 12> lower_ratios;

}  // namespace sluice::analysis::sequential
