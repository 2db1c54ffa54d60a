// Reading a quantity as digits, scale and suffix, and writing it with the largest suffix that loses nothing.
#include "crds/canonical_quantity.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

namespace sluice::crds {
namespace {

__extension__ using Wide = __int128;

enum class Format { decimal, exponent, binary };

struct Suffix {
  int exponent = 0;  // of 10, or of 2 for the binary format
  Format format = Format::decimal;
};

struct NamedSuffix {
  std::string_view name;
  int exponent;
};
constexpr std::array<NamedSuffix, 10> decimal_suffixes{
    {{"n", -9}, {"u", -6}, {"m", -3}, {"", 0}, {"k", 3}, {"M", 6}, {"G", 9}, {"T", 12}, {"P", 15}, {"E", 18}}};
constexpr std::array<NamedSuffix, 6> binary_suffixes{
    {{"Ki", 10}, {"Mi", 20}, {"Gi", 30}, {"Ti", 40}, {"Pi", 50}, {"Ei", 60}}};

std::optional<Suffix> read_suffix(std::string_view text) {
  for (const NamedSuffix& known : decimal_suffixes)
    if (known.name == text) return Suffix{known.exponent, Format::decimal};
  for (const NamedSuffix& known : binary_suffixes)
    if (known.name == text) return Suffix{known.exponent, Format::binary};
  if (text.size() < 2 || (text[0] != 'e' && text[0] != 'E')) return std::nullopt;
  std::string_view digits = text.substr(text[1] == '+' ? 2 : 1);
  int exponent = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
  if (error != std::errc{} || end != digits.data() + digits.size() || exponent > 30 || exponent < -30)
    return std::nullopt;
  return Suffix{exponent, Format::exponent};
}

std::string_view suffix_for(int exponent, Format format) {
  if (format == Format::binary) {
    for (const NamedSuffix& known : binary_suffixes)
      if (known.exponent == exponent) return known.name;
  } else {
    for (const NamedSuffix& known : decimal_suffixes)
      if (known.exponent == exponent) return known.name;
  }
  return {};
}

std::string print(Wide number) {
  if (number == 0) return "0";
  const bool negative = number < 0;
  std::string text;
  for (Wide rest = negative ? -number : number; rest != 0; rest /= 10)
    text.insert(text.begin(), static_cast<char>('0' + static_cast<int>(rest % 10)));
  return negative ? "-" + text : text;
}

// value x 10^scale.
struct Amount {
  Wide value = 0;
  int scale = 0;
};

std::string print_decimal(Amount amount, Format format) {
  while (amount.value % 10 == 0) {
    amount.value /= 10;
    ++amount.scale;
  }
  while (amount.scale % 3 != 0) {
    amount.value *= 10;
    --amount.scale;
  }
  const std::string number = print(amount.value);
  if (format == Format::exponent) return amount.scale == 0 ? number : number + "e" + std::to_string(amount.scale);
  return number + std::string(suffix_for(amount.scale, Format::decimal));
}

// nullopt when the amount is not whole.
std::optional<Wide> whole(Amount amount) {
  for (; amount.scale < 0; ++amount.scale) {
    if (amount.value % 10 != 0) return std::nullopt;
    amount.value /= 10;
  }
  for (; amount.scale > 0; --amount.scale) amount.value *= 10;
  return amount.value;
}

std::string print_binary(Amount amount) {
  const std::optional<Wide> number = whole(amount);
  if (!number || (*number > -1024 && *number < 1024)) return print_decimal(amount, Format::decimal);
  Wide rest = *number;
  int times = 0;
  for (; rest % 1024 == 0; rest /= 1024) ++times;
  return print(rest) + std::string(suffix_for(times * 10, Format::binary));
}

// The API keeps no more than nine decimals and rounds away from zero.
void round_to_nano(Amount& amount) {
  bool lost = false;
  for (; amount.scale < -9; ++amount.scale) {
    lost = lost || amount.value % 10 != 0;
    amount.value /= 10;
  }
  if (lost) ++amount.value;
}

struct Parts {
  bool negative = false;
  std::string digits;        // before and after the point
  std::size_t decimals = 0;  // of them after the point
  Suffix suffix;
};

std::optional<Parts> take_apart(std::string_view text) {
  Parts parts;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    parts.negative = text[0] == '-';
    text.remove_prefix(1);
  }
  bool point = false;
  while (!text.empty() && ((text[0] >= '0' && text[0] <= '9') || (text[0] == '.' && !point))) {
    if (text[0] == '.') {
      point = true;
    } else {
      parts.digits.push_back(text[0]);
      if (point) ++parts.decimals;
    }
    text.remove_prefix(1);
  }
  const std::optional<Suffix> suffix = read_suffix(text);
  if (!suffix || parts.digits.empty()) return std::nullopt;
  parts.suffix = *suffix;
  // Zeros in front carry no value.
  const std::size_t whole_digits = parts.digits.size() - parts.decimals;
  std::size_t zeros = 0;
  while (zeros + 1 < whole_digits && parts.digits[zeros] == '0') ++zeros;
  parts.digits.erase(0, zeros);
  if (parts.digits.size() > 27) return std::nullopt;  // more than can be computed with here
  return parts;
}

// Kubernetes writes such a text again as it was read, although another spelling may be shorter.
bool stays(const Parts& parts, Wide value) {
  if (parts.suffix.format == Format::binary) {
    if (parts.decimals != 0 || (value & 7) == 0) return false;
    return 15 - static_cast<int>(parts.digits.size()) - parts.suffix.exponent * 3 / 10 - 1 >= 0;
  }
  const int scale = parts.suffix.exponent - static_cast<int>(parts.decimals);
  return parts.digits.size() <= 18 && scale >= -9 && scale % 3 == 0 && !parts.digits.ends_with("000") &&
         parts.digits[0] != '0';
}

}  // namespace

std::string canonical_quantity(std::string_view text) {
  const std::optional<Parts> parts = take_apart(text);
  if (!parts) return std::string(text);
  Wide value = 0;
  for (const char digit : parts->digits) value = value * 10 + (digit - '0');
  if (stays(*parts, value)) return std::string(text);
  if (value == 0) return "0";

  Amount amount{value, -static_cast<int>(parts->decimals)};
  if (parts->suffix.format != Format::binary) {
    amount.scale += parts->suffix.exponent;
  } else {
    constexpr Wide most = std::numeric_limits<std::int64_t>::max();
    for (int power = 0; power < parts->suffix.exponent; ++power)
      if (amount.value <= most * 1'000'000'000) amount.value *= 2;
    const std::optional<Wide> number = whole(amount);
    if (number && *number > most) amount = {most, 0};
  }
  round_to_nano(amount);
  if (parts->negative) amount.value = -amount.value;
  return parts->suffix.format == Format::binary ? print_binary(amount) : print_decimal(amount, parts->suffix.format);
}

}  // namespace sluice::crds
