// Walks a tree with a value for `result`.
#pragma once

#include "analysis/expression/syntax.h"
#include "kube/time.h"

namespace sluice::analysis::expression {

// The tree has been checked. `now` is what now() answers. Throws Stop for what goes wrong while it runs and when a
// budget of Machine is used up.
Value run(const Tree& tree, const Value& result, kube::Time now);

}  // namespace sluice::analysis::expression
