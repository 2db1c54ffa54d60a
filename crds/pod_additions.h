// What a controller adds to the pod template of a ReplicaSet besides what the user wrote: labels, annotations, and the
// anti-affinity that keeps its pods from the nodes of another revision.
#pragma once

#include <optional>
#include <string>

#include "crds/analysis_input.h"
#include "crds/pod_template.h"

namespace sluice::crds {

// Pods keep away from nodes that run pods of another revision.
struct KeepAway {
  std::string from;           // the hash of that revision; "" for no such wish
  std::string ns;             // where its pods are
  std::optional<int> weight;  // preferred with this weight; required when absent
  bool operator==(const KeepAway&) const = default;
};

// The template with both added to what it has.
PodTemplatePointer with_additions(const PodTemplate& pod_template, const Metadata& metadata, const KeepAway& away);
// The value that spec.affinity of a live template is given by a merge patch, so that it has what the user's template
// says and this wish, and no earlier one.
json::value affinity_patch(const PodTemplate& pod_template, const KeepAway& away);
// The revision that a live template keeps away from by a term that a controller has added; "" for none.
std::string kept_away_from(const json::value& pod_template);

}  // namespace sluice::crds
