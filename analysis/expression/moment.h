// A point in time with nanoseconds, in a time zone, and the calendar in which people read it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "analysis/expression/value.h"
#include "kube/time.h"

namespace sluice::analysis::expression {

inline constexpr std::int64_t nanoseconds_per_second = 1'000'000'000;

struct Moment {
  std::int64_t seconds = 0;      // since 1970-01-01T00:00:00Z
  std::int32_t nanoseconds = 0;  // 0 to 999,999,999
  ZonePointer zone;              // in which it is read; null is UTC
};

// What a calendar and a clock on the wall show.
struct Civil {
  std::int64_t year = 1970;
  int month = 1;  // 1 to 12
  int day = 1;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int weekday = 4;          // 0 is Sunday
  int year_day = 1;         // 1 to 366
  std::int32_t offset = 0;  // seconds east of UTC
  std::string abbreviation = "UTC";
};

Moment moment_of(kube::Time time);
// Fractions below a microsecond are cut off.
kube::Time time_of(const Moment& moment);

Civil civil_of(const Moment& moment);
// Days, hours and so on may be out of their ranges and are carried over: October 32 is November 1. The time of the wall
// is read in `zone`.
Moment moment_of(std::int64_t year, std::int64_t month, std::int64_t day, std::int64_t second_of_day,
                 std::int32_t nanoseconds, const ZonePointer& zone);
int days_in(std::int64_t year, int month);

// -1, 0, 1.
int compare(const Moment& left, const Moment& right);
Moment add(const Moment& moment, std::int64_t nanoseconds);
// In nanoseconds; what does not fit becomes the longest or the shortest length.
std::int64_t subtract(const Moment& left, const Moment& right);
// Down, or to the nearest (halves up), multiple of a length since the year 1; as it is for lengths that are not
// positive.
Moment truncated(const Moment& moment, std::int64_t nanoseconds);
Moment rounded(const Moment& moment, std::int64_t nanoseconds);
// The start of the year 1, which stands for "no time".
bool is_zero(const Moment& moment);

}  // namespace sluice::analysis::expression
