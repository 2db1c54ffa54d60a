// Simulated rollouts: traffic and errors of two arms, judged block by block by the comparison that production uses.
#pragma once

#include <string>
#include <vector>

#include "analysis/compare/take.h"

namespace sluice::sequential_test {

enum class Errors {
  independent,
  gamma,         // the rate of each pod wanders every 10 s with coefficient of variation 1
  bursts,        // a pod fails half its requests for a while
  skewed_outage  // a dependency fails 40 times as much for 60 s; the arms are scraped 15 s apart
};

struct Cell {
  std::string name;
  double rps = 100;   // of both arms together
  double share = .1;  // of the canary
  double ratio = 1;   // canary bad rate over stable bad rate
  Errors errors = Errors::independent;
  double burst = 4;        // seconds, mean
  double burst_part = .5;  // of the errors, that come in bursts
  double base_rate = .003;
  double seconds = 3600;      // how long it runs
  std::vector<double> steps;  // shares, each for an equal part of the time; instead of `share`
  int blocks_per_look = 1;
  analysis::compare::Settings settings;
};

// Defaults of the manual: share engine, alpha 1 %, tolerance 1.25, blocks of 30 s, no warm-up.
analysis::compare::Settings default_settings();

struct Ending {
  analysis::compare::Verdict verdict = analysis::compare::Verdict::undecided;
  double seconds = 0;  // when it was reached
};

// One rollout; the same cell and seed give the same ending. With `until_fail` a pass is passed over.
Ending simulate(const Cell& cell, std::uint64_t seed, bool until_fail);

struct Tally {
  int runs = 0;
  int failed = 0;
  int passed = 0;
  double median_fail = 0;  // seconds; 0 when under half failed
  double median_pass = 0;
  double fail_rate() const { return runs ? static_cast<double>(failed) / runs : 0; }
  double pass_rate() const { return runs ? static_cast<double>(passed) / runs : 0; }
};

// `number` of the cell and of the run make the seed.
Tally simulate_all(const Cell& cell, std::uint64_t number, int runs, bool until_fail);

}  // namespace sluice::sequential_test
