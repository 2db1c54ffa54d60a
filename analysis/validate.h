// What is wrong with the metrics of a run before anything is measured.
#pragma once

#include <string>
#include <vector>

#include "crds/analysis.h"

namespace sluice::analysis {

// Every mistake of the metrics, in their order: "metrics[0]: no provider specified". The arguments are resolved.
// Also refused: conditions that can never be evaluated, and providers that this version does not have.
std::vector<std::string> validate_metrics(const std::vector<crds::Metric>& metrics);

// The same for a whole run, with its rules about metric names and the bounds on its size.
std::vector<std::string> validate_run(const crds::AnalysisRunSpec& spec);

}  // namespace sluice::analysis
