// Names of the objects that a Rollout makes.
#pragma once

#include <cstddef>
#include <string>

namespace sluice::controller {

// The most that the API server takes for the name of a ReplicaSet, an AnalysisRun or an Experiment.
inline constexpr std::size_t longest_name = 253;

// The name as it is when it is short enough; else its beginning and a hash of the whole, so that long names stay apart
// and the same name comes out each time. `room` letters are left free for what may be appended.
std::string child_name(std::string name, std::size_t room = 0);

}  // namespace sluice::controller
