// One telling of a scenario: without faults, or with the one that strikes in a copy of it.
#pragma once

#include <map>
#include <string>

#include "scenario.h"
#include "strikes.h"

namespace sluice::faults {

// How slow the world is.
enum class Pace { calm, normal, slow, lagging_router };
std::string name_of(Pace pace);

struct Ending {
  std::string failure;  // "" when all was well
  std::string state;    // end_state()
  int writes = 0;
  kube::Duration length{0};  // in virtual time, until it came to rest
  std::map<Family, Counts> counts;
};

// The whole story, to the end of its calm hour.
Ending tell(const Scenario& scenario, Pace pace);
// The same, with a copy for each plan; each copy ends by `snapshots` with what was wrong in it. `calm` is how the story
// ends without faults.
Ending tell_with_faults(const Scenario& scenario, const Ending& calm, Snapshots& snapshots,
                        const StrikeOptions& options);

// What is wrong with a Rollout that a person has turned elsewhere: it has to come to rest in a state that says why, and
// to follow when it is told to go on. "" when nothing is.
std::string judge_free_end(simulation::Story& story);

// Small and quick enough for thousands of tellings.
sandbox::SandboxOptions options_for(Pace pace);
void slow_down(simulation::World& world, Pace pace);
// All that the oracle has noted, one below the other.
std::string failures_of(const simulation::World& world);
std::string newest_log_lines(const simulation::World& world);

}  // namespace sluice::faults
