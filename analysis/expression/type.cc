// What is known about an expression before it runs.
#include "analysis/expression/type.h"

namespace sluice::analysis::expression {
namespace {

std::string name_of(Kind kind) {
  switch (kind) {
    case Kind::unknown:
    case Kind::nil:
      return "unknown";
    case Kind::boolean:
      return "bool";
    case Kind::integer:
      return "int";
    case Kind::integer64:
      return "int64";
    case Kind::floating:
      return "float64";
    case Kind::text:
      return "string";
    case Kind::list:
      return "[]interface {}";
    default:
      return "map[string]interface {}";
  }
}

}  // namespace

Type type_of(const Value& value) {
  return {value.kind(), value.kind() == Kind::list ? value.list().elements : Kind::unknown};
}

std::string name_of(Type type) {
  if (type.kind != Kind::list || type.element == Kind::unknown) return name_of(type.kind);
  return "[]" + name_of(type.element);
}

}  // namespace sluice::analysis::expression
