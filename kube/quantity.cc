// Reading quantities exactly, in whole billionths.
#include "kube/quantity.h"

#include <array>
#include <charconv>
#include <utility>

namespace sluice::kube {
namespace {

using Wide = Quantity::Wide;

constexpr int most_digits = 28;

struct Suffix {
  std::string_view text;
  int ten;  // power of ten
  int two;  // power of two
};
constexpr std::array<Suffix, 16> suffixes{{{"", 0, 0},
                                           {"n", -9, 0},
                                           {"u", -6, 0},
                                           {"m", -3, 0},
                                           {"k", 3, 0},
                                           {"M", 6, 0},
                                           {"G", 9, 0},
                                           {"T", 12, 0},
                                           {"P", 15, 0},
                                           {"E", 18, 0},
                                           {"Ki", 0, 10},
                                           {"Mi", 0, 20},
                                           {"Gi", 0, 30},
                                           {"Ti", 0, 40},
                                           {"Pi", 0, 50},
                                           {"Ei", 0, 60}}};

// "e3" and "E-2" are exponents; "E" alone is a suffix.
std::optional<std::pair<int, int>> scale_of(std::string_view suffix) {
  for (const Suffix& known : suffixes)
    if (known.text == suffix) return std::pair{known.ten, known.two};
  if (suffix.size() < 2 || (suffix[0] != 'e' && suffix[0] != 'E')) return std::nullopt;
  suffix.remove_prefix(suffix[1] == '+' ? 2 : 1);
  int exponent = 0;
  const auto [end, error] = std::from_chars(suffix.data(), suffix.data() + suffix.size(), exponent);
  if (error != std::errc{} || end != suffix.data() + suffix.size()) return std::nullopt;
  return std::pair{exponent, 0};
}

// False when the product would be beyond the limit.
bool multiply(Wide& value, Wide by) {
  constexpr Wide limit = [] {
    Wide ten = 1;
    for (int digit = 0; digit < most_digits + 9; ++digit) ten *= 10;
    return ten;
  }();
  if (value != 0 && by > limit / value) return false;
  value *= by;
  return true;
}

}  // namespace

std::optional<Quantity> parse_quantity(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  Wide digits = 0;
  int fraction = 0;
  bool in_fraction = false;
  bool any = false;
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '.' && !in_fraction) {
      in_fraction = true;
    } else if (c >= '0' && c <= '9') {
      if (!multiply(digits, 10)) return std::nullopt;
      digits += c - '0';
      if (in_fraction) ++fraction;
      any = true;
    } else {
      break;
    }
  }
  const auto scale = scale_of(text.substr(at));
  if (!any || !scale) return std::nullopt;
  int ten = scale->first - fraction + 9;
  for (int two = scale->second; two > 0; two -= 10)
    if (!multiply(digits, 1024)) return std::nullopt;
  for (; ten > 0 && digits != 0; --ten)
    if (!multiply(digits, 10)) return std::nullopt;
  bool rest = false;
  for (; ten < 0 && digits != 0; ++ten) {
    rest = rest || digits % 10 != 0;
    digits /= 10;
  }
  if (rest) ++digits;
  return Quantity{negative ? -digits : digits};
}

}  // namespace sluice::kube
