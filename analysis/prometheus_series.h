// The series of an answer of Prometheus with their labels.
#pragma once

#include <string_view>
#include <vector>

#include "kube/result.h"
#include "kube/string_map.h"

namespace sluice::analysis {

struct PrometheusSeries {
  kube::StringMap labels;
  double value = 0;  // may be NaN or infinite
};

// Reads an instant vector; a scalar is one series without labels. Errors as read_prometheus_answer() has them.
kube::Result<std::vector<PrometheusSeries>> read_prometheus_series(unsigned status, std::string_view content_type,
                                                                   std::string_view body);

}  // namespace sluice::analysis
