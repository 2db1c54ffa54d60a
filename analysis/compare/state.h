// What a comparison has learnt so far, and how it is kept in the status of its run.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analysis/compare/settings.h"
#include "analysis/sequential/block.h"
#include "analysis/sequential/mean_engine.h"
#include "analysis/sequential/ratio_engine.h"
#include "analysis/sequential/share_engine.h"
#include "kube/result.h"

namespace sluice::analysis::compare {

// The evidence about one rate: the only one of errorRate, one per boundary of latency. What the settings do not use
// stays zero; of a mean only the totals are used.
struct Strand {
  sequential::ShareFailEvidence share_fail{};
  sequential::RatioEvidence ratio_fail{};
  sequential::SharePassEvidence share_pass{};
  sequential::RatioEvidence ratio_pass{};
  sequential::Block totals;  // of all blocks that counted
  bool operator==(const Strand&) const = default;
};

struct State {
  kube::Time until{};                      // end of the last window that was evaluated; the epoch before the first
  std::optional<kube::Time> canary_since;  // the canary has had traffic since then at the latest
  std::int64_t blocks = 0;                 // that counted
  std::int64_t skipped = 0;                // looks lost and windows that were passed over
  std::int64_t errors = 0;                 // lost looks in a row
  std::int64_t moved = 0;                  // windows in a row that were dropped because the share moved
  bool passed = false;                     // and the comparison goes on, to catch a failure
  std::int64_t stretch = 1;                // mean only: blocks are this many times as long
  double last_canary = 0;                  // requests of the last window, to see the share move
  double last_baseline = 0;
  kube::Time worst{};  // end of the block that spoke loudest against the canary
  double worst_winnings = 0;
  double worst_canary_bad = 0;
  double worst_baseline_bad = 0;
  std::vector<double> boundaries;  // latency: chosen ones
  std::vector<Strand> strands;
  sequential::MeanEvidence mean_fail;
  sequential::MeanEvidence mean_pass;
  double canary_means = 0;  // sum over blocks
  double baseline_means = 0;
  bool operator==(const State&) const = default;
};

State initial_state(const Settings& settings);

// "v1;" and numbers, in the shortest form that reads back as the same bits.
std::string print_state(const State& state, const Settings& settings);
// Error: not a state of these settings.
kube::Result<State> parse_state(std::string_view text, const Settings& settings);

// ln of the evidence that the canary is worse than tolerated; of latency the average over the boundaries, because one
// bad boundary is enough.
double log_against(const State& state, const Settings& settings);
// ln of the evidence that it is better than the effect that may not be missed; of latency the least over the
// boundaries, because each of them has to be good.
double log_in_favour(const State& state, const Settings& settings);

}  // namespace sluice::analysis::compare
