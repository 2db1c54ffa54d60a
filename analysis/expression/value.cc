// How values are named and printed.
#include "analysis/expression/value.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

#include "analysis/expression/duration.h"
#include "analysis/expression/layout.h"
#include "analysis/expression/moment.h"
#include "analysis/expression/zone.h"
#include "kube/base64.h"

namespace sluice::analysis::expression {
namespace {

// A text that only equal keys share; false for what cannot be a key.
bool key_of(const Value& key, std::string& place) {
  place = static_cast<char>(key.kind());
  switch (key.kind()) {
    case Kind::nil:
      return true;
    case Kind::boolean:
      place += key.boolean() ? '1' : '0';
      return true;
    case Kind::floating:
      place += print_decimal(key.floating() == 0 ? 0.0 : key.floating());
      return true;
    case Kind::text:
      place += key.text();
      return true;
    case Kind::time:
      place += fmt::format("{}.{}", key.moment().seconds, key.moment().nanoseconds);
      return true;
    case Kind::zone:
      place += key.zone()->name();
      return true;
    case Kind::list:
    case Kind::map:
    case Kind::dictionary:
    case Kind::record:
      return false;
    default:
      place += std::to_string(key.integer());
      return true;
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

void print_plain(const Value& value, std::size_t limit, std::string& out);

// The entries of a map or record with their keys as text: those of a dictionary sorted, fields as they are declared.
template <class Visit>
void for_each_entry(const Value& value, std::size_t limit, Visit visit) {
  if (value.kind() == Kind::map) {
    for (const auto& [key, item] : value.map()) visit(key, item);
  } else if (value.kind() == Kind::record) {
    const Record& record = value.record();
    for (std::size_t i = 0; i < record.values.size(); ++i) visit(record.type->fields[i].name, record.values[i]);
  } else {
    std::multimap<std::string, const Value*> sorted;
    for (const auto& [key, item] : value.dictionary().entries) {
      std::string text;
      print_plain(key, limit, text);
      sorted.emplace(std::move(text), &item);
    }
    for (const auto& [key, item] : sorted) visit(key, *item);
  }
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
    case Kind::integer64:
    case Kind::byte:
    case Kind::duration:
    case Kind::month:
    case Kind::weekday:
      out += std::to_string(value.integer());
      return;
    case Kind::unsigned64:
      out += std::to_string(static_cast<std::uint64_t>(value.integer()));
      return;
    case Kind::floating:
      print_number(value.floating(), out);
      return;
    case Kind::text:
      print_text(value.text(), out);
      return;
    case Kind::time:
      print_text(format(value.moment(), rfc3339_nano_layout), out);
      return;
    case Kind::zone:
      print_text(value.zone()->name(), out);
      return;
    case Kind::list: {
      if (value.list().elements == Kind::byte) {
        print_text(kube::encode_base64(bytes_of(value)), out);
        return;
      }
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
    case Kind::map:
    case Kind::dictionary:
    case Kind::record: {
      bool first = true;
      out += '{';
      for_each_entry(value, limit, [&](std::string_view key, const Value& item) {
        if (!std::exchange(first, false)) out += ',';
        new_line(inner);
        print_text(key, out);
        out += indent < 0 ? ":" : ": ";
        print_json(item, inner, limit, out);
      });
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
    case Kind::integer64:
    case Kind::byte:
      out += std::to_string(value.integer());
      return;
    case Kind::unsigned64:
      out += std::to_string(static_cast<std::uint64_t>(value.integer()));
      return;
    case Kind::duration:
      out += print_nanoseconds(value.integer());
      return;
    case Kind::month:
      out += month_name(static_cast<int>(value.integer()));
      return;
    case Kind::weekday:
      out += weekday_name(static_cast<int>(value.integer()));
      return;
    case Kind::time:
      out += format(value.moment(), plain_layout);
      return;
    case Kind::zone:
      out += value.zone()->name();
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
    case Kind::dictionary:
      out += "map[";
      for_each_entry(value, limit, [&](std::string_view key, const Value& item) {
        separate();
        (out += key) += ':';
        print_plain(item, limit, out);
      });
      out += ']';
      return;
    case Kind::record:
      out += '{';
      for (const Value& field : value.record().values) {
        separate();
        print_plain(field, limit, out);
      }
      out += '}';
      return;
    default:
      out += "<nil>";
  }
}

}  // namespace

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::nil:
      return "<nil>";
    case Kind::boolean:
      return "bool";
    case Kind::integer:
      return "int";
    case Kind::integer64:
      return "int64";
    case Kind::unsigned64:
      return "uint64";
    case Kind::byte:
      return "uint8";
    case Kind::floating:
      return "float64";
    case Kind::text:
      return "string";
    case Kind::list:
      return "[]interface {}";
    case Kind::map:
      return "map[string]interface {}";
    case Kind::dictionary:
      return "map[interface {}]interface {}";
    case Kind::time:
      return "time.Time";
    case Kind::duration:
      return "time.Duration";
    case Kind::zone:
      return "*time.Location";
    case Kind::month:
      return "time.Month";
    case Kind::weekday:
      return "time.Weekday";
    default:
      return "interface {}";
  }
}

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

Value::Value(Dictionary dictionary) {
  dictionary.depth = 1;
  for (const auto& [key, item] : dictionary.entries) dictionary.depth = std::max(dictionary.depth, item.depth() + 1);
  held_ = std::make_shared<const Dictionary>(std::move(dictionary));
}

Value::Value(Record record) {
  record.depth = 1;
  for (const Value& item : record.values) record.depth = std::max(record.depth, item.depth() + 1);
  held_ = std::make_shared<const Record>(std::move(record));
}

Value::Value(Moment moment) : held_(std::make_shared<const Moment>(std::move(moment))) {}

const Map& Value::map() const { return std::get<std::shared_ptr<const Fields>>(held_)->entries; }

std::size_t Value::depth() const {
  switch (kind()) {
    case Kind::list:
      return list().depth;
    case Kind::map:
      return std::get<std::shared_ptr<const Fields>>(held_)->depth;
    case Kind::dictionary:
      return dictionary().depth;
    case Kind::record:
      return record().depth;
    default:
      return 0;
  }
}

double Value::number() const {
  if (kind() == Kind::floating) return floating();
  if (kind() == Kind::unsigned64) return static_cast<double>(static_cast<std::uint64_t>(integer()));
  return static_cast<double>(integer());
}

const Value* Dictionary::find(const Value& key) const {
  std::string place;
  if (!key_of(key, place)) return nullptr;
  const auto found = places.find(place);
  return found == places.end() ? nullptr : &entries[found->second].second;
}

Value* Dictionary::at(const Value& key) {
  std::string place;
  if (!key_of(key, place)) return nullptr;
  const auto [found, is_new] = places.try_emplace(std::move(place), entries.size());
  if (is_new) entries.emplace_back(key, Value());
  return &entries[found->second].second;
}

const Value* Record::find(std::string_view field) const {
  const auto found = std::ranges::find(type->fields, field, &Field::name);
  return found == type->fields.end() ? nullptr : &values[static_cast<std::size_t>(found - type->fields.begin())];
}

std::string bytes_of(const Value& value) {
  std::string bytes;
  for (const Value& item : value.list().items) bytes += static_cast<char>(item.integer());
  return bytes;
}

std::string type_name(const Value& value) {
  if (value.kind() == Kind::record) return std::string(value.record().type->name);
  if (value.kind() != Kind::list) return std::string(name_of(value.kind()));
  const List& list = value.list();
  return "[]" + std::string(list.record ? list.record->name : name_of(list.elements));
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

std::string print_for_people(const Value& value) {
  const bool is_text_or_parts = value.kind() == Kind::text || value.is_nil() || value.depth() > 0;
  if (is_text_or_parts) return print_compact(value);
  return value.kind() == Kind::floating ? print_decimal(value.floating()) : print_plain(value);
}

std::string print_indented(const Value& value, std::size_t limit) {
  std::string out;
  print_json(value, 0, limit, out);
  return out;
}

}  // namespace sluice::analysis::expression
