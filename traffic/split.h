// How the traffic of one Rollout is meant to be split between its two backends.
#pragma once

#include <string>

namespace sluice::traffic {

// Percent of all requests; the two sum to 100.
struct Split {
  int canary = 0;
  int stable = 100;
  static Split of_canary(int percent) { return {percent, 100 - percent}; }
  bool operator==(const Split&) const = default;
};

// The two Services between which a route divides the traffic.
struct Backends {
  std::string canary_service;
  std::string stable_service;
  bool operator==(const Backends&) const = default;
};

}  // namespace sluice::traffic
