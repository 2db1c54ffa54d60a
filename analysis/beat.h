// When a metric is measured next: exactly one interval after the last time, as long as this process remembers it.
#pragma once

#include "analysis/limits.h"
#include "crds/analysis.h"
#include "kube/time.h"

namespace sluice::analysis {

// The exact moments of the last measurement of a metric that was answered at once. The status holds whole seconds only,
// and these outlive no process.
struct Beat {
  kube::Time due;    // when it should have begun
  kube::Time began;  // when its question was sent
  kube::Time ended;
};

// A measurement that began no later than this after it was due keeps the metric on its grid, so that small delays never
// add up. A later one begins a new grid: what cannot be measured at the same moment spreads itself out.
inline constexpr kube::Duration on_time = std::chrono::milliseconds{50};

// The beat is of that measurement, whose times were cut to whole seconds.
bool is_of(const Beat& beat, const crds::Measurement& measurement);

// When to measure again after `last`, which is finished: one interval after it began, or after its end when it took
// longer than that; after an error, `error_retry` after its end. Without the beat of that measurement (null), which is
// so for the work of Jobs and for what an earlier life has measured, everything counts from the end in the status.
kube::Time next_due(const Limits& limits, const crds::Measurement& last, const Beat* exact, kube::Time now);

}  // namespace sluice::analysis
