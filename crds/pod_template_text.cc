// Writing a pod template by the table of its types.
#include "crds/pod_template_text.h"

#include <algorithm>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <boost/json.hpp>

#include "crds/canonical_quantity.h"
#include "crds/go_json.h"
#include "crds/pod_template_fields.h"
#include "kube/json.h"
#include "kube/time.h"

namespace sluice::crds {
namespace {

struct Struct;

// How one member is written.
struct Shape {
  enum class Kind { text, boolean, number, quantity, int_or_string, time, raw, structure, list, map };
  Kind kind = Kind::text;
  bool nullable = false;           // a pointer in Go
  const Struct* type = nullptr;    // of a structure
  std::unique_ptr<Shape> element;  // of a list or map
};

struct Member {
  std::string_view name;
  bool always = false;
  Shape shape;
};

struct Struct {
  std::vector<Member> members;
};

using Types = std::unordered_map<std::string_view, Struct>;

Shape read_shape(std::string_view text, const Types& types) {
  Shape shape;
  if (text.starts_with("*")) {
    shape = read_shape(text.substr(1), types);
    shape.nullable = true;
  } else if (text.starts_with("[]") || text.starts_with("{}")) {
    shape.kind = text[0] == '[' ? Shape::Kind::list : Shape::Kind::map;
    shape.element = std::make_unique<Shape>(read_shape(text.substr(2), types));
  } else if (const auto found = types.find(text); found != types.end()) {
    shape.kind = Shape::Kind::structure;
    shape.type = &found->second;
  } else {
    constexpr std::string_view leaves = "sbnqitr";
    shape.kind = static_cast<Shape::Kind>(leaves.find(text[0]));
  }
  return shape;
}

std::vector<Member> read_members(std::string_view text, const Types& types) {
  std::vector<Member> members;
  while (!text.empty()) {
    const std::string_view field = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), field.size() + 1));
    const std::size_t colon = field.find(':');
    std::string_view name = field.substr(0, colon);
    const bool always = name.ends_with('!');
    if (always) name.remove_suffix(1);
    members.push_back({name, always, read_shape(field.substr(colon + 1), types)});
  }
  return members;
}

Types read_types() {
  Types types;
  for (const FieldRow& row : pod_template_fields()) types[row.type];
  for (const FieldRow& row : pod_template_fields()) types[row.type].members = read_members(row.fields, types);
  return types;
}

// Go leaves a member with omitempty out when its value is the zero of its type; structs have no such zero.
bool is_left_out(const Shape& shape, const json::value* value) {
  if (!value)
    return shape.nullable || shape.kind <= Shape::Kind::number || shape.kind == Shape::Kind::time ||
           shape.kind >= Shape::Kind::list || shape.kind == Shape::Kind::raw;
  if (shape.nullable) return false;
  switch (shape.kind) {
    case Shape::Kind::text:
      return value->is_string() && value->get_string().empty();
    case Shape::Kind::boolean:
      return value->is_bool() && !value->get_bool();
    case Shape::Kind::number:
      return value->is_number() && value->to_number<double>() == 0;
    case Shape::Kind::list:
      return value->is_array() && value->get_array().empty();
    case Shape::Kind::map:
      return value->is_object() && value->get_object().empty();
    default:
      return false;
  }
}

class Writer {
 public:
  explicit Writer(std::string& to) : to_(to) {}

  void write(const Shape& shape, const json::value* value) {
    if (!value)
      write_zero(shape);
    else if (shape.kind == Shape::Kind::structure)
      write_struct(*shape.type, value);
    else if (shape.kind == Shape::Kind::list && value->is_array())
      write_list(*shape.element, value->get_array());
    else if (shape.kind == Shape::Kind::map && value->is_object())
      write_map(*shape.element, value->get_object());
    else if (shape.kind == Shape::Kind::quantity)
      write_quantity(*value);
    else if (shape.kind == Shape::Kind::time)
      write_time(*value);
    else
      to_ += print_go_json(*value);
  }

  void write_struct(const Struct& type, const json::value* value) {
    const json::object* object = value && value->is_object() ? &value->get_object() : nullptr;
    to_.push_back('{');
    bool first = true;
    for (const Member& member : type.members) {
      const json::value* found = object ? object->if_contains(member.name) : nullptr;
      if (found && found->is_null()) found = nullptr;
      if (!member.always && is_left_out(member.shape, found)) continue;
      if (!std::exchange(first, false)) to_.push_back(',');
      print_go_string(member.name, to_);
      to_.push_back(':');
      write(member.shape, found);
    }
    to_.push_back('}');
  }

 private:
  void write_zero(const Shape& shape) {
    if (shape.nullable || shape.kind >= Shape::Kind::list) {
      to_ += "null";
      return;
    }
    switch (shape.kind) {
      case Shape::Kind::text:
        to_ += "\"\"";
        break;
      case Shape::Kind::boolean:
        to_ += "false";
        break;
      case Shape::Kind::number:
      case Shape::Kind::int_or_string:
        to_ += "0";
        break;
      case Shape::Kind::quantity:
        to_ += "\"0\"";
        break;
      case Shape::Kind::structure:
        write_struct(*shape.type, nullptr);
        break;
      default:
        to_ += "null";
    }
  }

  void write_list(const Shape& element, const json::array& list) {
    to_.push_back('[');
    bool first = true;
    for (const json::value& item : list) {
      if (!std::exchange(first, false)) to_.push_back(',');
      write(element, item.is_null() ? nullptr : &item);
    }
    to_.push_back(']');
  }

  void write_map(const Shape& element, const json::object& map) {
    std::vector<std::pair<std::string_view, const json::value*>> entries;
    for (const auto& member : map) entries.emplace_back(member.key(), &member.value());
    std::sort(entries.begin(), entries.end(),
              [](const auto& left, const auto& right) { return left.first < right.first; });
    to_.push_back('{');
    bool first = true;
    for (const auto& [key, value] : entries) {
      if (!std::exchange(first, false)) to_.push_back(',');
      print_go_string(key, to_);
      to_.push_back(':');
      write(element, value->is_null() ? nullptr : value);
    }
    to_.push_back('}');
  }

  void write_quantity(const json::value& value) {
    const std::string text = value.is_string() ? std::string(value.get_string()) : kube::print_json(value);
    print_go_string(canonical_quantity(text), to_);
  }

  void write_time(const json::value& value) {
    const auto time = value.is_string() ? kube::parse_time(value.get_string())
                                        : kube::Result<kube::Time>(kube::Error{kube::Fault::invalid, "no time"});
    if (time)
      print_go_string(kube::format_time(*time), to_);
    else
      to_ += print_go_json(value);
  }

  std::string& to_;
};

}  // namespace

std::string canonical_pod_template(const json::value& pod_template) {
  static const Types types = read_types();
  std::string text;
  Writer(text).write_struct(types.at("PodTemplateSpec"), &pod_template);
  return text;
}

}  // namespace sluice::crds
