// What can be said about an expression before it runs: names, numbers of arguments, operands that can never fit.
#pragma once

#include "analysis/expression/syntax.h"
#include "analysis/expression/type.h"

namespace sluice::analysis::expression {

// What stands beside the functions of the language: `result` and the functions that read it, or, for expressions of
// time, isNaN and isInf alone.
enum class Names { measurement, time };

// Throws Stop at the first part that cannot work when `result` has this type; unknown checks what holds for any type.
// Answers the type of the whole.
Type check(const Tree& tree, Type result, Names names = Names::measurement);

}  // namespace sluice::analysis::expression
