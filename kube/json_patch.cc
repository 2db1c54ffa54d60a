// JSON patch: pointers and the six operations.
#include <charconv>
#include <vector>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "kube/patch.h"

namespace sluice::kube {
namespace {

constexpr std::size_t max_operations = 10'000;
constexpr std::size_t max_copied_bytes = 3 * 1024 * 1024;

struct Refused {
  std::string message;
};

[[noreturn]] void refuse(std::string message) { throw Refused{std::move(message)}; }

using Pointer = std::vector<std::string>;

Pointer pointer_in(std::string_view text) {
  Pointer parts;
  if (text.empty()) return parts;
  if (text[0] != '/') refuse(fmt::format("\"{}\" does not begin with /", text));
  std::string part;
  for (std::size_t i = 1; i <= text.size(); ++i) {
    if (i == text.size() || text[i] == '/') {
      parts.push_back(std::exchange(part, {}));
    } else if (text[i] != '~') {
      part += text[i];
    } else if (++i < text.size() && (text[i] == '0' || text[i] == '1')) {
      part += text[i] == '0' ? '~' : '/';
    } else {
      refuse(fmt::format("\"{}\" has a ~ that is followed by neither 0 nor 1", text));
    }
  }
  return parts;
}

std::string text_of(const Pointer& pointer, std::size_t parts) {
  std::string text;
  for (std::size_t i = 0; i < parts; ++i) text += "/" + pointer[i];
  return text.empty() ? "the whole object" : text;
}

// An index below `end`.
std::size_t index_in(const std::string& part, std::size_t end) {
  std::size_t index = 0;
  const auto [stop, error] = std::from_chars(part.data(), part.data() + part.size(), index);
  const bool leading_zero = part.size() > 1 && part[0] == '0';
  if (error != std::errc{} || stop != part.data() + part.size() || leading_zero)
    refuse(fmt::format("\"{}\" is no index of a list", part));
  if (index >= end) refuse(fmt::format("the list has no place {}", part));
  return index;
}

// nullptr when the member is missing; a wrong index or a leaf on the way is refused.
json::value* child_of(json::value& parent, const std::string& part, const std::string& where) {
  if (parent.is_object()) return parent.get_object().if_contains(part);
  if (parent.is_array()) return &parent.get_array()[index_in(part, parent.get_array().size())];
  refuse(fmt::format("{} is neither an object nor a list", where));
}

json::value& parent_of(json::value& root, const Pointer& pointer) {
  json::value* at = &root;
  for (std::size_t i = 0; i + 1 < pointer.size(); ++i) {
    at = child_of(*at, pointer[i], text_of(pointer, i));
    if (!at) refuse(fmt::format("{} does not exist", text_of(pointer, i + 1)));
  }
  return *at;
}

json::value* find(json::value& root, const Pointer& pointer) {
  if (pointer.empty()) return &root;
  return child_of(parent_of(root, pointer), pointer.back(), text_of(pointer, pointer.size() - 1));
}

json::value& existing(json::value& root, const Pointer& pointer) {
  json::value* found = find(root, pointer);
  if (!found) refuse(fmt::format("{} does not exist", text_of(pointer, pointer.size())));
  return *found;
}

void add(json::value& root, const Pointer& pointer, json::value value) {
  if (pointer.empty()) {
    root = std::move(value);
    return;
  }
  json::value& parent = parent_of(root, pointer);
  if (parent.is_object()) {
    parent.get_object()[pointer.back()] = std::move(value);
  } else if (parent.is_array()) {
    json::array& list = parent.get_array();
    const std::size_t index = pointer.back() == "-" ? list.size() : index_in(pointer.back(), list.size() + 1);
    list.insert(list.begin() + index, std::move(value));
  } else {
    refuse(fmt::format("{} is neither an object nor a list", text_of(pointer, pointer.size() - 1)));
  }
}

json::value remove(json::value& root, const Pointer& pointer) {
  json::value& place = existing(root, pointer);
  json::value removed = std::move(place);
  if (pointer.empty()) {
    root = nullptr;
    return removed;
  }
  json::value& parent = parent_of(root, pointer);
  if (parent.is_object()) {
    json::object& object = parent.get_object();
    object.stable_erase(object.find(pointer.back()));
  } else {
    json::array& list = parent.get_array();
    list.erase(list.begin() + index_in(pointer.back(), list.size()));
  }
  return removed;
}

std::string_view member_text(const json::object& operation, std::string_view name) {
  const json::value* value = operation.if_contains(name);
  if (!value || !value->is_string()) refuse(fmt::format("it has no text \"{}\"", name));
  return value->get_string();
}

const json::value& member_value(const json::object& operation) {
  const json::value* value = operation.if_contains("value");
  if (!value) refuse("it has no \"value\"");
  return *value;
}

void test(json::value& root, const Pointer& pointer, const json::value& wanted) {
  json::value* found = find(root, pointer);
  if (!found && wanted.is_null()) return;
  if (!found) refuse(fmt::format("{} does not exist", text_of(pointer, pointer.size())));
  if (!same_json(*found, wanted))
    refuse(fmt::format("the value is {} instead of {}", print_json(*found).substr(0, 200),
                       print_json(wanted).substr(0, 200)));
}

bool is_inside(const Pointer& inner, const Pointer& outer) {
  return inner.size() > outer.size() && std::equal(outer.begin(), outer.end(), inner.begin());
}

void carry_out(json::value& root, const json::object& operation, std::size_t& copied) {
  const std::string_view op = member_text(operation, "op");
  const Pointer path = pointer_in(member_text(operation, "path"));
  if (op == "add") {
    add(root, path, member_value(operation));
  } else if (op == "remove") {
    remove(root, path);
  } else if (op == "replace") {
    existing(root, path) = member_value(operation);
  } else if (op == "test") {
    test(root, path, member_value(operation));
  } else if (op == "move") {
    const Pointer from = pointer_in(member_text(operation, "from"));
    if (is_inside(path, from)) refuse("a value cannot be moved into itself");
    existing(root, from);
    add(root, path, remove(root, from));
  } else if (op == "copy") {
    json::value value = existing(root, pointer_in(member_text(operation, "from")));
    copied += print_json(value).size();
    if (copied > max_copied_bytes) refuse("the copies of this patch are too large");
    add(root, path, std::move(value));
  } else {
    refuse(fmt::format("\"{}\" is none of add, remove, replace, move, copy and test", op));
  }
}

// "operation 2 (test /spec/paused)".
std::string name_of_operation(std::size_t index, const json::value& operation) {
  return fmt::format("operation {} ({} {})", index, text_at(operation, {"op"}), text_at(operation, {"path"}));
}

}  // namespace

Result<json::value> apply_json_patch(json::value target, const json::value& patch) {
  if (!patch.is_array()) return Error{Fault::invalid, "a JSON patch must be a list of operations"};
  const json::array& operations = patch.get_array();
  if (operations.size() > max_operations)
    return Error{Fault::invalid, fmt::format("a JSON patch of {} operations; at most {} are allowed", operations.size(),
                                             max_operations)};
  std::size_t copied = 0;
  for (std::size_t i = 0; i < operations.size(); ++i) {
    try {
      if (!operations[i].is_object()) refuse("it must be an object");
      carry_out(target, operations[i].get_object(), copied);
    } catch (const Refused& refused) {
      return Error{Fault::invalid, fmt::format("{}: {}", name_of_operation(i, operations[i]), refused.message)};
    }
  }
  return target;
}

}  // namespace sluice::kube
