// The functions of the language that make times, lengths of time and time zones.
#include "analysis/expression/builtins_time.h"

#include <algorithm>
#include <array>

#include "analysis/expression/builtins_text.h"
#include "analysis/expression/duration.h"
#include "analysis/expression/layout.h"
#include "analysis/expression/moment.h"
#include "analysis/expression/zone.h"

namespace sluice::analysis::expression {
namespace {

using Arguments = std::span<const Value>;

// What date() tries when it is given no layout.
constexpr std::array<std::string_view, 7> usual_layouts{"2006-01-02",
                                                        "15:04:05",
                                                        "2006-01-02 15:04:05",
                                                        rfc3339_layout,
                                                        "02 Jan 06 15:04 MST",
                                                        "Monday, 02-Jan-06 15:04:05 MST",
                                                        "Mon, 02 Jan 2006 15:04:05 MST"};

ZonePointer zone_named(const std::string& name, Machine& machine) {
  machine.step(1000);  // it may have to be read from the disk
  ZonePointer zone = find_zone(name);
  if (!zone) stop(machine.at, "unknown time zone {}", print_short(name));
  return zone;
}

// Which part of the text is wrong, in Go's words.
std::string fault_of_duration(const std::string& text) {
  constexpr std::string_view digits = "0123456789.";
  std::size_t at = text.find_first_not_of("+-");
  while (at < text.size()) {
    const std::size_t unit = std::min(text.find_first_not_of(digits, at), text.size());
    if (unit == at) break;
    if (unit == text.size()) return "time: missing unit in duration " + quoted(text);
    at = std::min(text.find_first_of(digits, unit), text.size());
    const std::string name = text.substr(unit, at - unit);
    if (!parse_nanoseconds("1" + name))
      return fmt::format("time: unknown unit {} in duration {}", quoted(name), quoted(text));
  }
  return "time: invalid duration " + quoted(text);
}

}  // namespace

Value now(Arguments, Machine& machine) { return moment_of(machine.now); }

Value duration(Arguments arguments, Machine& machine) {
  const std::string& text = text_of(arguments[0], machine);
  const std::optional<std::int64_t> nanoseconds = parse_nanoseconds(text);
  if (!nanoseconds) stop(machine.at, "{}", fault_of_duration(text));
  return Whole{*nanoseconds, Kind::duration};
}

Value date(Arguments arguments, Machine& machine) {
  const std::string& text = text_of(arguments[0], machine);
  machine.step(1 + text.size());
  const ZonePointer zone = arguments.size() > 2 ? zone_named(text_of(arguments[2], machine), machine) : ZonePointer();
  std::string mistake;
  if (arguments.size() > 1) {
    const std::string& layout = text_of(arguments[1], machine);
    machine.step(1 + layout.size());
    if (std::optional<Moment> found = parse(text, layout, zone, mistake)) return *found;
    stop(machine.at, "{}", mistake);
  }
  for (const std::string_view layout : usual_layouts)
    if (std::optional<Moment> found = parse(text, layout, zone, mistake)) return *found;
  stop(machine.at, "invalid date {}", print_short(arguments[0]));
}

Value timezone(Arguments arguments, Machine& machine) { return zone_named(text_of(arguments[0], machine), machine); }

}  // namespace sluice::analysis::expression
