// A point in time with nanoseconds, in a time zone, and the calendar in which people read it.
#include "analysis/expression/moment.h"

#include <chrono>
#include <limits>

#include "analysis/expression/zone.h"

namespace sluice::analysis::expression {
namespace {

constexpr std::int64_t seconds_per_day = 86'400;
constexpr std::int64_t year_one = -62'135'596'800;  // its start

std::int64_t floor_divide(std::int64_t number, std::int64_t by) {
  return number / by - (number % by != 0 && (number < 0) != (by < 0));
}

// Days since 1970-01-01 of the first of March of a year, from which leap days are at the end.
std::int64_t days_to_march(std::int64_t year) {
  const std::int64_t era = floor_divide(year, 400);
  const std::int64_t of_era = year - era * 400;
  return era * 146'097 + of_era * 365 + of_era / 4 - of_era / 100 - 719'468;
}

std::int64_t days_to(std::int64_t year, int month, std::int64_t day) {
  const int from_march = (month + 9) % 12;
  return days_to_march(month > 2 ? year : year - 1) + (153 * from_march + 2) / 5 + day - 1;
}

void set_date(Civil& civil, std::int64_t days) {
  civil.weekday = static_cast<int>(((days + 4) % 7 + 7) % 7);
  std::int64_t year = floor_divide(days + 719'468, 146'097) * 400;
  year += (days - days_to_march(year)) * 400 / 146'097;  // one too small at most
  if (days_to_march(year + 1) <= days) ++year;
  if (days_to_march(year) > days) --year;
  const auto of_year = static_cast<int>(days - days_to_march(year));
  const int from_march = (5 * of_year + 2) / 153;
  civil.day = of_year - (153 * from_march + 2) / 5 + 1;
  civil.month = from_march < 10 ? from_march + 3 : from_march - 9;
  civil.year = civil.month > 2 ? year : year + 1;
  civil.year_day = static_cast<int>(days - days_to(civil.year, 1, 1)) + 1;
}

__int128 since_year_one(const Moment& moment) {
  return static_cast<__int128>(moment.seconds - year_one) * nanoseconds_per_second + moment.nanoseconds;
}
Moment at_since_year_one(__int128 nanoseconds, const ZonePointer& zone) {
  __int128 seconds = nanoseconds / nanoseconds_per_second;
  auto rest = static_cast<std::int32_t>(nanoseconds % nanoseconds_per_second);
  if (rest < 0) {
    rest += static_cast<std::int32_t>(nanoseconds_per_second);
    --seconds;
  }
  return {static_cast<std::int64_t>(seconds) + year_one, rest, zone};
}

}  // namespace

Moment moment_of(kube::Time time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return {seconds.time_since_epoch().count(), static_cast<std::int32_t>((time - seconds).count() * 1000), nullptr};
}

kube::Time time_of(const Moment& moment) {
  constexpr std::int64_t limit = std::numeric_limits<std::int64_t>::max() / 1'000'000 - 1;
  const std::int64_t seconds = std::min(std::max(moment.seconds, -limit), limit);
  return kube::Time{std::chrono::microseconds{seconds * 1'000'000 + moment.nanoseconds / 1000}};
}

Civil civil_of(const Moment& moment) {
  Civil civil;
  if (moment.zone) {
    const Zone::Offset offset = moment.zone->at(moment.seconds);
    civil.offset = offset.seconds;
    civil.abbreviation = offset.abbreviation;
  }
  const std::int64_t local = moment.seconds + civil.offset;
  const std::int64_t days = floor_divide(local, seconds_per_day);
  const auto of_day = static_cast<int>(local - days * seconds_per_day);
  set_date(civil, days);
  civil.hour = of_day / 3600;
  civil.minute = of_day / 60 % 60;
  civil.second = of_day % 60;
  return civil;
}

Moment moment_of(std::int64_t year, std::int64_t month, std::int64_t day, std::int64_t second_of_day,
                 std::int32_t nanoseconds, const ZonePointer& zone) {
  const std::int64_t years = floor_divide(month - 1, 12);
  const auto month_of_year = static_cast<int>(month - years * 12);
  const std::int64_t wall = days_to(year + years, month_of_year, day) * seconds_per_day + second_of_day;
  return {zone ? zone->from_wall(wall) : wall, nanoseconds, zone};
}

int days_in(std::int64_t year, int month) {
  return static_cast<int>(days_to(month == 12 ? year + 1 : year, month % 12 + 1, 1) - days_to(year, month, 1));
}

int compare(const Moment& left, const Moment& right) {
  if (left.seconds != right.seconds) return left.seconds < right.seconds ? -1 : 1;
  if (left.nanoseconds != right.nanoseconds) return left.nanoseconds < right.nanoseconds ? -1 : 1;
  return 0;
}

Moment add(const Moment& moment, std::int64_t nanoseconds) {
  return at_since_year_one(since_year_one(moment) + nanoseconds, moment.zone);
}

std::int64_t subtract(const Moment& left, const Moment& right) {
  const __int128 length = since_year_one(left) - since_year_one(right);
  if (length > std::numeric_limits<std::int64_t>::max()) return std::numeric_limits<std::int64_t>::max();
  if (length < std::numeric_limits<std::int64_t>::min()) return std::numeric_limits<std::int64_t>::min();
  return static_cast<std::int64_t>(length);
}

Moment truncated(const Moment& moment, std::int64_t nanoseconds) {
  if (nanoseconds <= 0) return moment;
  const __int128 since = since_year_one(moment);
  const __int128 rest = (since % nanoseconds + nanoseconds) % nanoseconds;
  return at_since_year_one(since - rest, moment.zone);
}

Moment rounded(const Moment& moment, std::int64_t nanoseconds) {
  if (nanoseconds <= 0) return moment;
  const __int128 since = since_year_one(moment);
  const __int128 rest = (since % nanoseconds + nanoseconds) % nanoseconds;
  return at_since_year_one(rest * 2 < nanoseconds ? since - rest : since - rest + nanoseconds, moment.zone);
}

bool is_zero(const Moment& moment) { return moment.seconds == year_one && moment.nanoseconds == 0; }

}  // namespace sluice::analysis::expression
