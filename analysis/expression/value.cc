// How values are named and printed.
#include "analysis/expression/value.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

namespace sluice::analysis::expression {
namespace {

std::string element_name(Kind kind) {
  switch (kind) {
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
    default:
      return "interface {}";
  }
}

std::string special_number(double number) {
  if (std::isnan(number)) return "NaN";
  return number > 0 ? "+Inf" : "-Inf";
}

// As Go's %v: the shortest digits, with an exponent below 1e-4 and from 1e6 on.
std::string print_general(double number) {
  if (!std::isfinite(number)) return special_number(number);
  std::array<char, 40> buffer;
  const auto written = std::to_chars(buffer.begin(), buffer.end(), number, std::chars_format::scientific);
  const std::string_view scientific(buffer.data(), static_cast<std::size_t>(written.ptr - buffer.data()));
  const std::size_t mark = scientific.find('e');
  const std::size_t exponent_at = mark + (scientific[mark + 1] == '+' ? 2 : 1);
  int exponent = 0;
  std::from_chars(scientific.data() + exponent_at, scientific.data() + scientific.size(), exponent);
  return exponent < -4 || exponent >= 6 ? std::string(scientific) : print_decimal(number);
}

void print_text(std::string_view text, std::string& out) {
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == '<' || c == '>' || c == '&')
          fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
        else
          out += c;
    }
  }
  out += '"';
}

void print_number(double number, std::string& out) {
  if (!std::isfinite(number)) {
    out += "null";
    return;
  }
  const double size = std::abs(number);
  if (size == 0 || (size >= 1e-6 && size < 1e21)) {
    out += print_decimal(number);
    return;
  }
  std::string text = print_general(number);
  const std::size_t padding = text.find("e-0");  // JSON writers of Go say 1e-7 where %v says 1e-07
  if (padding != std::string::npos) text.erase(padding + 2, 1);
  out += text;
}

// `indent` < 0 means everything on one line.
void print_json(const Value& value, int indent, std::size_t limit, std::string& out) {
  if (out.size() > limit) return;
  const auto new_line = [&](int depth) {
    if (indent < 0) return;
    out += '\n';
    out.append(static_cast<std::size_t>(depth) * 2, ' ');
  };
  const int inner = indent < 0 ? indent : indent + 1;
  switch (value.kind()) {
    case Kind::boolean:
      out += value.boolean() ? "true" : "false";
      return;
    case Kind::integer:
      out += std::to_string(value.integer());
      return;
    case Kind::floating:
      print_number(value.floating(), out);
      return;
    case Kind::text:
      print_text(value.text(), out);
      return;
    case Kind::list: {
      bool first = true;
      out += '[';
      for (const Value& item : value.list().items) {
        if (!std::exchange(first, false)) out += ',';
        new_line(inner);
        print_json(item, inner, limit, out);
      }
      if (!first) new_line(indent);
      out += ']';
      return;
    }
    case Kind::map: {
      bool first = true;
      out += '{';
      for (const auto& [key, item] : value.map()) {
        if (!std::exchange(first, false)) out += ',';
        new_line(inner);
        print_text(key, out);
        out += indent < 0 ? ":" : ": ";
        print_json(item, inner, limit, out);
      }
      if (!first) new_line(indent);
      out += '}';
      return;
    }
    default:
      out += "null";
  }
}

void print_plain(const Value& value, std::size_t limit, std::string& out) {
  if (out.size() > limit) return;
  bool first = true;
  const auto separate = [&] {
    if (!std::exchange(first, false)) out += ' ';
  };
  switch (value.kind()) {
    case Kind::boolean:
      out += value.boolean() ? "true" : "false";
      return;
    case Kind::integer:
      out += std::to_string(value.integer());
      return;
    case Kind::floating:
      out += print_general(value.floating());
      return;
    case Kind::text:
      out += value.text();
      return;
    case Kind::list:
      out += '[';
      for (const Value& item : value.list().items) {
        separate();
        print_plain(item, limit, out);
      }
      out += ']';
      return;
    case Kind::map:
      out += "map[";
      for (const auto& [key, item] : value.map()) {
        separate();
        out += key + ":";
        print_plain(item, limit, out);
      }
      out += ']';
      return;
    default:
      out += "<nil>";
  }
}

}  // namespace

Value::Value(List list) {
  list.depth = 1;
  for (const Value& item : list.items) list.depth = std::max(list.depth, item.depth() + 1);
  held_ = std::make_shared<const List>(std::move(list));
}

Value::Value(Map map) {
  Fields fields{std::move(map)};
  for (const auto& [key, item] : fields.entries) fields.depth = std::max(fields.depth, item.depth() + 1);
  held_ = std::make_shared<const Fields>(std::move(fields));
}

const Map& Value::map() const { return std::get<6>(held_)->entries; }

std::size_t Value::depth() const {
  if (held_.index() == 5) return std::get<5>(held_)->depth;
  return held_.index() == 6 ? std::get<6>(held_)->depth : 0;
}

Kind Value::kind() const {
  static constexpr Kind kinds[] = {Kind::nil,  Kind::boolean, Kind::integer, Kind::floating,
                                   Kind::text, Kind::list,    Kind::map};
  return kinds[held_.index()];
}

std::string type_name(const Value& value) {
  switch (value.kind()) {
    case Kind::nil:
      return "<nil>";
    case Kind::list:
      return "[]" + element_name(value.list().elements);
    case Kind::map:
      return "map[string]interface {}";
    default:
      return element_name(value.kind());
  }
}

std::string print_decimal(double number) {
  if (!std::isfinite(number)) return special_number(number);
  std::array<char, 400> buffer;
  const auto written = std::to_chars(buffer.begin(), buffer.end(), number, std::chars_format::fixed);
  return std::string(buffer.data(), written.ptr);
}

std::string print_plain(const Value& value, std::size_t limit) {
  std::string out;
  print_plain(value, limit, out);
  return out;
}

std::string print_short(const Value& value) {
  constexpr std::size_t limit = 64;
  std::string text = print_plain(value, limit);
  if (text.size() <= limit) return text;
  std::size_t end = limit;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

std::string print_compact(const Value& value, std::size_t limit) {
  std::string out;
  print_json(value, -1, limit, out);
  return out;
}

std::string print_indented(const Value& value, std::size_t limit) {
  std::string out;
  print_json(value, 0, limit, out);
  return out;
}

}  // namespace sluice::analysis::expression
