// Keeping the pods of a new revision from the nodes of the stable one: strategy.*.antiAffinity.
#pragma once

#include <string>

#include "controller/draft.h"
#include "crds/pod_additions.h"

namespace sluice::controller {

// What the pods of the newest set, which has or will have this hash, should keep away from. Nothing for the first
// revision and for one that is promoted.
crds::KeepAway keep_away_of_newest(const Draft& draft, const std::string& hash);

// Brings the template of the newest set in line; pods that run are not touched.
void plan_anti_affinity(Draft& draft);

}  // namespace sluice::controller
