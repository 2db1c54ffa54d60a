// The rules of a run that pick metrics by a pattern of their names: which do not count, how much is kept.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "crds/analysis.h"

namespace re2 {
class RE2;
}

namespace sluice::analysis {

// A regular expression, not anchored. One that is invalid, such as "*", matches nothing.
class MetricPattern {
 public:
  explicit MetricPattern(const std::string& pattern);
  bool matches(const std::string& name) const;

 private:
  std::shared_ptr<const re2::RE2> pattern_;  // null when it is invalid
};

// True when the verdict of this metric does not count.
bool is_dry_run(const crds::AnalysisRunSpec& spec, const std::string& metric);
// How many measurements of this metric are kept: by the last rule that matches, else 10.
std::size_t kept_measurements(const crds::AnalysisRunSpec& spec, const std::string& metric);

}  // namespace sluice::analysis
