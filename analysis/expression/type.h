// What is known about an expression before it runs.
#pragma once

#include <string>

#include "analysis/expression/value.h"

namespace sluice::analysis::expression {

// `element` says what a list holds.
struct Type {
  Kind kind = Kind::unknown;
  Kind element = Kind::unknown;
  bool operator==(const Type&) const = default;

  bool is_unknown() const { return kind == Kind::unknown; }
  bool is(Kind wanted) const { return kind == wanted || is_unknown(); }
  bool is_integer() const { return kind == Kind::integer || kind == Kind::integer64 || is_unknown(); }
  bool is_number() const { return is_integer() || kind == Kind::floating; }
};

Type type_of(const Value& value);
// As the reference spells it; nil prints as "unknown".
std::string name_of(Type type);

}  // namespace sluice::analysis::expression
