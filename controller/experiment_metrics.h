// The metrics of Experiments, made from the stores when they are asked for.
#pragma once

#include "controller/metrics_page.h"
#include "controller/stores.h"

namespace sluice::controller {

void add_experiment_metrics(MetricFamilies& families, const Stores& stores);

}  // namespace sluice::controller
