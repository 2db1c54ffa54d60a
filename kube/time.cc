// Times and lengths of time as text.
#include "kube/time.h"

#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace sluice::kube {
namespace {

using std::chrono::floor;

std::string date_and_time(std::chrono::sys_seconds time) {
  const auto day = floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count());
}

// Reads exactly `digits` digits and moves on.
bool take_digits(std::string_view& text, std::size_t digits, int& number) {
  if (text.size() < digits) return false;
  number = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
    number = number * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return true;
}

bool take(std::string_view& text, char wanted) {
  if (text.empty() || std::toupper(static_cast<unsigned char>(text[0])) != wanted) return false;
  text.remove_prefix(1);
  return true;
}

// Decimals after the point as microseconds; what is finer is cut off.
Duration take_fraction(std::string_view& text) {
  std::int64_t micros = 0;
  std::int64_t unit = 100'000;
  while (!text.empty() && text[0] >= '0' && text[0] <= '9') {
    micros += (text[0] - '0') * unit;
    unit /= 10;
    text.remove_prefix(1);
  }
  return Duration(micros);
}

struct Unit {
  std::string_view name;
  double micros;
};
constexpr Unit units[] = {{"ns", 1e-3}, {"us", 1},  {"µs", 1},  {"μs", 1},
                          {"ms", 1e3},  {"s", 1e6}, {"m", 6e7}, {"h", 3.6e9}};

}  // namespace

std::string format_time(Time time) { return date_and_time(floor<std::chrono::seconds>(time)) + "Z"; }

std::string format_micro_time(Time time) {
  const auto whole = floor<std::chrono::seconds>(time);
  return fmt::format("{}.{:06}Z", date_and_time(whole), (time - whole).count());
}

Result<Time> parse_time(std::string_view text) {
  const Error wrong{Fault::invalid, fmt::format("\"{}\" is not a time such as 2026-01-02T03:04:05Z", text)};
  int year, month, day, hour, minute, second;
  if (!take_digits(text, 4, year) || !take(text, '-') || !take_digits(text, 2, month) || !take(text, '-') ||
      !take_digits(text, 2, day) || !take(text, 'T') || !take_digits(text, 2, hour) || !take(text, ':') ||
      !take_digits(text, 2, minute) || !take(text, ':') || !take_digits(text, 2, second))
    return wrong;
  Duration fraction{};
  if (take(text, '.')) fraction = take_fraction(text);
  Duration offset{};
  if (!take(text, 'Z')) {
    const int sign = take(text, '-') ? -1 : (take(text, '+') ? 1 : 0);
    int hours, minutes;
    if (sign == 0 || !take_digits(text, 2, hours) || !take(text, ':') || !take_digits(text, 2, minutes)) return wrong;
    offset = sign * (std::chrono::hours(hours) + std::chrono::minutes(minutes));
  }
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!text.empty() || !date.ok() || hour > 23 || minute > 59 || second > 60) return wrong;
  return Time(std::chrono::sys_days(date)) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second) + fraction - offset;
}

Result<Duration> parse_duration(std::string_view text) {
  const Error wrong{Fault::invalid, fmt::format("\"{}\" is not a duration such as 30s, 5m or 1h30m", text)};
  const bool negative = !text.empty() && text[0] == '-';
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  if (text == "0") return Duration::zero();
  if (text.empty()) return wrong;
  double micros = 0;
  while (!text.empty()) {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    if (error != std::errc{} || number < 0 || !std::isfinite(number)) return wrong;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    const Unit* best = nullptr;
    for (const Unit& unit : units)
      if (text.starts_with(unit.name) && (!best || unit.name.size() > best->name.size())) best = &unit;
    if (!best) return wrong;
    text.remove_prefix(best->name.size());
    micros += number * best->micros;
  }
  // Go holds durations in 64 bits of nanoseconds.
  if (micros > static_cast<double>(std::numeric_limits<std::int64_t>::max()) / 1000.0) return wrong;
  const Duration length(std::llround(micros));
  return negative ? -length : length;
}

std::string format_duration(Duration duration) {
  if (duration == Duration::zero()) return "0s";
  if (duration < Duration::zero()) return "-" + format_duration(-duration);
  const std::int64_t micros = duration.count();
  if (micros < 1'000) return fmt::format("{}µs", micros);
  if (micros < 1'000'000) return fmt::format("{:g}ms", static_cast<double>(micros) / 1e3);
  std::string text;
  const std::int64_t hours = micros / 3'600'000'000;
  const std::int64_t minutes = micros / 60'000'000 % 60;
  if (hours > 0) text += fmt::format("{}h", hours);
  if (hours > 0 || minutes > 0) text += fmt::format("{}m", minutes);
  std::string second = fmt::format("{}.{:06}", micros / 1'000'000 % 60, micros % 1'000'000);
  second.erase(second.find_last_not_of('0') + 1);
  if (second.back() == '.') second.pop_back();
  return text + second + "s";
}

std::string format_age(Duration duration) {
  const std::int64_t total = std::max<std::int64_t>(duration.count(), 0) / 1'000'000;
  const std::int64_t minutes = total / 60;
  const std::int64_t hours = total / 3600;
  const auto with_rest = [](std::int64_t number, char unit, std::int64_t rest, char rest_unit) {
    return rest == 0 ? fmt::format("{}{}", number, unit) : fmt::format("{}{}{}{}", number, unit, rest, rest_unit);
  };
  if (total < 120) return fmt::format("{}s", total);
  if (minutes < 10) return with_rest(minutes, 'm', total % 60, 's');
  if (minutes < 180) return fmt::format("{}m", minutes);
  if (hours < 8) return with_rest(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return fmt::format("{}h", hours);
  if (hours < 192) return with_rest(hours / 24, 'd', hours % 24, 'h');
  if (hours < 24 * 365 * 2) return fmt::format("{}d", hours / 24);
  if (hours < 24 * 365 * 8) return with_rest(hours / 24 / 365, 'y', hours / 24 % 365, 'd');
  return fmt::format("{}y", hours / 24 / 365);
}

}  // namespace sluice::kube
