// Reading and printing quantities.
#include "kube/quantity.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

#include <fmt/format.h>

namespace sluice::kube {
namespace {

__extension__ using Wide = unsigned __int128;
__extension__ using SignedWide = __int128;
using Format = Quantity::Format;

constexpr Wide ten_to(int power) {
  Wide value = 1;
  for (int i = 0; i < power; ++i) value *= 10;
  return value;
}

constexpr Wide nano = 1'000'000'000;
constexpr Wide largest = ten_to(29) * nano;  // exclusive
constexpr Wide largest_binary = (Wide{1} << 63) - 1;

struct Suffix {
  std::string_view text;
  Format format;
  int power;  // of 10, or of 1024
};
constexpr Suffix suffixes[] = {
    {"n", Format::decimal_si, -9}, {"u", Format::decimal_si, -6}, {"m", Format::decimal_si, -3},
    {"", Format::decimal_si, 0},   {"k", Format::decimal_si, 3},  {"M", Format::decimal_si, 6},
    {"G", Format::decimal_si, 9},  {"T", Format::decimal_si, 12}, {"P", Format::decimal_si, 15},
    {"E", Format::decimal_si, 18}, {"Ki", Format::binary_si, 1},  {"Mi", Format::binary_si, 2},
    {"Gi", Format::binary_si, 3},  {"Ti", Format::binary_si, 4},  {"Pi", Format::binary_si, 5},
    {"Ei", Format::binary_si, 6},
};

std::optional<Suffix> suffix_in(std::string_view text) {
  for (const Suffix& suffix : suffixes)
    if (suffix.text == text) return suffix;
  if (text.size() < 2 || (text[0] != 'e' && text[0] != 'E')) return std::nullopt;
  std::string_view digits = text.substr(1);
  const bool has_plus = digits[0] == '+';
  if (has_plus) digits.remove_prefix(1);
  if (digits.empty() || (has_plus && digits[0] == '-')) return std::nullopt;
  int power = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), power);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return Suffix{text, Format::decimal_exponent, power};
}

// digits x 10^-decimals, and whether something below that was cut off.
struct Decimal {
  Wide digits = 0;
  int decimals = 0;
  bool is_cut = false;
};

// Keeps 36 digits; nullopt when the whole part alone has more.
std::optional<Decimal> decimal_in(std::string_view text) {
  Decimal decimal;
  bool after_point = false;
  for (const char c : text) {
    if (c == '.') {
      after_point = true;
    } else if (decimal.digits < ten_to(36)) {
      decimal.digits = decimal.digits * 10 + static_cast<unsigned>(c - '0');
      if (after_point) ++decimal.decimals;
    } else if (!after_point) {
      return std::nullopt;
    } else {
      decimal.is_cut = decimal.is_cut || c != '0';
    }
  }
  return decimal;
}

bool fits(Wide value, Wide factor) { return value <= std::numeric_limits<Wide>::max() / factor; }

// Multiplies; gives up decimals where the digits would overflow. False when none are left to give up.
bool multiply(Decimal& decimal, Wide factor) {
  while (!fits(decimal.digits, factor)) {
    if (decimal.decimals == 0) return false;
    decimal.is_cut = decimal.is_cut || decimal.digits % 10 != 0;
    decimal.digits /= 10;
    --decimal.decimals;
  }
  decimal.digits *= factor;
  return true;
}

// The amount in billionths, rounded up; nullopt when it is too large.
std::optional<Wide> nanos_of(Decimal decimal, const Suffix& suffix) {
  if (decimal.digits == 0) return Wide{decimal.is_cut ? 1u : 0u};
  int power = 9;
  if (suffix.format == Format::binary_si) {
    for (int i = 0; i < suffix.power; ++i)
      if (!multiply(decimal, 1024)) return std::nullopt;
  } else {
    if (suffix.power > 40) return std::nullopt;
    power += std::max(suffix.power, -100);
  }
  power -= decimal.decimals;
  decimal.decimals = 0;
  Wide nanos = decimal.digits;
  for (; power > 0; --power) {
    if (!fits(nanos, 10)) return std::nullopt;
    nanos *= 10;
  }
  for (; power < 0; ++power) {
    decimal.is_cut = decimal.is_cut || nanos % 10 != 0;
    nanos /= 10;
  }
  return decimal.is_cut ? nanos + 1 : nanos;
}

std::string digits_of(Wide value) {
  std::string text;
  do text.insert(text.begin(), static_cast<char>('0' + static_cast<int>(value % 10)));
  while (value /= 10);
  return text;
}

std::string decimal_text(Wide nanos, Format format) {
  int power = -9;
  while (nanos % 1000 == 0 && (format == Format::decimal_exponent || power < 18)) {
    nanos /= 1000;
    power += 3;
  }
  std::string text = digits_of(nanos);
  if (format == Format::decimal_exponent) return power == 0 ? text : text + fmt::format("e{}", power);
  const auto suffix = std::find_if(std::begin(suffixes), std::end(suffixes), [&](const Suffix& known) {
    return known.format == Format::decimal_si && known.power == power;
  });
  return text.append(suffix->text);
}

std::string binary_text(Wide whole) {
  int power = 0;
  for (; whole % 1024 == 0 && power < 6; ++power) whole /= 1024;
  static constexpr std::string_view names[] = {"", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};
  return digits_of(whole).append(names[power]);
}

}  // namespace

Result<Quantity> Quantity::parse(std::string_view text) {
  const auto wrong = [whole_text = text](std::string_view why) {
    return Error{Fault::invalid,
                 fmt::format("\"{}\" is no quantity such as 250m, 2, 1.5Gi or 1e3: {}", whole_text, why)};
  };
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const std::size_t length = std::min(text.find_first_not_of("0123456789."), text.size());
  const std::string_view number = text.substr(0, length);
  if (number.empty() || std::count(number.begin(), number.end(), '.') > 1) return wrong("it must begin with a number");
  const std::optional<Suffix> suffix = suffix_in(text.substr(length));
  if (!suffix) return wrong(fmt::format("the suffix \"{}\" is unknown", text.substr(length)));
  const std::optional<Decimal> decimal = decimal_in(number);
  std::optional<Wide> nanos = decimal ? nanos_of(*decimal, *suffix) : std::nullopt;
  Quantity quantity;
  quantity.format_ = suffix->format;
  if (suffix->format == Format::binary_si && (!nanos || *nanos > largest_binary * nano)) nanos = largest_binary * nano;
  if (!nanos || *nanos >= largest) return wrong("it is too large");
  quantity.nanos_ = static_cast<SignedWide>(*nanos);
  if (negative) quantity.nanos_ = -quantity.nanos_;
  return quantity;
}

std::string Quantity::text() const {
  if (nanos_ == 0) return "0";
  const Wide size = static_cast<Wide>(nanos_ < 0 ? -nanos_ : nanos_);
  const bool is_binary = format_ == Format::binary_si && size >= 1024 * nano && size % nano == 0;
  const std::string amount =
      is_binary ? binary_text(size / nano)
                : decimal_text(size, format_ == Format::decimal_exponent ? format_ : Format::decimal_si);
  return nanos_ < 0 ? "-" + amount : amount;
}

std::int64_t Quantity::scaled(std::int64_t unit) const {
  SignedWide value = nanos_ / unit;
  if (nanos_ % unit != 0) value += nanos_ > 0 ? 1 : -1;
  constexpr SignedWide low = std::numeric_limits<std::int64_t>::min();
  constexpr SignedWide high = std::numeric_limits<std::int64_t>::max();
  return static_cast<std::int64_t>(std::clamp(value, low, high));
}

Quantity Quantity::operator+(const Quantity& other) const {
  Quantity sum = *this;
  sum.nanos_ += other.nanos_;
  return sum;
}

Quantity Quantity::operator-(const Quantity& other) const {
  Quantity rest = *this;
  rest.nanos_ -= other.nanos_;
  return rest;
}

}  // namespace sluice::kube
