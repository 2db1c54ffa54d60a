// From the templates that an analysis names to the spec of its run: pure functions over templates at hand.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "crds/analysis.h"
#include "kube/result.h"

namespace sluice::analysis {

// Finds a template by name: an AnalysisTemplate of the owner's namespace, or a ClusterAnalysisTemplate. nullptr when
// there is none.
using FindTemplate = std::function<const crds::AnalysisTemplate*(const std::string& name, bool cluster_scope)>;

// Merges the templates and those that they name, in order: metrics and arguments of namespaced templates, then of
// cluster templates, each template once; the caller's rules before those of the templates. `templates` of the answer is
// empty. Error: a template that does not exist, a cycle (which is named), too many, names that collide.
kube::Result<crds::AnalysisTemplateSpec> compose(const std::vector<crds::TemplateReference>& references,
                                                 const std::vector<crds::DryRun>& dry_run,
                                                 const std::vector<crds::MeasurementRetention>& retention,
                                                 const FindTemplate& find);

// The declared arguments with the values of the caller. What no template declares is dropped. A caller's value replaces
// a declared Secret. Error: every argument that is left without a value.
kube::Result<std::vector<crds::Argument>> merge_arguments(const std::vector<crds::Argument>& given,
                                                          const std::vector<crds::Argument>& declared);

// The spec of the run that an analysis of a Rollout or Experiment asks for. Its arguments have concrete values already.
kube::Result<crds::AnalysisRunSpec> build_run(const crds::RolloutAnalysis& analysis, const FindTemplate& find);

// What a Rollout is refused for before it starts: everything build_run refuses, arguments that do not resolve, metrics
// that validate_metrics refuses (when all arguments are known already), and, unless the analysis runs in the
// background, metrics that never end.
std::vector<std::string> check_analysis(const crds::RolloutAnalysis& analysis, const FindTemplate& find,
                                        bool in_background);

}  // namespace sluice::analysis
