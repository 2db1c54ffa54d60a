// The revisions of a rollout, as its ReplicaSets carry them.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "crds/rollout.h"
#include "crds/workloads.h"

namespace sluice::kubectl {

// The ReplicaSet of revision `wanted`, or of the second highest one for 0. Sets of other owners, and those whose
// revision is not a number, do not count; nullptr when there is none.
std::shared_ptr<const crds::ReplicaSet> revision_to_undo_to(
    const crds::Rollout& rollout, const std::vector<std::shared_ptr<const crds::ReplicaSet>>& sets,
    std::int64_t wanted);

}  // namespace sluice::kubectl
