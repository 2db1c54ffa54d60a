// What the API server adds to a pod template, and when two templates mean the same.
#pragma once

#include "crds/analysis_input.h"
#include "crds/pod_template.h"

// Only declared, so that deciding files may compare templates without seeing JSON.
namespace boost::json {
class value;
}

namespace sluice::crds {

// Sets what a user left out, as the API server does for a template inside a ReplicaSet.
void set_pod_defaults(boost::json::value& pod_template);

// True when a ReplicaSet with the template `live` already runs what `desired` asks for. Not compared are the hash
// label, the deprecated serviceAccount, the anti-affinity that the controller adds, and `injected`: labels and
// annotations that the controller has put on the live template.
bool same_template(const PodTemplate& live, const PodTemplate& desired, const Metadata& injected = {});

}  // namespace sluice::crds
