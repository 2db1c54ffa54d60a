// A run that one number decides: what is released, what people do, what goes wrong, and when.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "telling.h"

namespace sluice::faults {

// The choices of a run. Each part can be taken away, so that a failure can be made small.
struct Recipe {
  std::uint64_t seed = 0;  // decides how long pods take, and their names
  std::string strategy;    // "basic", "routed", "blue/green"
  int replicas = 1;
  std::vector<std::string> steps;  // as in YAML
  std::vector<std::string> more;   // other lines below the strategy
  bool has_analysis = false;       // of the first template, which is called check
  std::string success_rate;
  Pace pace = Pace::calm;
  std::vector<std::pair<int, std::string>> acts;                     // seconds after what was done before
  std::vector<std::pair<int, simulation::WriteFault>> write_faults;  // by the number of the write
  std::vector<std::pair<int, simulation::LineFault>> line_faults;    // by the number of the line of a watch
};

Recipe recipe_for(std::uint64_t seed);
struct Outcome {
  std::string failure;  // "" when all was well
  std::string trace;    // the same for the same recipe, always: how much happened, and the end
};
Outcome run(const Recipe& recipe);
// The smallest recipe that still fails: parts are taken away one after the other, each time in a process of its own.
Recipe minimised(Recipe recipe);
std::string described(const Recipe& recipe);

}  // namespace sluice::faults
