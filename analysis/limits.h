// The numbers of a metric as they are acted upon: counts, limits, times between measurements.
#pragma once

#include <cstdint>
#include <optional>

#include "crds/metric.h"
#include "kube/time.h"

namespace sluice::analysis {

struct Limits {
  // Measurements that are no errors, at least 1; nullopt measures until somebody stops it.
  std::optional<std::int64_t> count;
  std::int64_t failure = 0;  // negative: failures never end the metric
  std::int64_t inconclusive = 0;
  std::int64_t consecutive_error = 4;
  std::int64_t consecutive_success = 0;    // 0: not asked for
  std::optional<kube::Duration> interval;  // nullopt when the metric names none
  kube::Duration initial_delay{0};
};

inline constexpr kube::Duration error_retry = std::chrono::seconds{10};

// The number that a field holds; nullopt when its text is none. 0 when the field is absent.
std::optional<std::int64_t> number_in(const crds::Seldom<kube::IntOrString>& field);

// Never fails: a text that is no whole number counts as 0, a duration that cannot be read as absent; validate() has
// told the author by then.
Limits limits_of(const crds::Metric& metric);

// True for a comparison that nothing but a failure or a person ends.
bool is_endless(const crds::Metric& metric);

}  // namespace sluice::analysis
