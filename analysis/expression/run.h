// Walks a tree with a value for `result`.
#pragma once

#include "analysis/expression/syntax.h"

namespace sluice::analysis::expression {

// Throws Stop for what goes wrong while it runs and when a budget of Machine is used up.
Value run(const Tree& tree, const Value& result);

}  // namespace sluice::analysis::expression
