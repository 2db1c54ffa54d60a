// How soon a comparison will have an answer: what can be said before it begins.
#pragma once

#include "analysis/sequential/block.h"

namespace sluice::analysis::sequential {

// One block of the traffic that is expected, and what is asked of it.
struct Plan {
  double canary_requests = 0;    // per block; above 0
  double baseline_requests = 0;  // per block; above 0
  double base_rate = 0;          // bad requests of the stable version, as a fraction; above 0
  double true_ratio = 1;         // canary bad rate over the stable one
  bool clustered = true;         // the share engine; else the ratio engine
  double tolerance = 1.25;
  double effect = 2;
  double delta = 0;
  double max_factor = 9;
  double phi = 1;
  double level = .01;  // alpha for the fail side, beta for the pass side
};

struct Power {
  double typical_blocks = 0;  // infinity when the evidence does not grow
  Plan plan;
  Side side = Side::fail;
  // The chance of a verdict within so many blocks; optimistic by up to 11 points near one half, because blocks are
  // discrete. Errors that come in bursts lower it further.
  double probability_within(double blocks) const;
};

// The fail side answers when a canary that is worse by `true_ratio` is caught; the pass side when one is let through.
Power power_of(Side side, const Plan& plan);

// Blocks until the probability reaches `wanted` (0 < wanted < 1); infinity when it does not within a million blocks.
double blocks_for(const Power& power, double wanted);

// The smallest ratio that is caught within so many blocks with this probability; infinity when not even 1000 is.
double ratio_caught(const Plan& plan, double blocks, double wanted);

}  // namespace sluice::analysis::sequential
