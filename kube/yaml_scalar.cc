// Plain and tagged scalars, by the rules of the YAML reader that Kubernetes uses.
#include "kube/yaml_scalar.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <optional>

#include <boost/json/value.hpp>
#include <fmt/format.h>

#include "kube/base64.h"

namespace sluice::kube {
namespace {

constexpr std::string_view standard_tag = "tag:yaml.org,2002:";

template <std::size_t N>
bool is_one_of(std::string_view text, const std::string_view (&words)[N]) {
  return std::find(std::begin(words), std::end(words), text) != std::end(words);
}

constexpr std::string_view true_words[] = {"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"};
constexpr std::string_view false_words[] = {"n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"};
constexpr std::string_view null_words[] = {"", "~", "null", "Null", "NULL"};
constexpr std::string_view endless_words[] = {".nan",  ".NaN",  ".NAN",  ".inf",  ".Inf",  ".INF",
                                              "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string without_underscores(std::string_view text) {
  std::string plain(text);
  std::erase(plain, '_');
  return plain;
}

// An integral number is an integer to Kubernetes, however it was written, as long as 64 bits hold it.
json::value number(double value) {
  if (value == std::trunc(value) && value >= -0x1p63 && value < 0x1p63)
    return json::value(static_cast<std::int64_t>(value));
  return json::value(value);
}

// Removes "0x", "0o", "0b" or the leading 0 of an octal number and answers the base.
int take_base(std::string_view& digits) {
  if (digits.size() < 2 || digits[0] != '0') return 10;
  switch (digits[1]) {
    case 'x':
    case 'X':
      digits.remove_prefix(2);
      return 16;
    case 'o':
    case 'O':
      digits.remove_prefix(2);
      return 8;
    case 'b':
    case 'B':
      digits.remove_prefix(2);
      return 2;
    default:
      digits.remove_prefix(1);
      return 8;
  }
}

std::optional<json::value> integer_in(std::string_view text) {
  const bool negative = text.starts_with('-');
  const bool has_sign = negative || text.starts_with('+');
  std::string_view digits = text.substr(has_sign ? 1 : 0);
  const int base = take_base(digits);
  std::uint64_t size = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), size, base);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (negative) {
    if (size > most + 1) return std::nullopt;
    return json::value(static_cast<std::int64_t>(0 - size));
  }
  if (size <= most) return json::value(static_cast<std::int64_t>(size));
  if (has_sign) return std::nullopt;
  // Above 63 bits the number travels as JSON text with the precision of a double.
  return json::value(static_cast<double>(size));
}

// [-+]? (.d+ | d+(.d*)?) ([eE][-+]?d+)?
bool is_float(std::string_view text) {
  std::size_t at = 0;
  const auto digits = [&] {
    const std::size_t start = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    return at - start;
  };
  const auto take = [&](std::string_view any) {
    if (at >= text.size() || any.find(text[at]) == std::string_view::npos) return false;
    ++at;
    return true;
  };
  take("+-");
  const std::size_t whole = digits();
  const std::size_t decimals = take(".") ? digits() : 0;
  if (whole == 0 && decimals == 0) return false;
  if (take("eE")) {
    take("+-");
    if (digits() == 0) return false;
  }
  return at == text.size();
}

// nullopt for what is no number or lies beyond the largest double.
std::optional<double> float_in(const std::string& text) {
  if (!is_float(text)) return std::nullopt;
  const double value = std::strtod(text.c_str(), nullptr);
  if (!std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<json::value> number_in(std::string_view text) {
  if (text.empty() || !(is_digit(text[0]) || text[0] == '.' || text[0] == '-' || text[0] == '+')) return std::nullopt;
  const std::string plain = without_underscores(text);
  if (text[0] != '.')
    if (const std::optional<json::value> integer = integer_in(plain)) return integer;
  if (const std::optional<double> value = float_in(plain)) return number(*value);
  return std::nullopt;
}

}  // namespace

Result<json::value> value_of_plain_scalar(std::string_view text) {
  if (is_one_of(text, null_words)) return json::value(nullptr);
  if (is_one_of(text, true_words)) return json::value(true);
  if (is_one_of(text, false_words)) return json::value(false);
  if (is_one_of(text, endless_words))
    return Error{Fault::invalid, fmt::format("{} is not a number that JSON can hold; quote it to mean the text", text)};
  if (const std::optional<json::value> number = number_in(text)) return *number;
  return json::value(std::string(text));
}

Result<json::value> value_of_tagged_scalar(std::string_view tag, const std::string& text) {
  if (!tag.starts_with(standard_tag)) return json::value(text);
  const std::string_view type = tag.substr(standard_tag.size());
  if (type == "binary") {
    const std::optional<std::string> bytes = decode_base64(text);
    if (!bytes) return Error{Fault::invalid, "!!binary is not base64"};
    return json::value(*bytes);
  }
  const bool wants_value = type == "int" || type == "float" || type == "bool" || type == "null";
  if (!wants_value) return json::value(text);
  Result<json::value> value = value_of_plain_scalar(text);
  if (!value) return value;
  const bool fits = (type == "int" && !text.empty() && integer_in(without_underscores(text))) ||
                    (type == "float" && value->is_number()) || (type == "bool" && value->is_bool()) ||
                    (type == "null" && value->is_null());
  if (!fits) return Error{Fault::invalid, fmt::format("\"{}\" does not fit its tag !!{}", text, type)};
  return value;
}

bool looks_like_time(std::string_view text) {
  const auto digits_at = [&](std::size_t from, std::size_t count) {
    if (text.size() < from + count) return false;
    return std::all_of(text.begin() + static_cast<std::ptrdiff_t>(from),
                       text.begin() + static_cast<std::ptrdiff_t>(from + count), is_digit);
  };
  if (digits_at(0, 4) && text.size() >= 8 && text[4] == '-') return true;
  // "1:30" is 90 to a reader of YAML 1.1.
  const std::size_t colon = text.find(':');
  return colon != std::string_view::npos && colon > 0 && std::all_of(text.begin(), text.end(), [](char c) {
           return is_digit(c) || c == ':' || c == '.' || c == '+' || c == '-' || c == '_';
         });
}

Result<std::string> member_name_of(const json::value& key) {
  if (key.is_string()) return std::string(key.get_string());
  if (key.is_bool()) return std::string(key.get_bool() ? "true" : "false");
  if (key.is_null()) return Error{Fault::invalid, "a key is null; quote it to mean the text"};
  if (key.is_double()) {
    // Keys pass through a 32-bit float on their way into JSON.
    char text[32];
    const auto [end, error] =
        std::to_chars(text, text + sizeof text, static_cast<float>(key.get_double()), std::chars_format::general);
    return error == std::errc{} ? std::string(text, end) : print_json(key);
  }
  if (key.is_object() || key.is_array()) return Error{Fault::invalid, "a key must be a scalar"};
  return print_json(key);
}

}  // namespace sluice::kube
