// The methods of times and lengths of time.
#include "analysis/expression/methods.h"

#include <limits>

#include "analysis/expression/layout.h"
#include "analysis/expression/moment.h"
#include "analysis/expression/zone.h"

namespace sluice::analysis::expression {
namespace {

using Arguments = std::span<const Value>;

Value whole(std::int64_t number) { return number; }
Value whole64(std::int64_t number) { return Whole{number, Kind::integer64}; }
Value length(std::int64_t nanoseconds) { return Whole{nanoseconds, Kind::duration}; }

// One number of the calendar or the clock on the wall.
template <auto member>
Value shown(const Value& self, Arguments, Machine&) {
  return whole(civil_of(self.moment()).*member);
}
template <auto member, Kind kind>
Value shown_as(const Value& self, Arguments, Machine&) {
  return Whole{civil_of(self.moment()).*member, kind};
}

Value nanosecond(const Value& self, Arguments, Machine&) { return whole(self.moment().nanoseconds); }
// Since 1970; `per_second` says in which unit. Out of range wraps around, as Go's does.
template <std::int64_t per_second>
Value unix_time(const Value& self, Arguments, Machine&) {
  const Moment& at = self.moment();
  const auto seconds = static_cast<std::uint64_t>(at.seconds) * static_cast<std::uint64_t>(per_second);
  return whole64(static_cast<std::int64_t>(
      seconds + static_cast<std::uint64_t>(at.nanoseconds / (nanoseconds_per_second / per_second))));
}

Value format_time(const Value& self, Arguments arguments, Machine& machine) {
  machine.step(1 + arguments[0].text().size());
  std::string text = format(self.moment(), arguments[0].text());
  machine.reserve_bytes(text.size());
  return text;
}
Value print_time(const Value& self, Arguments, Machine& machine) {
  std::string text = print_plain(self);
  machine.reserve_bytes(text.size());
  return text;
}

Value add_length(const Value& self, Arguments arguments, Machine&) {
  return add(self.moment(), arguments[0].integer());
}
Value add_date(const Value& self, Arguments arguments, Machine& machine) {
  constexpr std::int64_t limit = 1'000'000;
  for (const Value& number : arguments)
    if (number.integer() > limit || number.integer() < -limit)
      stop(machine.at, "AddDate: {} is out of range (limit {})", number.integer(), limit);
  const Moment& at = self.moment();
  const Civil civil = civil_of(at);
  return moment_of(civil.year + arguments[0].integer(), civil.month + arguments[1].integer(),
                   civil.day + arguments[2].integer(), civil.hour * 3600 + civil.minute * 60 + civil.second,
                   at.nanoseconds, at.zone);
}
Value since(const Value& self, Arguments arguments, Machine&) {
  return length(subtract(self.moment(), arguments[0].moment()));
}
Value after(const Value& self, Arguments arguments, Machine&) {
  return compare(self.moment(), arguments[0].moment()) > 0;
}
Value before(const Value& self, Arguments arguments, Machine&) {
  return compare(self.moment(), arguments[0].moment()) < 0;
}
Value equal(const Value& self, Arguments arguments, Machine&) {
  return compare(self.moment(), arguments[0].moment()) == 0;
}
Value compare_times(const Value& self, Arguments arguments, Machine&) {
  return whole(compare(self.moment(), arguments[0].moment()));
}
Value is_zero_time(const Value& self, Arguments, Machine&) { return is_zero(self.moment()); }
Value in_zone(const Value& self, Arguments arguments, Machine&) {
  Moment at = self.moment();
  at.zone = arguments[0].zone();
  return at;
}
Value in_utc(const Value& self, Arguments, Machine&) {
  Moment at = self.moment();
  at.zone = nullptr;
  return at;
}
Value zone_of(const Value& self, Arguments, Machine&) {
  return self.moment().zone ? self.moment().zone : find_zone("UTC");
}
Value truncate_time(const Value& self, Arguments arguments, Machine&) {
  return truncated(self.moment(), arguments[0].integer());
}
Value round_time(const Value& self, Arguments arguments, Machine&) {
  return rounded(self.moment(), arguments[0].integer());
}

// Whole and decimal part are taken apart, so that a length of many hours keeps its nanoseconds.
template <std::int64_t unit>
Value fraction(const Value& self, Arguments, Machine&) {
  const std::int64_t number = self.integer();
  return static_cast<double>(number / unit) + static_cast<double>(number % unit) / static_cast<double>(unit);
}
template <std::int64_t unit>
Value count(const Value& self, Arguments, Machine&) {
  return whole64(self.integer() / unit);
}
Value print_any(const Value& self, Arguments, Machine&) { return print_plain(self); }
Value size_of_length(const Value& self, Arguments, Machine&) {
  const std::int64_t number = self.integer();
  if (number == std::numeric_limits<std::int64_t>::min()) return length(std::numeric_limits<std::int64_t>::max());
  return length(number < 0 ? -number : number);
}
Value truncate_length(const Value& self, Arguments arguments, Machine&) {
  const std::int64_t unit = arguments[0].integer();
  return length(unit <= 0 ? self.integer() : self.integer() - self.integer() % unit);
}
// To the nearest multiple, halves away from zero; what does not fit becomes the longest or the shortest length.
Value round_length(const Value& self, Arguments arguments, Machine&) {
  const __int128 unit = arguments[0].integer();
  const __int128 number = self.integer();
  if (unit <= 0) return self;
  const __int128 rest = number % unit;
  __int128 nearest = number - rest;
  if (rest * 2 >= unit) nearest += unit;
  if (rest * 2 <= -unit) nearest -= unit;
  if (nearest > std::numeric_limits<std::int64_t>::max()) return length(std::numeric_limits<std::int64_t>::max());
  if (nearest < std::numeric_limits<std::int64_t>::min()) return length(std::numeric_limits<std::int64_t>::min());
  return length(static_cast<std::int64_t>(nearest));
}

constexpr Kind no_arguments = Kind::unknown;

constexpr Method methods[] = {
    // of, name, arguments, what they are, what it gives, what it does
    {Kind::time, "Year", 0, no_arguments, Kind::integer, shown<&Civil::year>},
    {Kind::time, "Month", 0, no_arguments, Kind::month, shown_as<&Civil::month, Kind::month>},
    {Kind::time, "Day", 0, no_arguments, Kind::integer, shown<&Civil::day>},
    {Kind::time, "Hour", 0, no_arguments, Kind::integer, shown<&Civil::hour>},
    {Kind::time, "Minute", 0, no_arguments, Kind::integer, shown<&Civil::minute>},
    {Kind::time, "Second", 0, no_arguments, Kind::integer, shown<&Civil::second>},
    {Kind::time, "Nanosecond", 0, no_arguments, Kind::integer, nanosecond},
    {Kind::time, "Weekday", 0, no_arguments, Kind::weekday, shown_as<&Civil::weekday, Kind::weekday>},
    {Kind::time, "YearDay", 0, no_arguments, Kind::integer, shown<&Civil::year_day>},
    {Kind::time, "Unix", 0, no_arguments, Kind::integer64, unix_time<1>},
    {Kind::time, "UnixMilli", 0, no_arguments, Kind::integer64, unix_time<1'000>},
    {Kind::time, "UnixMicro", 0, no_arguments, Kind::integer64, unix_time<1'000'000>},
    {Kind::time, "UnixNano", 0, no_arguments, Kind::integer64, unix_time<1'000'000'000>},
    {Kind::time, "Format", 1, Kind::text, Kind::text, format_time},
    {Kind::time, "Add", 1, Kind::duration, Kind::time, add_length},
    {Kind::time, "AddDate", 3, Kind::integer, Kind::time, add_date},
    {Kind::time, "Sub", 1, Kind::time, Kind::duration, since},
    {Kind::time, "After", 1, Kind::time, Kind::boolean, after},
    {Kind::time, "Before", 1, Kind::time, Kind::boolean, before},
    {Kind::time, "Equal", 1, Kind::time, Kind::boolean, equal},
    {Kind::time, "Compare", 1, Kind::time, Kind::integer, compare_times},
    {Kind::time, "IsZero", 0, no_arguments, Kind::boolean, is_zero_time},
    {Kind::time, "UTC", 0, no_arguments, Kind::time, in_utc},
    {Kind::time, "In", 1, Kind::zone, Kind::time, in_zone},
    {Kind::time, "Location", 0, no_arguments, Kind::zone, zone_of},
    {Kind::time, "Truncate", 1, Kind::duration, Kind::time, truncate_time},
    {Kind::time, "Round", 1, Kind::duration, Kind::time, round_time},
    {Kind::time, "String", 0, no_arguments, Kind::text, print_time},
    {Kind::duration, "Hours", 0, no_arguments, Kind::floating, fraction<3'600'000'000'000>},
    {Kind::duration, "Minutes", 0, no_arguments, Kind::floating, fraction<60'000'000'000>},
    {Kind::duration, "Seconds", 0, no_arguments, Kind::floating, fraction<1'000'000'000>},
    {Kind::duration, "Milliseconds", 0, no_arguments, Kind::integer64, count<1'000'000>},
    {Kind::duration, "Microseconds", 0, no_arguments, Kind::integer64, count<1'000>},
    {Kind::duration, "Nanoseconds", 0, no_arguments, Kind::integer64, count<1>},
    {Kind::duration, "String", 0, no_arguments, Kind::text, print_any},
    {Kind::duration, "Abs", 0, no_arguments, Kind::duration, size_of_length},
    {Kind::duration, "Round", 1, Kind::duration, Kind::duration, round_length},
    {Kind::duration, "Truncate", 1, Kind::duration, Kind::duration, truncate_length},
    {Kind::month, "String", 0, no_arguments, Kind::text, print_any},
    {Kind::weekday, "String", 0, no_arguments, Kind::text, print_any},
    {Kind::zone, "String", 0, no_arguments, Kind::text, print_any},
};

}  // namespace

bool has_methods(Kind kind) { return kind >= Kind::time && kind <= Kind::weekday; }

const Method* find_method(Kind kind, std::string_view name) {
  for (const Method& method : methods)
    if (method.of == kind && method.name == name) return &method;
  return nullptr;
}

}  // namespace sluice::analysis::expression
