// How long updates took: histograms over the times in status.duration, counted when the store shows a finished one.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "controller/metrics_page.h"
#include "crds/rollout_status.h"

namespace sluice::controller {

// Counts what is durable: a status that could not be written, or is seen again, adds nothing.
class UpdateDurations {
 public:
  // The status of one Rollout has changed in the store.
  void note(const crds::RolloutStatus& before, const crds::RolloutStatus& after);
  // rollout_duration_seconds, rollout_progression_duration_seconds and rollout_manual_pause_duration_seconds.
  void add_metrics(MetricFamilies& families) const;

 private:
  struct Histogram {
    std::vector<std::uint64_t> counts;
    double sum = 0;
    void add(const std::vector<double>& bounds, double seconds);
  };
  struct OfStatus {
    Histogram total, progression, paused;
  };
  std::map<std::string, OfStatus> by_status_;  // Promoted, Aborted, ...
};

}  // namespace sluice::controller
