// What would change the verdict of a metric.
#pragma once

#include <string>
#include <vector>

#include "analysis/limits.h"
#include "crds/analysis.h"

namespace sluice::kubectl {

// While it lasts: how many more measurements of which kind end it. When it is over: what would have ended it otherwise.
std::vector<std::string> flips_of(const crds::Metric& metric, const analysis::Limits& limits,
                                  const crds::MetricResult& result);

// "0.91 misses result[0] >= 0.95 by 0.04", for a condition that compares the value with one number; "" for others.
std::string distance_text(const std::string& condition, const std::string& value);

}  // namespace sluice::kubectl
