// What is kept in memory of an AnalysisRun that is over: its verdict, and what the metrics page tells of it.
#pragma once

#include <memory>

#include "crds/analysis.h"

namespace sluice::controller {

// The run as it is while it lasts. Of one that is over: metadata, phase, message and times, when it is to be deleted,
// and of its metrics the names, kinds of provider and phases; measurements, queries and arguments stay with the API
// server, which has them for whoever explains the run.
std::shared_ptr<const crds::AnalysisRun> kept_run(std::shared_ptr<const crds::AnalysisRun> run);

}  // namespace sluice::controller
