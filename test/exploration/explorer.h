// Breadth first through all states of one configuration, up to a quota; invariants on every step, liveness from states.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model.h"

namespace sluice::exploration {

struct Limits {
  std::size_t states = 20'000;    // distinct ones, then the configuration is cut
  std::size_t liveness_each = 8;  // from one in so many states the fair way to the end is followed
  std::size_t purity_each = 64;   // in one of so many the decision is compared with itself
};

struct Exploration {
  std::string name;
  std::size_t states = 0;
  std::size_t transitions = 0;
  std::size_t decisions = 0;  // on different views; each view is decided on once
  std::size_t walks = 0;      // fair ways that were followed
  int depth = 0;
  bool ran_empty = false;
  std::vector<std::string> violations;  // each with the shortest way there
  double seconds = 0;
};

Exploration explore(const Configuration& configuration, const Limits& limits);

// Those of each commit and, with is_long, those of the long profile.
std::vector<Configuration> configurations();

}  // namespace sluice::exploration
