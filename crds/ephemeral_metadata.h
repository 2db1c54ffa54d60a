// Labels and annotations that the controller puts on pods while they have a role: canary, stable, preview or active.
//
// A ReplicaSet carries as annotations what its template was given, so that it can be taken back later.
#pragma once

#include <string>
#include <vector>

#include "crds/analysis_input.h"
#include "kube/string_map.h"

namespace sluice::crds {

struct EphemeralMetadata {
  Metadata current;   // on the template of the set, put there by the controller
  Metadata shadowed;  // values of the user's template that `current` hides

  // Until all pods of the set were seen to have `current`, and what is below: keys of an earlier role.
  bool is_pending = false;
  std::vector<std::string> removed_labels;
  std::vector<std::string> removed_annotations;
  Metadata restored;
};

// Reads the annotations of a ReplicaSet; what cannot be read counts as absent.
EphemeralMetadata ephemeral_metadata_of(const kube::StringMap& annotations);
// The annotations that say this, by key; "" for one that is to be absent.
kube::StringMap annotations_for(const EphemeralMetadata& metadata);

}  // namespace sluice::crds
