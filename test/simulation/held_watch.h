// A watch that stands still for a while.
#pragma once

#include "world.h"

namespace sluice::simulation {

// From now on the watch of this kind delivers nothing until that time.
inline void hold_watch(World& world, const std::string& plural, kube::Time until) {
  FaultyTransport& transport = world.controllers().transport();
  transport.clock = &world.clock();
  transport.hold = [&world, plural, until](const std::string& target, const std::string&) {
    const kube::Time now = world.clock().now();
    if (target.find("/" + plural) == std::string::npos || now >= until) return LineFault();
    return LineFault{LineFault::Kind::late, until - now};
  };
}

}  // namespace sluice::simulation
