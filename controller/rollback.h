// Going back to a revision that is known: when its gates are not asked again.
#pragma once

#include "controller/draft.h"

namespace sluice::controller {

enum class FastRollback {
  no,
  to_stable,      // the newest revision is the stable one, or was it a moment ago and still has its pods
  within_window,  // spec.rollbackWindow covers it
};

FastRollback fast_rollback(const Draft& draft);
// "Fast rollback" or "Rollback within window"; "" for `no`.
const char* text_of(FastRollback rollback);

}  // namespace sluice::controller
