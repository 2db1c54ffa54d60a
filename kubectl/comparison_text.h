// A comparison as a person is told of it: the counts, the evidence, and how far it is from a verdict.
#pragma once

#include <string>
#include <vector>

#include "analysis/compare/settings.h"
#include "crds/analysis.h"
#include "kube/time.h"

namespace sluice::kubectl {

// Where the comparison of the last measurement stands; empty before its first block.
std::vector<std::string> evidence_lines(const crds::Measurement& measurement,
                                        const analysis::compare::Settings& settings);
// The rule in words: what fails, what passes, what happens without an answer.
std::vector<std::string> comparison_rules(const analysis::compare::Settings& settings, const crds::Metric& metric);
// What would change the verdict, or when it will come.
std::vector<std::string> comparison_flips(const crds::Measurement& measurement,
                                          const analysis::compare::Settings& settings, kube::Time now);

}  // namespace sluice::kubectl
