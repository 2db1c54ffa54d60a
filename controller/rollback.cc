// Going back to a revision that is known: when its gates are not asked again.
#include "controller/rollback.h"

#include <algorithm>

#include "analysis/phase.h"
#include "controller/keys.h"

namespace sluice::controller {
namespace {

// A set keeps its pods for a while after another revision was promoted over it; the deadline says that it is in that
// time. An aborted set has a deadline too, and it must not come back through this door.
bool was_stable_a_moment_ago(const Draft& draft) {
  const ReplicaSetPointer& newest = draft.sets.newest;
  if (!has_deadline(newest) || desired_of(newest) == 0) return false;
  return std::none_of(draft.seen.analysis_runs.begin(), draft.seen.analysis_runs.end(), [&](const auto& run) {
    return run && run->meta.labels.get(keys::hash_label) == hash_of(newest) &&
           analysis::is_warning(analysis::phase_of(run->status.phase.view()));
  });
}

}  // namespace

FastRollback fast_rollback(const Draft& draft) {
  if (!is_rollback(draft.sets, draft.before.stable_rs)) return FastRollback::no;
  if (is_within_rollback_window(draft.sets, draft.spec)) return FastRollback::within_window;
  if (draft.is_promoted()) return FastRollback::to_stable;
  return draft.blue_green() && was_stable_a_moment_ago(draft) ? FastRollback::to_stable : FastRollback::no;
}

const char* text_of(FastRollback rollback) {
  switch (rollback) {
    case FastRollback::to_stable:
      return "Fast rollback";
    case FastRollback::within_window:
      return "Rollback within window";
    case FastRollback::no:
      break;
  }
  return "";
}

}  // namespace sluice::controller
