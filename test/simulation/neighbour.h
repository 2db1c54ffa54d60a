// A second, healthy Rollout beside the one of a story: whatever happens to that one, this one goes on.
#pragma once

#include <string>

#include "world.h"

namespace sluice::simulation {

class Neighbour {
 public:
  explicit Neighbour(World& world) : world_(world) {}
  // Applies its Service and its first version, before or after the controllers start.
  void settle();
  // Releases another version and waits for it to be stable; fails the test when it is not within a minute.
  void update();

 private:
  void apply();
  World& world_;
  int version_ = 1;
};

}  // namespace sluice::simulation
