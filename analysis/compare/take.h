// What one window of measured counts does to a comparison.
#pragma once

#include <map>
#include <optional>

#include "analysis/compare/state.h"
#include "analysis/compare/windows.h"

namespace sluice::analysis::compare {

// What one arm did in a window. Of latency, `buckets` holds the requests that took at most so long, by `le`.
struct Arm {
  double total = 0;  // requests; 1 for a gauge
  double bad = 0;    // of errorRate, at most total
  double mean = 0;   // of mean
  std::map<double, double> buckets;
};

struct Measured {
  Window window;
  Arm canary;
  Arm baseline;
};

// Ready pods of each arm, where they are known.
struct Pods {
  std::optional<double> canary;
  std::optional<double> baseline;
};

enum class Taken : std::uint8_t {
  counted,
  no_canary,    // it had no traffic
  no_baseline,  // the stable version had none
  warm_up,
  share_moved,  // the split changed within or just before the window
  choosing,     // the boundaries of latency were chosen from it
};

// Adds the window to the state. Whether a window counts depends on its totals and its time, never on what went wrong in
// it. The windows of a comparison are taken in their order.
Taken take(State& state, const Settings& settings, const Measured& measured, const Pods& pods, kube::Time started);

enum class Verdict : std::uint8_t { undecided, fail, pass };

// Failing goes before passing. A state from which a verdict was reached stays with it: nothing is taken after that,
// except that a pass may be watched on.
Verdict verdict_of(const State& state, const Settings& settings);

}  // namespace sluice::analysis::compare
