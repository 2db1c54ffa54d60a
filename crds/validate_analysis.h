// What is wrong with analysis templates and runs before any argument is known.
#pragma once

#include "kube/mistake.h"

namespace sluice::crds {

struct AnalysisRun;
struct AnalysisTemplate;

// Every mistake at once, with paths. Counts and limits that hold "{{args.x}}" are not judged; expressions are judged by
// the analysis room. A template may do without metrics when it names other templates.
kube::Mistakes validate_analysis_template(const AnalysisTemplate& analysis_template);
kube::Mistakes validate_analysis_run(const AnalysisRun& run);

}  // namespace sluice::crds
