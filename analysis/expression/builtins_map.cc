// The functions of the language that work on maps and JSON texts.
#include "analysis/expression/builtins_map.h"

#include <boost/json.hpp>

#include "analysis/expression/builtins_text.h"
#include "analysis/value_json.h"

namespace sluice::analysis::expression {
namespace {

using Arguments = std::span<const Value>;

// Calls `visit` with each key and value; stops for what is no map.
template <class Visit>
void for_each(const char* refusal, const Value& value, Machine& machine, Visit visit) {
  if (value.kind() == Kind::map) {
    machine.reserve_elements(value.map().size());
    for (const auto& [key, item] : value.map()) visit(Value(key), item);
  } else if (value.kind() == Kind::dictionary) {
    machine.reserve_elements(value.dictionary().entries.size());
    for (const auto& [key, item] : value.dictionary().entries) visit(key, item);
  } else {
    throw Stop{{fmt::format(fmt::runtime(refusal), type_name(value)), machine.at}};
  }
}

}  // namespace

Value keys(Arguments arguments, Machine& machine) {
  List list;
  for_each("cannot get keys from {}", arguments[0], machine,
           [&](const Value& key, const Value&) { list.items.push_back(key); });
  return list;
}

Value values(Arguments arguments, Machine& machine) {
  List list;
  for_each("cannot get values from {}", arguments[0], machine,
           [&](const Value&, const Value& item) { list.items.push_back(item); });
  return list;
}

Value to_pairs(Arguments arguments, Machine& machine) {
  List list;
  for_each("cannot transform {} to pairs", arguments[0], machine, [&](const Value& key, const Value& item) {
    machine.reserve_elements(2);
    list.items.emplace_back(List{{key, item}});
  });
  return machine.nested(std::move(list));
}

Value& entry_of(Dictionary& dictionary, const Value& key, Machine& machine) {
  machine.step();
  Value* entry = dictionary.at(key);
  if (!entry) stop(machine.at, "runtime error: hash of unhashable type {}", type_name(key));
  return *entry;
}

Value from_pairs(Arguments arguments, Machine& machine) {
  if (arguments[0].kind() != Kind::list) stop(machine.at, "cannot transform {} from pairs", type_name(arguments[0]));
  Dictionary made;
  machine.reserve_elements(arguments[0].list().items.size());
  for (const Value& pair : arguments[0].list().items) {
    if (pair.kind() != Kind::list) stop(machine.at, "invalid pair {}", print_short(pair));
    const std::vector<Value>& parts = pair.list().items;
    if (parts.size() != 2) stop(machine.at, "invalid pair length {}", parts.size());
    entry_of(made, parts[0], machine) = parts[1];
  }
  return machine.nested(std::move(made));
}

Value to_json(Arguments arguments, Machine& machine) {
  std::string text = print_indented(arguments[0], machine.bytes_left());
  machine.reserve_bytes(text.size());
  return text;
}

Value from_json(Arguments arguments, Machine& machine) {
  const std::string& text = text_of(arguments[0], machine);
  machine.step(1 + text.size() / 4);
  machine.reserve_bytes(text.size());
  const kube::Result<kube::json::value> parsed = kube::parse_json(text);
  if (!parsed) stop(machine.at, "{}", parsed.error().message);
  // A comma or an opening bracket stands before every item.
  std::size_t items = 1;
  for (const char c : text) items += c == ',' || c == '[' || c == '{';
  machine.reserve_elements(items);
  return machine.nested(value_from_json(*parsed));
}

}  // namespace sluice::analysis::expression
