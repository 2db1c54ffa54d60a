// The functions of the language that work on text; rows of the table in builtins.cc.
#pragma once

#include <span>
#include <string>

#include "analysis/expression/machine.h"
#include "analysis/expression/value.h"

namespace sluice::analysis::expression {

Value join(std::span<const Value> arguments, Machine& machine);
Value split(std::span<const Value> arguments, Machine& machine);
Value split_after(std::span<const Value> arguments, Machine& machine);
Value replace(std::span<const Value> arguments, Machine& machine);
Value repeat(std::span<const Value> arguments, Machine& machine);
Value trim(std::span<const Value> arguments, Machine& machine);
Value trim_prefix(std::span<const Value> arguments, Machine& machine);
Value trim_suffix(std::span<const Value> arguments, Machine& machine);
Value upper(std::span<const Value> arguments, Machine& machine);
Value lower(std::span<const Value> arguments, Machine& machine);
Value has_prefix(std::span<const Value> arguments, Machine& machine);
Value has_suffix(std::span<const Value> arguments, Machine& machine);
Value index_of(std::span<const Value> arguments, Machine& machine);
Value last_index_of(std::span<const Value> arguments, Machine& machine);
Value to_base64(std::span<const Value> arguments, Machine& machine);
Value from_base64(std::span<const Value> arguments, Machine& machine);

// The text of a value that must be one.
const std::string& text_of(const Value& value, const Machine& machine);
// The order argument of sort and sortBy: "asc", "desc", or nothing.
bool is_descending(const Value* order, const Machine& machine);
// Text in double quotes with escapes, at most 64 bytes of it, as error messages quote what a user wrote.
std::string quoted(std::string_view text);

}  // namespace sluice::analysis::expression
