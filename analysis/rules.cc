// The rules of a run that pick metrics by a pattern of their names: which do not count, how much is kept.
#include "analysis/rules.h"

#include <algorithm>

#include <re2/re2.h>

#include "analysis/expression/pattern.h"
#include "analysis/expression/problem.h"

namespace sluice::analysis {

MetricPattern::MetricPattern(const std::string& pattern) {
  try {
    pattern_ = expression::pattern_for(pattern, 0);
  } catch (const expression::Stop&) {  // matches nothing, which validation reports
  }
}

bool MetricPattern::matches(const std::string& name) const {
  return pattern_ && re2::RE2::PartialMatch(name, *pattern_);
}

bool is_dry_run(const crds::AnalysisRunSpec& spec, const std::string& metric) {
  return std::ranges::any_of(spec.dry_run,
                             [&](const crds::DryRun& rule) { return MetricPattern(rule.metric_name).matches(metric); });
}

std::size_t kept_measurements(const crds::AnalysisRunSpec& spec, const std::string& metric) {
  std::size_t kept = 10;
  for (const crds::MeasurementRetention& rule : spec.measurement_retention)
    if (rule.limit > 0 && MetricPattern(rule.metric_name).matches(metric)) kept = static_cast<std::size_t>(rule.limit);
  return kept;
}

}  // namespace sluice::analysis
