// What is known about an expression before it runs.
#pragma once

#include <string>

#include "analysis/expression/value.h"

namespace sluice::analysis::expression {

// `element` says what a list holds, `record` which records a record or the elements of a list are.
struct Type {
  Kind kind = Kind::unknown;
  Kind element = Kind::unknown;
  const RecordType* record = nullptr;
  bool operator==(const Type&) const = default;

  bool is_unknown() const { return kind == Kind::unknown; }
  bool is(Kind wanted) const { return kind == wanted || is_unknown(); }
  bool is_integer() const { return is_whole(kind) || is_unknown(); }
  bool is_number() const { return is_integer() || kind == Kind::floating; }
  bool is_bytes() const { return kind == Kind::list && element == Kind::byte; }
};

Type type_of(const Value& value);
// What the items of a list are, and the list of such items.
Type item_of(Type list);
Type list_of(Type item);
// As the reference spells it; nil prints as "unknown".
std::string name_of(Type type);

}  // namespace sluice::analysis::expression
