// The metrics of AnalysisRuns and their templates, made from the stores when they are asked for.
#pragma once

#include "analysis/run_controller.h"
#include "controller/metrics_page.h"
#include "controller/stores.h"

namespace sluice::controller {

void add_analysis_metrics(MetricFamilies& families, const Stores& stores, const analysis::RunCounters& counters,
                          const analysis::FetchCounters& asked);

}  // namespace sluice::controller
