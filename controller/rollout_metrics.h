// The metrics of Rollouts, made from the stores when they are asked for.
#pragma once

#include <cstddef>
#include <vector>

#include "controller/metrics_page.h"
#include "controller/stores.h"

namespace sluice::controller {

void add_rollout_metrics(MetricFamilies& families, const Stores& stores);

// The buckets of all reconcile histograms, in seconds, as the reference has them.
const std::vector<double>& reconcile_bounds();
// The bucket that a duration falls into; the last one is above all bounds.
std::size_t reconcile_bucket(double seconds);

// Completed, Progressing, Paused, Timeout, Error, Abort or InvalidSpec, from the conditions; the label `phase` of
// rollout_info. It is not status.phase.
std::string info_phase(const crds::RolloutStatus& status);

}  // namespace sluice::controller
