// Numbers of pods that may be given as a percentage.
#pragma once

#include <cstdint>

#include <boost/json/fwd.hpp>

namespace sluice::sandbox {

namespace json = boost::json;

enum class Rounding { up, down };

// A number, or a text such as "25%" of `all`. `given` may be nullptr: then `otherwise` percent of `all`.
std::int64_t pod_amount(const json::value* given, std::int64_t all, double otherwise, Rounding rounding);

}  // namespace sluice::sandbox
