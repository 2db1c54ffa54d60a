// Lengths of time as text, with nanoseconds.
#include "analysis/expression/duration.h"

#include <fmt/format.h>

namespace sluice::analysis::expression {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::optional<std::int64_t> parse_nanoseconds(std::string_view text) {
  struct Unit {
    std::string_view name;
    std::int64_t size;
  };
  static constexpr Unit units[] = {
      {"ns", 1},         {"us", 1'000},        {"µs", 1'000},         {"μs", 1'000},
      {"ms", 1'000'000}, {"s", 1'000'000'000}, {"m", 60'000'000'000}, {"h", 3'600'000'000'000}};
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text == "0") return 0;
  if (text.empty()) return std::nullopt;
  constexpr std::uint64_t limit = std::uint64_t{1} << 63;
  std::uint64_t total = 0;
  while (!text.empty()) {
    // Whole part and decimals are kept apart, so that nanoseconds come out exactly.
    std::uint64_t whole = 0;
    std::uint64_t fraction = 0;
    std::uint64_t scale = 1;
    std::size_t digits = 0;
    for (; !text.empty() && is_digit(text[0]); text.remove_prefix(1), ++digits) {
      if (whole > limit / 10) return std::nullopt;
      whole = whole * 10 + static_cast<std::uint64_t>(text[0] - '0');
    }
    if (text.starts_with('.')) {
      text.remove_prefix(1);
      for (; !text.empty() && is_digit(text[0]); text.remove_prefix(1), ++digits) {
        if (scale >= 1'000'000'000'000'000) continue;
        fraction = fraction * 10 + static_cast<std::uint64_t>(text[0] - '0');
        scale *= 10;
      }
    }
    if (digits == 0) return std::nullopt;
    const Unit* best = nullptr;
    for (const Unit& unit : units)
      if (text.starts_with(unit.name) && (!best || unit.name.size() > best->name.size())) best = &unit;
    if (!best) return std::nullopt;
    text.remove_prefix(best->name.size());
    const auto size = static_cast<std::uint64_t>(best->size);
    if (whole > limit / size) return std::nullopt;
    const auto part = static_cast<std::uint64_t>(static_cast<unsigned __int128>(fraction) * size / scale);
    total += whole * size + part;
    if (total > limit) return std::nullopt;
  }
  if (negative) return static_cast<std::int64_t>(0 - total);
  if (total == limit) return std::nullopt;
  return static_cast<std::int64_t>(total);
}

std::string print_nanoseconds(std::int64_t nanoseconds) {
  if (nanoseconds == 0) return "0s";
  const std::string sign = nanoseconds < 0 ? "-" : "";
  const std::uint64_t size =
      nanoseconds < 0 ? 0 - static_cast<std::uint64_t>(nanoseconds) : static_cast<std::uint64_t>(nanoseconds);
  const auto decimal = [](std::uint64_t number, std::uint64_t unit, int digits) {
    std::string text = fmt::format("{}.{:0{}}", number / unit, number % unit, digits);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
    return text;
  };
  if (size < 1'000) return fmt::format("{}{}ns", sign, size);
  if (size < 1'000'000) return sign + decimal(size, 1'000, 3) + "µs";
  if (size < 1'000'000'000) return sign + decimal(size, 1'000'000, 6) + "ms";
  const std::uint64_t seconds = size / 1'000'000'000;
  std::string text = sign;
  if (seconds >= 3600) text += fmt::format("{}h", seconds / 3600);
  if (seconds >= 60) text += fmt::format("{}m", seconds / 60 % 60);
  return text + decimal(size % 60'000'000'000, 1'000'000'000, 9) + "s";
}

}  // namespace sluice::analysis::expression
