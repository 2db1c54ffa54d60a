// What is known about an expression before it runs.
#include "analysis/expression/type.h"

namespace sluice::analysis::expression {

Type type_of(const Value& value) {
  if (value.kind() == Kind::record) return {Kind::record, Kind::unknown, value.record().type};
  if (value.kind() != Kind::list) return {value.kind()};
  return {Kind::list, value.list().elements, value.list().record};
}

Type item_of(Type list) { return list.kind == Kind::list ? Type{list.element, Kind::unknown, list.record} : Type{}; }

Type list_of(Type item) { return {Kind::list, item.kind == Kind::nil ? Kind::unknown : item.kind, item.record}; }

std::string name_of(Type type) {
  switch (type.kind) {
    case Kind::unknown:
    case Kind::nil:
      return "unknown";
    case Kind::record:
      return std::string(type.record->name);
    case Kind::environment:
      return "map[string]interface {}";
    case Kind::list:
      return "[]" + std::string(type.record ? type.record->name : name_of(type.element));
    default:
      return std::string(name_of(type.kind));
  }
}

}  // namespace sluice::analysis::expression
