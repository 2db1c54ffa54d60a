// Bets on differences of means.
#include "analysis/sequential/mean_engine.h"

#include <algorithm>
#include <cmath>

#include "analysis/sequential/log_sum.h"

namespace sluice::analysis::sequential {
namespace {

constexpr std::array<double, 7> stakes{.05, .1, .2, .3, .5, .7, .9};
constexpr double blocks_for_scale = 3;
constexpr double blocks_for_correlation = 10;

}  // namespace

void add(MeanBets& bets, double won) {
  for (std::size_t i = 0; i < bets.size(); ++i)
    bets[i] = std::max(bets[i] + std::log1p(stakes[i] * won), least_log_evidence);
}

double log_evidence(const MeanBets& bets) { return log_mean_exp(bets); }

void add_difference(MeanEvidence& evidence, double difference) {
  if (evidence.blocks >= blocks_for_scale) {
    const double scale = std::sqrt(evidence.successions / (evidence.blocks - 1) / 2);
    if (scale > 0)
      add(evidence.bets, std::clamp(difference / (3 * scale), -1.0, 1.0));
    else if (difference != 0)
      add(evidence.bets, difference > 0 ? 1 : -1);
  }
  if (evidence.blocks > 0) evidence.successions += (difference - evidence.last) * (difference - evidence.last);
  evidence.last = difference;
  evidence.sum += difference;
  evidence.squares += difference * difference;
  ++evidence.blocks;
}

double correlation(const MeanEvidence& evidence) {
  if (evidence.blocks < blocks_for_correlation) return 0;
  const double mean = evidence.sum / evidence.blocks;
  const double variance = evidence.squares / evidence.blocks - mean * mean;
  if (!(variance > 0)) return 0;
  return 1 - evidence.successions / (evidence.blocks - 1) / 2 / variance;
}

void forget_scale(MeanEvidence& evidence) {
  const MeanBets bets = evidence.bets;
  evidence = MeanEvidence();
  evidence.bets = bets;
}

}  // namespace sluice::analysis::sequential
