// From an AnalysisRun to its explanation: pure, so that any recorded run can be explained.
#pragma once

#include "crds/analysis.h"
#include "view/run_explanation.h"

namespace sluice::kubectl {

view::RunExplanation explain_run(const crds::AnalysisRun& run, kube::Time now);

}  // namespace sluice::kubectl
