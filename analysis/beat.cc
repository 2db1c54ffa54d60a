// When a metric is measured next: exactly one interval after the last time.
#include "analysis/beat.h"

#include "analysis/phase.h"

namespace sluice::analysis {

bool is_of(const Beat& beat, const crds::Measurement& measurement) {
  return measurement.started_at == std::chrono::floor<std::chrono::seconds>(beat.began);
}

kube::Time next_due(const Limits& limits, const crds::Measurement& last, const Beat* exact, kube::Time now) {
  const bool was_error = phase_of(last.phase) == Phase::error;
  const kube::Duration gap = was_error ? error_retry : limits.interval.value_or(error_retry);
  if (!exact) return last.finished_at.value_or(now) + gap;
  if (was_error) return exact->ended + gap;
  const kube::Time due = (exact->began - exact->due <= on_time ? exact->due : exact->began) + gap;
  return exact->ended < due ? due : exact->ended + gap;
}

}  // namespace sluice::analysis
