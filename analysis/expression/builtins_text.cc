// The functions of the language that work on text.
#include "analysis/expression/builtins_text.h"

#include <algorithm>

#include "analysis/expression/unicode.h"
#include "kube/base64.h"

namespace sluice::analysis::expression {
namespace {

using Arguments = std::span<const Value>;

std::int64_t count_of(Arguments arguments, std::size_t place, const Machine& machine) {
  if (arguments.size() <= place) return -1;
  if (!arguments[place].is_integer())
    stop(machine.at, "interface conversion: interface {{}} is {}, not int", type_name(arguments[place]));
  return arguments[place].integer();
}

Value made(std::string text, Machine& machine) {
  machine.reserve_bytes(text.size());
  return text;
}

// The length of the piece at `at` up to the separator; without a separator, of one code point.
std::size_t piece_length(std::string_view text, std::size_t at, std::string_view separator) {
  if (!separator.empty()) return std::min(text.find(separator, at), text.size()) - at;
  const std::optional<CodePoint> next = decode_code_point(text, at);
  return next ? next->length : 1;
}

// At most `limit` pieces when it is not negative; `keep` leaves the separator at the end of each piece.
Value split_at(Arguments arguments, bool keep, Machine& machine) {
  const std::string& text = text_of(arguments[0], machine);
  const std::string& separator = text_of(arguments[1], machine);
  const std::int64_t limit = count_of(arguments, 2, machine);
  machine.step(1 + text.size() / 16);
  machine.reserve_bytes(text.size());
  List pieces;
  pieces.elements = Kind::text;
  if (limit == 0 || (separator.empty() && text.empty())) return pieces;
  const auto add = [&](std::string_view piece) {
    machine.reserve_elements(1);
    pieces.items.emplace_back(piece);
  };
  const std::string_view all = text;
  std::size_t at = 0;
  while (limit < 0 || static_cast<std::int64_t>(pieces.items.size()) + 1 < limit) {
    const std::size_t length = piece_length(all, at, separator);
    if (at + length >= all.size()) break;
    add(all.substr(at, keep ? length + separator.size() : length));
    at += length + separator.size();
  }
  add(all.substr(at));
  return pieces;
}

bool is_trimmed(std::string_view text, std::size_t at, std::size_t length, std::string_view set) {
  if (!set.empty()) return set.find(text.substr(at, length)) != std::string_view::npos;
  const std::optional<CodePoint> next = decode_code_point(text, at);
  return next && is_space(next->value);
}

}  // namespace

const std::string& text_of(const Value& value, const Machine& machine) {
  if (value.kind() != Kind::text)
    stop(machine.at, "interface conversion: interface {{}} is {}, not string",
         value.is_nil() ? std::string("nil") : type_name(value));
  return value.text();
}

bool is_descending(const Value* order, const Machine& machine) {
  if (!order) return false;
  const std::string& word = text_of(*order, machine);
  if (word != "asc" && word != "desc") stop(machine.at, "unknown order, use asc or desc");
  return word == "desc";
}

std::string quoted(std::string_view text) {
  constexpr std::size_t limit = 64;
  std::string out = "\"";
  for (const char c : text.substr(0, limit)) {
    if (c == '"' || c == '\\')
      (out += '\\') += c;
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    else
      out += c;
  }
  return out + (text.size() > limit ? "…\"" : "\"");
}

Value join(Arguments arguments, Machine& machine) {
  if (arguments[0].kind() != Kind::list)
    stop(machine.at, "invalid argument for join (type {})", type_name(arguments[0]));
  const std::string_view separator = arguments.size() > 1 ? text_of(arguments[1], machine) : std::string_view();
  std::string joined;
  bool first = true;
  for (const Value& item : arguments[0].list().items) {
    const std::string& text = text_of(item, machine);
    machine.reserve_bytes(text.size() + separator.size());
    if (!std::exchange(first, false)) joined += separator;
    joined += text;
  }
  return joined;
}

Value split(Arguments arguments, Machine& machine) { return split_at(arguments, false, machine); }
Value split_after(Arguments arguments, Machine& machine) { return split_at(arguments, true, machine); }

Value replace(Arguments arguments, Machine& machine) {
  const std::string_view text = text_of(arguments[0], machine);
  const std::string& old_part = text_of(arguments[1], machine);
  const std::string& new_part = text_of(arguments[2], machine);
  std::int64_t left = count_of(arguments, 3, machine);
  std::string changed;
  std::size_t at = 0;
  machine.reserve_bytes(text.size());
  // An empty old part stands before every code point and at the end.
  for (; left != 0; --left) {
    machine.step();
    const std::size_t found = text.find(old_part, at);
    if (found == std::string_view::npos) break;
    machine.reserve_bytes(new_part.size());
    changed.append(text.substr(at, found - at)).append(new_part);
    at = found + old_part.size();
    if (!old_part.empty()) continue;
    if (at >= text.size()) return changed;
    const std::size_t length = piece_length(text, at, {});
    changed.append(text.substr(at, length));
    at += length;
  }
  return changed.append(text.substr(at));
}

Value repeat(Arguments arguments, Machine& machine) {
  const std::string& text = text_of(arguments[0], machine);
  const std::int64_t count = count_of(arguments, 1, machine);
  if (count < 0) stop(machine.at, "invalid argument for repeat (expected positive integer, got {})", count);
  if (count > 1'000'000) stop(machine.at, "memory budget exceeded");
  machine.reserve_bytes(text.size() * static_cast<std::size_t>(count));
  std::string repeated;
  repeated.reserve(text.size() * static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) repeated += text;
  return repeated;
}

Value trim(Arguments arguments, Machine& machine) {
  std::string_view text = text_of(arguments[0], machine);
  const std::string_view set = arguments.size() > 1 ? text_of(arguments[1], machine) : std::string_view();
  if (arguments.size() > 1 && set.empty()) return arguments[0];
  machine.step(1 + text.size() / 16);
  while (!text.empty()) {
    const std::size_t length = piece_length(text, 0, {});
    if (!is_trimmed(text, 0, length, set)) break;
    text.remove_prefix(length);
  }
  while (!text.empty()) {
    std::size_t at = text.size() - 1;
    while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
    if (!is_trimmed(text, at, text.size() - at, set)) break;
    text = text.substr(0, at);
  }
  return made(std::string(text), machine);
}

Value trim_prefix(Arguments arguments, Machine& machine) {
  const std::string_view text = text_of(arguments[0], machine);
  const std::string_view part = arguments.size() > 1 ? std::string_view(text_of(arguments[1], machine)) : " ";
  return made(std::string(text.starts_with(part) ? text.substr(part.size()) : text), machine);
}

Value trim_suffix(Arguments arguments, Machine& machine) {
  const std::string_view text = text_of(arguments[0], machine);
  const std::string_view part = arguments.size() > 1 ? std::string_view(text_of(arguments[1], machine)) : " ";
  return made(std::string(text.ends_with(part) ? text.substr(0, text.size() - part.size()) : text), machine);
}

Value upper(Arguments arguments, Machine& machine) { return made(to_upper(text_of(arguments[0], machine)), machine); }
Value lower(Arguments arguments, Machine& machine) { return made(to_lower(text_of(arguments[0], machine)), machine); }

Value has_prefix(Arguments arguments, Machine& machine) {
  return text_of(arguments[0], machine).starts_with(text_of(arguments[1], machine));
}
Value has_suffix(Arguments arguments, Machine& machine) {
  return text_of(arguments[0], machine).ends_with(text_of(arguments[1], machine));
}

Value index_of(Arguments arguments, Machine& machine) {
  const std::size_t at = text_of(arguments[0], machine).find(text_of(arguments[1], machine));
  return at == std::string::npos ? std::int64_t{-1} : static_cast<std::int64_t>(at);
}
Value last_index_of(Arguments arguments, Machine& machine) {
  const std::size_t at = text_of(arguments[0], machine).rfind(text_of(arguments[1], machine));
  return at == std::string::npos ? std::int64_t{-1} : static_cast<std::int64_t>(at);
}

Value to_base64(Arguments arguments, Machine& machine) {
  const std::string& text = text_of(arguments[0], machine);
  machine.reserve_bytes(text.size() / 3 * 4 + 4);
  return kube::encode_base64(text);
}
Value from_base64(Arguments arguments, Machine& machine) {
  const std::optional<std::string> text = kube::decode_base64(text_of(arguments[0], machine));
  if (!text) stop(machine.at, "illegal base64 data");
  return made(*text, machine);
}

}  // namespace sluice::analysis::expression
