// What will become of a Rollout if nothing goes wrong: the place where it stands, what is about to be written, and what
// follows. For people who ask; nothing is decided here.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controller/decision.h"
#include "controller/observation.h"

namespace sluice::controller {

// Something that will happen. Without a time it follows what stands before it.
struct Prospect {
  std::optional<Time> at;
  std::string sentence;  // "the canary gets 50 % of the requests"
  bool operator==(const Prospect&) const = default;
};

// "step 2 of 6 (pause: 1m)"; "" when no step is under way.
std::string place_of(const RolloutObservation& seen);
// From the state and the decision about it, in the order in which it will happen; at most the rest of this update.
std::vector<Prospect> prospects_of(const RolloutObservation& seen, const Decision& decision);
// "scale ReplicaSet web-abc from 2 to 5".
std::string sentence_of(const Effect& effect);
// What no router reports, so that it is taken for granted when written; one sentence per route.
std::vector<std::string> blind_spots_of(const RolloutObservation& seen);

}  // namespace sluice::controller
