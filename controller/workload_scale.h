// Taking the pods of the referenced workload away while those of the Rollout take over: spec.workloadRef.scaleDown.
#pragma once

#include "controller/draft.h"

namespace sluice::controller {

// Acts while the first revision takes over, and once more after each of a few interventions of others; then it leaves
// the workload alone and says so in the condition WorkloadScaledByOthers. A PodTemplate has no pods.
void plan_workload(Draft& draft);

}  // namespace sluice::controller
