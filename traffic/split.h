// How the traffic of one Rollout is meant to be split between its backends.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace sluice::traffic {

// A further backend, such as the Service of an experiment's template.
struct Destination {
  std::string service;  // in the Rollout's namespace
  std::string hash;     // pod-template-hash of its pods, for the status
  int weight = 0;
  bool operator==(const Destination&) const = default;
};

// Weights that sum to the Rollout's maximum, 100 unless maxTrafficWeight says otherwise.
struct Split {
  int canary = 0;
  int stable = 100;
  std::vector<Destination> additional = {};
  // The stable side gets what the others leave. Further destinations get no more than there is room for beside the
  // canary, the first ones first, so that the sum is the maximum whatever was asked for.
  static Split of_canary(int weight, int max = 100, std::vector<Destination> others = {}) {
    int rest = std::max(0, max - weight);
    for (Destination& other : others) {
      other.weight = std::clamp(other.weight, 0, rest);
      rest -= other.weight;
    }
    return {weight, rest, std::move(others)};
  }
  bool operator==(const Split&) const = default;
};

// The two Services between which a route divides the traffic.
struct Backends {
  std::string canary_service;
  std::string stable_service;
  bool operator==(const Backends&) const = default;
};

}  // namespace sluice::traffic
