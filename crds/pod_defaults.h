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

// Of the template of a ReplicaSet what same_template() needs as `live`: a digest of what the template asks for, in few
// bytes. A value that is not an object gives null. `injected` as below.
PodTemplatePointer keep_meaning(const boost::json::value& pod_template, const Metadata& injected = {});

// True when a ReplicaSet with the template `live` already runs what `desired` asks for. Not compared are the hash
// label, the deprecated serviceAccount, the anti-affinity that the controller adds, and `injected`: labels and
// annotations that the controller has put on the live template.
// Of a template of which only the meaning is kept they have been left out already.
bool same_template(const PodTemplate& live, const PodTemplate& desired, const Metadata& injected = {});

}  // namespace sluice::crds
