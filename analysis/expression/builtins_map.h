// The functions of the language that work on maps and JSON texts; rows of the table in builtins.cc.
#pragma once

#include <span>

#include "analysis/expression/machine.h"
#include "analysis/expression/value.h"

namespace sluice::analysis::expression {

Value keys(std::span<const Value> arguments, Machine& machine);
Value values(std::span<const Value> arguments, Machine& machine);
Value to_pairs(std::span<const Value> arguments, Machine& machine);
Value from_pairs(std::span<const Value> arguments, Machine& machine);
Value to_json(std::span<const Value> arguments, Machine& machine);
Value from_json(std::span<const Value> arguments, Machine& machine);

// The entry of a key in a map that is being made; stops when the value cannot be a key.
Value& entry_of(Dictionary& dictionary, const Value& key, Machine& machine);

}  // namespace sluice::analysis::expression
