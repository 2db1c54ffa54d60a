// What has to be the same at the end of a story, whatever happened on the way.
#pragma once

#include <string>

#include "test/simulation/world.h"

namespace sluice::faults {

// One line for each part; without uids, versions and times, and with versions of the program instead of hashes.
std::string end_state(const simulation::World& world);
// The lines that only one of the two has, each with its side; "" when they are equal.
std::string difference(const std::string& expected, const std::string& found);

}  // namespace sluice::faults
