// The core set of scenarios: short stories, told so that they come to the same end whatever happens on the way.
#pragma once

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "test/simulation/story.h"

namespace sluice::faults {

// A story that did not go on within its time.
struct StoryStopped : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Scenario {
  std::string name;
  simulation::Plan plan;
  std::string objects;                           // applied before the Rollout
  std::string success_rate;                      // what Prometheus answers; "" when nobody asks it
  std::function<void(simulation::Story&)> tell;  // from the healthy first version to the end
};

const std::vector<Scenario>& core_scenarios();

// Throws StoryStopped with this text unless it came to be.
void need(bool came, const std::string& what);

}  // namespace sluice::faults
