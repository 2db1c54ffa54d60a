// Numbers and percentages on the command line.
#include "kubectl/flag_numbers.h"

#include <charconv>
#include <cmath>
#include <string_view>

#include <fmt/format.h>

#include "kubectl/command.h"

namespace sluice::kubectl {

double flag_number(const std::string& flag, const std::string& text, double least, double most) {
  std::string_view digits = text;
  const bool percent = digits.ends_with('%');
  if (percent) digits.remove_suffix(1);
  while (digits.ends_with(' ')) digits.remove_suffix(1);
  double value = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (digits.empty() || read.ec != std::errc() || read.ptr != digits.data() + digits.size() || !std::isfinite(value))
    throw UsageError(fmt::format("--{}: \"{}\" is no number", flag, text));
  if (percent) value /= 100;
  if (!(value >= least && value <= most))
    throw UsageError(fmt::format("--{}: {:g} is not between {:g} and {:g}", flag, value, least, most));
  return value;
}

}  // namespace sluice::kubectl
