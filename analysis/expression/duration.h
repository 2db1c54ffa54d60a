// Lengths of time as text, with nanoseconds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::analysis::expression {

// A Go duration with nanoseconds: "1h30m", "-1.5s", "0". nullopt when it is none.
std::optional<std::int64_t> parse_nanoseconds(std::string_view text);
// As Go prints it: "1h30m0s", "1.5s", "0s".
std::string print_nanoseconds(std::int64_t nanoseconds);

}  // namespace sluice::analysis::expression
