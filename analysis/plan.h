// The spec of a run made ready for measuring: arguments filled in, mistakes found. Worked out once per spec.
#pragma once

#include <memory>
#include <string>

#include "analysis/arguments.h"
#include "crds/analysis.h"

namespace sluice::analysis {

struct RunPlan {
  std::shared_ptr<const crds::AnalysisRunSpec> source;  // what the server has
  crds::AnalysisRunSpec spec;                           // with arguments filled in; secrets are placeholders
  Arguments arguments;
  double alpha = .01;   // of each comparison that names none
  std::string problem;  // why nothing can be measured; "" when it can
};

RunPlan plan_run(std::shared_ptr<const crds::AnalysisRunSpec> source);

}  // namespace sluice::analysis
