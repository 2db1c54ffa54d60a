// What the operators do to values whose types are only known now.
#pragma once

#include <span>
#include <vector>

#include "analysis/expression/machine.h"
#include "analysis/expression/syntax.h"
#include "analysis/expression/value.h"

namespace sluice::analysis::expression {

// Any binary operator but the lazy ones (and, or, ??). Throws Stop when the kinds do not fit.
Value apply(const Node& node, const Value& left, const Value& right, Machine& machine);
Value apply(const Node& node, const Value& operand, Machine& machine);

// Numbers by value, lists item by item, maps strictly; different kinds are never equal.
bool is_equal(const Value& left, const Value& right, Machine& machine);
// -1, 0, 1; throws for what cannot be ordered, naming `sign`. NaN is neither: 2.
int compare(const Value& left, const Value& right, std::string_view sign, Machine& machine);
// The places of the keys in ascending or descending order, equal ones as they stood, NaN before all numbers.
std::vector<std::size_t> sorted_order(std::span<const Value> keys, bool descending, Machine& machine);
Value add(const Value& left, const Value& right, Machine& machine);

// base.property and base[property].
Value fetch(const Value& base, const Value& property, Machine& machine);
Value slice(const Value& base, const Value* from, const Value* to, Machine& machine);

// The truth of a value where a bool must stand.
bool truth(const Value& value, Machine& machine);
// A number as an integer, cut towards zero; out of range gives the smallest integer, as on amd64.
std::int64_t truncate(double number);

}  // namespace sluice::analysis::expression
