// Reading and printing JSON within limits, the way the Kubernetes API does.
#include "kube/json.h"

#include <charconv>
#include <cmath>

#include <boost/json.hpp>
#include <fmt/format.h>

namespace sluice::kube {
namespace {

bool all_finite(const json::value& value) {
  if (value.is_double()) return std::isfinite(value.get_double());
  if (value.is_array()) {
    for (const json::value& item : value.get_array())
      if (!all_finite(item)) return false;
  } else if (value.is_object()) {
    for (const auto& member : value.get_object())
      if (!all_finite(member.value())) return false;
  }
  return true;
}

void print_number(double number, std::string& to) {
  char text[32];
  const double size = std::fabs(number);
  const bool fixed = size == 0 || (size >= 1e-6 && size < 1e21);
  const auto [end, error] =
      std::to_chars(text, text + sizeof text, number, fixed ? std::chars_format::fixed : std::chars_format::scientific);
  if (error != std::errc{}) return;
  to.append(text, end);
  // Go writes 1e-7 where C writes 1e-07.
  if (to.ends_with("e-07") || to.ends_with("e-08") || to.ends_with("e-09")) to.erase(to.size() - 2, 1);
}

void print(const json::value& value, std::string& to, int indent, int depth) {
  const auto line = [&](int level) {
    if (indent == 0) return;
    to.push_back('\n');
    to.append(static_cast<std::size_t>(indent * level), ' ');
  };
  if (value.is_object()) {
    bool first = true;
    to.push_back('{');
    for (const auto& member : value.get_object()) {
      if (!std::exchange(first, false)) to.push_back(',');
      line(depth + 1);
      to += json::serialize(member.key());
      to += indent ? ": " : ":";
      print(member.value(), to, indent, depth + 1);
    }
    if (!first) line(depth);
    to.push_back('}');
  } else if (value.is_array()) {
    bool first = true;
    to.push_back('[');
    for (const json::value& item : value.get_array()) {
      if (!std::exchange(first, false)) to.push_back(',');
      line(depth + 1);
      print(item, to, indent, depth + 1);
    }
    if (!first) line(depth);
    to.push_back(']');
  } else if (value.is_double()) {
    print_number(value.get_double(), to);
  } else {
    to += json::serialize(value);
  }
}

}  // namespace

std::string describe(const Mistakes& mistakes) {
  std::string text;
  for (const Mistake& mistake : mistakes) {
    if (!text.empty()) text += "; ";
    text += mistake.path.empty() ? mistake.message : mistake.path + ": " + mistake.message;
  }
  return text;
}

Result<json::value> parse_json(std::string_view text) {
  json::parse_options options;
  options.max_depth = 256;
  json::parser parser({}, options);
  boost::system::error_code error;
  const std::size_t read = parser.write(text, error);
  if (error.failed()) return Error{Fault::invalid, fmt::format("not JSON at byte {}: {}", read, error.message())};
  json::value value = parser.release();
  if (!all_finite(value)) return Error{Fault::invalid, "not JSON: a number is too large"};
  return value;
}

std::string print_json(const json::value& value) {
  std::string text;
  print(value, text, 0, 0);
  return text;
}

std::string print_json_indented(const json::value& value) {
  std::string text;
  print(value, text, 2, 0);
  return text;
}

const json::value* find_at(const json::value& value, std::initializer_list<std::string_view> path) {
  const json::value* at = &value;
  for (const std::string_view name : path) {
    if (!at->is_object()) return nullptr;
    at = at->get_object().if_contains(name);
    if (!at) return nullptr;
  }
  return at;
}

std::string_view text_at(const json::value& value, std::initializer_list<std::string_view> path) {
  const json::value* at = find_at(value, path);
  if (!at || !at->is_string()) return {};
  return at->get_string();
}

std::int64_t number_at(const json::value& value, std::initializer_list<std::string_view> path, std::int64_t otherwise) {
  const json::value* at = find_at(value, path);
  if (!at || !at->is_number()) return otherwise;
  boost::system::error_code error;
  const auto number = at->to_number<std::int64_t>(error);
  return error.failed() ? otherwise : number;
}

}  // namespace sluice::kube
