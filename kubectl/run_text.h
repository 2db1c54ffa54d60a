// Analysis runs and experiments as text: what `get` and `list` print of them.
#pragma once

#include <string>
#include <vector>

#include "crds/analysis.h"
#include "kubectl/text.h"
#include "view/experiment_view.h"

namespace sluice::kubectl {

std::string experiment_text(const view::ExperimentView& experiment, const Paint& paint, bool wide);

// The header, the tree, and a row for each metric with its counts and its last value. `wide` adds messages.
std::string run_text(const crds::AnalysisRun& run, const Paint& paint, bool wide, kube::Time now);

// The cells of one row of `list experiments`, in the order of experiment_header().
std::vector<std::string> experiment_row(const crds::Experiment& experiment, bool with_namespace, kube::Time now);
std::vector<std::string> experiment_header(bool with_namespace);
// The same of `list analysisruns`.
std::vector<std::string> run_row(const crds::AnalysisRun& run, bool with_namespace, kube::Time now);
std::vector<std::string> run_header(bool with_namespace);

}  // namespace sluice::kubectl
