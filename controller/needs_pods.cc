// When the pods of a Rollout have to be listed for a decision, which otherwise does without them.
#include "controller/draft.h"
#include "controller/ephemeral.h"
#include "controller/restart.h"

namespace sluice::controller {

bool needs_pods(const RolloutObservation& seen, Time now) {
  if (!seen.rollout || seen.rollout->meta.deletion_time) return false;
  const Draft draft(seen, now, seen.mistakes);
  return can_evict(draft) || has_pods_to_mark(draft);
}

}  // namespace sluice::controller
