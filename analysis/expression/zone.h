// Time zones: which offset from UTC the clocks on the wall of a place show at a moment.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/expression/value.h"

namespace sluice::analysis::expression {

class Zone {
 public:
  struct Offset {
    std::int32_t seconds = 0;  // east of UTC
    std::string abbreviation;  // "CEST"
  };

  // One offset for ever.
  Zone(std::string name, Offset offset);
  // A zone from the bytes of a file of the system's time zone database (TZif). False when they make no sense.
  static bool read(std::string name, std::string_view bytes, Zone& zone);

  const std::string& name() const { return name_; }
  // At a moment in seconds since 1970-01-01T00:00:00Z.
  Offset at(std::int64_t seconds) const;
  // The moment at which clocks on the wall show this time, given as if it were UTC. A time that does not exist or
  // exists twice is read with the offset before the change.
  std::int64_t from_wall(std::int64_t wall) const;
  // The offset that has this abbreviation somewhere in the zone; nullptr when there is none.
  const Offset* with_abbreviation(std::string_view abbreviation) const;

 private:
  // One of the two changes of every year: the n-th weekday of a month, or a day of the year.
  struct Change {
    char form = 'M';  // M month.week.weekday, J day without leap days (1 to 365), 0 day with them (0 to 365)
    int month = 0, week = 0, weekday = 0, day = 0;
    std::int64_t second = 7200;                     // of that day, on the wall
    std::int64_t in_year(std::int64_t year) const;  // wall time as if UTC
  };
  struct Rule {
    Offset standard;
    Offset summer;
    Change begins;  // of summer time
    Change ends;
    bool has_summer = false;
  };
  struct RuleText;

  Offset by_rule(std::int64_t seconds) const;

  std::string name_;
  std::vector<std::int64_t> changes_;  // moments, ascending
  std::vector<std::uint8_t> types_;    // the offset from each change on
  std::vector<Offset> offsets_;        // the first one holds before all changes; never empty
  Rule rule_;                          // for what comes after the last change
  bool has_rule_ = false;
};

// A zone by its name ("Europe/Berlin", "UTC", ""); null when the system does not know it. Names that could lead out of
// the database are not looked up.
ZonePointer find_zone(std::string_view name);
ZonePointer fixed_zone(std::string abbreviation, std::int32_t offset);

}  // namespace sluice::analysis::expression
