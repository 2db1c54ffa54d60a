// How bad a rate may be, from its own counts alone: a bound that holds at every look at once.
#pragma once

namespace sluice::analysis::sequential {

// ln of the evidence that the bad rate is below `rate`, after `bad` of `total` requests; `phi` as in RatioTest. Grows
// with `rate`. All at least 0, phi at least 1.
double log_evidence_below(double rate, double bad, double total, double phi);

// The smallest rate that is excluded from above: with probability 1 - beta the true rate stays below it at every look.
// 1 when there were no requests. 0 < beta < 1.
double upper_rate(double bad, double total, double phi, double beta);

}  // namespace sluice::analysis::sequential
