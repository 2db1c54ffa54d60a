// Times as text, by layouts in Go's way: an example that shows how 2006-01-02 15:04:05 would be written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "analysis/expression/moment.h"

namespace sluice::analysis::expression {

inline constexpr std::string_view rfc3339_layout = "2006-01-02T15:04:05Z07:00";
inline constexpr std::string_view rfc3339_nano_layout = "2006-01-02T15:04:05.999999999Z07:00";
inline constexpr std::string_view plain_layout = "2006-01-02 15:04:05.999999999 -0700 MST";

std::string format(const Moment& moment, std::string_view layout);
// Reads a time; one without an offset or an abbreviation is in `zone` (null: UTC). nullopt with the reason in `mistake`
// when the text is not what the layout shows.
std::optional<Moment> parse(std::string_view text, std::string_view layout, const ZonePointer& zone,
                            std::string& mistake);

std::string_view month_name(int month);      // 1 to 12
std::string_view weekday_name(int weekday);  // 0 is Sunday

}  // namespace sluice::analysis::expression
