// Points in time and lengths of time, and how Kubernetes and Go write them.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "kube/result.h"

namespace sluice::kube {

// UTC with microseconds, the finest time of the Kubernetes API (MicroTime).
using Time = std::chrono::sys_time<std::chrono::microseconds>;
using Duration = std::chrono::microseconds;
using std::chrono::seconds;

// RFC 3339 in UTC with whole seconds, as metav1.Time is written: "2026-01-02T03:04:05Z". Fractions are cut off.
std::string format_time(Time time);
// RFC 3339 in UTC with six decimals, as metav1.MicroTime is written.
std::string format_micro_time(Time time);
// Reads RFC 3339 with any offset and any number of decimals.
Result<Time> parse_time(std::string_view text);

// A Go duration ("1h30m", "500ms", "-1.5s", "0"). Units: ns, us, µs, ms, s, m, h.
Result<Duration> parse_duration(std::string_view text);
// As Go's Duration.String prints it: "1h30m0s", "1.5s", "0s".
std::string format_duration(Duration duration);
// As kubectl prints ages: "5s", "3m12s", "47h", "12d".
std::string format_age(Duration duration);

}  // namespace sluice::kube
