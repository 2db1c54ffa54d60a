// The functions of the language that make times, lengths of time and time zones; rows of the table in builtins.cc.
#pragma once

#include <span>

#include "analysis/expression/machine.h"
#include "analysis/expression/value.h"

namespace sluice::analysis::expression {

Value now(std::span<const Value> arguments, Machine& machine);
Value duration(std::span<const Value> arguments, Machine& machine);
Value date(std::span<const Value> arguments, Machine& machine);
Value timezone(std::span<const Value> arguments, Machine& machine);

}  // namespace sluice::analysis::expression
