// Histograms of the durations of updates.
#include "controller/update_durations.h"

#include <algorithm>
#include <chrono>

namespace sluice::controller {
namespace {

const std::vector<double> total_bounds{30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 28800};
const std::vector<double> progression_bounds{30, 60, 120, 300, 600, 900, 1800, 3600};
const std::vector<double> paused_bounds{0, 60, 300, 600, 1800, 3600, 7200, 14400, 28800};

}  // namespace

void UpdateDurations::Histogram::add(const std::vector<double>& bounds, double seconds) {
  counts.resize(bounds.size() + 1);
  const auto bucket = std::lower_bound(bounds.begin(), bounds.end(), seconds) - bounds.begin();
  ++counts[static_cast<std::size_t>(bucket)];
  sum += seconds;
}

void UpdateDurations::note(const crds::RolloutStatus& before, const crds::RolloutStatus& after) {
  if (!before.duration || !before.duration->rollout_started_at || !after.duration) return;
  if (before.duration->finished_at) return;
  const bool is_same = after.duration->rollout_started_at == before.duration->rollout_started_at;
  // Another update took its place before it was finished.
  const auto end = is_same ? after.duration->finished_at : after.duration->rollout_started_at;
  if (!end) return;
  const crds::RolloutDuration& told = is_same ? *after.duration : *before.duration;
  const std::string status = is_same ? told.completion_status.text() : "Superseded";
  const double total = std::max(0.0, std::chrono::duration<double>(*end - *told.rollout_started_at).count());
  const auto paused = static_cast<double>(told.total_manual_pause_duration_seconds);
  OfStatus& histograms = by_status_[status];
  histograms.total.add(total_bounds, total);
  histograms.progression.add(progression_bounds, std::max(0.0, total - paused));
  histograms.paused.add(paused_bounds, paused);
}

void UpdateDurations::add_metrics(MetricFamilies& families) const {
  for (const auto& [status, of] : by_status_) {
    const MetricLabels labels{{"status", status}};
    families.histogram("rollout_duration_seconds", "From the start of an update to its end", labels, total_bounds,
                       of.total.counts, of.total.sum);
    families.histogram("rollout_progression_duration_seconds", "The same without the time that people took", labels,
                       progression_bounds, of.progression.counts, of.progression.sum);
    families.histogram("rollout_manual_pause_duration_seconds", "The time that an update waited for people", labels,
                       paused_bounds, of.paused.counts, of.paused.sum);
  }
}

}  // namespace sluice::controller
