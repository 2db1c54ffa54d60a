// Evidence from the means of blocks: bets on the sign and size of a difference that is symmetric under the null.
#pragma once

#include <array>

namespace sluice::analysis::sequential {

// One bet per stake, the logarithm of its capital; all zero before the first bet.
using MeanBets = std::array<double, 7>;

// `won` is from -1 to 1, with expectation at most 0 under the null.
void add(MeanBets& bets, double won);
double log_evidence(const MeanBets& bets);

// The bets together with what scales the next difference. Exact when the difference is symmetric about a value of at
// most 0 given the past, as it is for arms of equal size; approximate for skewed data of unequal arms.
struct MeanEvidence {
  MeanBets bets{};
  double blocks = 0;       // differences seen since the scale was last forgotten
  double last = 0;         // difference
  double sum = 0;          // of differences
  double squares = 0;      // of differences
  double successions = 0;  // squares of successive differences

  bool operator==(const MeanEvidence&) const = default;
};

// Bets from the fourth difference on; the first three only give the scale.
void add_difference(MeanEvidence& evidence, double difference);
// Correlation of a difference with the one before it; 0 before the tenth.
double correlation(const MeanEvidence& evidence);
// Begins a new scale and keeps the bets: blocks have changed their length.
void forget_scale(MeanEvidence& evidence);

}  // namespace sluice::analysis::sequential
