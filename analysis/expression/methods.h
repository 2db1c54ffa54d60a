// The methods of times and lengths of time, one row each.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "analysis/expression/machine.h"
#include "analysis/expression/value.h"

namespace sluice::analysis::expression {

struct Method {
  Kind of;
  std::string_view name;
  std::uint8_t arguments;
  Kind takes;  // each argument; integer stands for whole numbers of any kind
  Kind gives;
  Value (*run)(const Value& self, std::span<const Value> arguments, Machine& machine);
};

// True for the kinds that have methods.
bool has_methods(Kind kind);
// nullptr when there is none of this name.
const Method* find_method(Kind kind, std::string_view name);

}  // namespace sluice::analysis::expression
