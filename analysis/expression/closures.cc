// The functions of the language that ask a predicate about the items of a list, one row each.

#include "analysis/expression/builtins.h"
#include "analysis/expression/builtins_map.h"
#include "analysis/expression/builtins_text.h"
#include "analysis/expression/operators.h"

namespace sluice::analysis::expression {
namespace {

bool holds(Loop& loop, std::size_t index) { return truth(loop.ask(index), loop.machine()); }

// The first item that the predicate accepts; the number of items when there is none.
std::size_t first_hit(Loop& loop) {
  std::size_t index = 0;
  while (index < loop.items().size() && !holds(loop, index)) ++index;
  return index;
}
// One more than the last item that the predicate accepts; 0 when there is none.
std::size_t after_last_hit(Loop& loop) {
  std::size_t end = loop.items().size();
  while (end > 0 && !holds(loop, end - 1)) --end;
  return end;
}

Value all(Loop& loop) {
  for (std::size_t i = 0; i < loop.items().size(); ++i)
    if (!holds(loop, i)) return false;
  return true;
}
Value none(Loop& loop) { return first_hit(loop) == loop.items().size(); }
Value any(Loop& loop) { return first_hit(loop) < loop.items().size(); }

std::int64_t hits(Loop& loop) {
  std::int64_t found = 0;
  for (std::size_t i = 0; i < loop.items().size(); ++i)
    found += loop.has_predicate() ? holds(loop, i) : truth(loop.items()[i], loop.machine());
  return found;
}
Value one(Loop& loop) { return hits(loop) == 1; }
Value count(Loop& loop) { return hits(loop); }

// A list for items of the one that is walked through.
List list_like(const Loop& loop) {
  List list;
  list.elements = loop.list().elements;
  list.record = loop.list().record;
  return list;
}

Value filter(Loop& loop) {
  List kept = list_like(loop);
  for (std::size_t i = 0; i < loop.items().size(); ++i) {
    if (!holds(loop, i)) continue;
    loop.machine().reserve_elements(1);
    kept.items.push_back(loop.items()[i]);
  }
  return kept;
}

Value map(Loop& loop) {
  List made;
  loop.machine().reserve_elements(loop.items().size());
  for (std::size_t i = 0; i < loop.items().size(); ++i) made.items.push_back(loop.ask(i));
  return loop.machine().nested(std::move(made));
}

Value find(Loop& loop) {
  const std::size_t index = first_hit(loop);
  return index < loop.items().size() ? loop.items()[index] : Value();
}
Value find_index(Loop& loop) {
  const std::size_t index = first_hit(loop);
  return index < loop.items().size() ? Value(static_cast<std::int64_t>(index)) : Value();
}
Value find_last(Loop& loop) {
  const std::size_t end = after_last_hit(loop);
  return end > 0 ? loop.items()[end - 1] : Value();
}
Value find_last_index(Loop& loop) {
  const std::size_t end = after_last_hit(loop);
  return end > 0 ? Value(static_cast<std::int64_t>(end - 1)) : Value();
}

Value sum(Loop& loop) {
  Value total = 0;
  for (std::size_t i = 0; i < loop.items().size(); ++i)
    total = add(total, loop.has_predicate() ? loop.ask(i) : loop.items()[i], loop.machine());
  return total;
}

Value reduce(Loop& loop) {
  if (!loop.extra() && loop.items().empty()) stop(loop.machine().at, "reduce of empty array with no initial value");
  Value accumulated = loop.extra() ? *loop.extra() : loop.items()[0];
  for (std::size_t i = loop.extra() ? 0 : 1; i < loop.items().size(); ++i) accumulated = loop.ask(i, &accumulated);
  return accumulated;
}

Value sort_by(Loop& loop) {
  const bool down = is_descending(loop.extra(), loop.machine());
  std::vector<Value> keys;
  for (std::size_t i = 0; i < loop.items().size(); ++i) keys.push_back(loop.ask(i));
  loop.machine().reserve_elements(keys.size());
  List sorted = list_like(loop);
  for (const std::size_t index : sorted_order(keys, down, loop.machine())) sorted.items.push_back(loop.items()[index]);
  return sorted;
}

Value group_by(Loop& loop) {
  Dictionary groups;
  std::vector<List> lists;
  for (std::size_t i = 0; i < loop.items().size(); ++i) {
    Value& group = entry_of(groups, loop.ask(i), loop.machine());
    loop.machine().reserve_elements(1);
    if (group.is_nil()) {
      group = static_cast<std::int64_t>(lists.size());
      lists.push_back(list_like(loop));
    }
    lists[static_cast<std::size_t>(group.integer())].items.push_back(loop.items()[i]);
  }
  for (std::size_t i = 0; i < lists.size(); ++i) groups.entries[i].second = std::move(lists[i]);
  return loop.machine().nested(std::move(groups));
}

template <Kind kind>
Type gives(Type, Type) {
  return {kind};
}
Type gives_list(Type list, Type) { return {Kind::list, item_of(list).kind, list.record}; }
Type gives_item(Type list, Type) { return item_of(list); }
Type gives_mapped(Type, Type predicate) { return list_of(predicate); }

constexpr Predicate asks = Predicate::truth;
constexpr Predicate makes = Predicate::anything;

constexpr Closure closures[] = {
    // name, predicate, required, extra, #index, #acc, what it gives, what it does
    {"all", asks, true, false, false, false, gives<Kind::boolean>, all},
    {"none", asks, true, false, false, false, gives<Kind::boolean>, none},
    {"any", asks, true, false, false, false, gives<Kind::boolean>, any},
    {"one", asks, true, false, false, false, gives<Kind::boolean>, one},
    {"filter", asks, true, false, false, false, gives_list, filter},
    {"map", makes, true, false, true, false, gives_mapped, map},
    {"count", asks, false, false, false, false, gives<Kind::integer>, count},
    {"find", asks, true, false, false, false, gives_item, find},
    {"findIndex", asks, true, false, false, false, gives<Kind::unknown>, find_index},
    {"findLast", asks, true, false, false, false, gives_item, find_last},
    {"findLastIndex", asks, true, false, false, false, gives<Kind::unknown>, find_last_index},
    {"sum", makes, false, false, false, false, gives<Kind::unknown>, sum},
    {"reduce", makes, true, true, true, true, gives<Kind::unknown>, reduce},
    {"groupBy", makes, true, false, false, false, gives<Kind::dictionary>, group_by},
    {"sortBy", makes, true, true, false, false, gives_list, sort_by},
};

}  // namespace

const Closure* find_closure(std::string_view name) {
  for (const Closure& closure : closures)
    if (closure.name == name) return &closure;
  return nullptr;
}

}  // namespace sluice::analysis::expression
