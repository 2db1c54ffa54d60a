// Labels and annotations that pods carry while they have a role: canaryMetadata, stableMetadata, previewMetadata and
// activeMetadata of the strategy.
#pragma once

#include "controller/draft.h"
#include "crds/analysis_input.h"

namespace sluice::controller {

// What the pods of a set that is about to be made should carry.
crds::Metadata metadata_of_new_set(const Draft& draft);

// True when the pods of a set have to be looked at, because its role has changed and not all of them were seen to
// follow. Its template has followed already, and the set's own controller has seen that.
bool has_pods_to_mark(const Draft& draft);

// Brings the templates of all sets in line with their roles, and then the pods that were there before. A key that hid a
// value of the user's template gives it back; keys of a role that is over go.
void plan_ephemeral_metadata(Draft& draft);

}  // namespace sluice::controller
