// Numbers of pods that may be given as a percentage.
#include "sandbox/workloads/pod_amount.h"

#include <charconv>
#include <cmath>
#include <string_view>

#include <boost/json/value.hpp>

namespace sluice::sandbox {

std::int64_t pod_amount(const json::value* given, std::int64_t all, double otherwise, Rounding rounding) {
  if (given && given->is_number()) return given->to_number<std::int64_t>();
  double percent = otherwise;
  if (given && given->is_string()) {
    const std::string_view text = given->get_string();
    std::from_chars(text.data(), text.data() + text.size(), percent);
  }
  const double exact = percent * static_cast<double>(all) / 100;
  return static_cast<std::int64_t>(rounding == Rounding::up ? std::ceil(exact) : std::floor(exact));
}

}  // namespace sluice::sandbox
