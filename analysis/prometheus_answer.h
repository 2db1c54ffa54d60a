// What Prometheus' query API answers, as a value or as a reason why there is none.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analysis/expression/value.h"
#include "kube/result.h"

namespace sluice::analysis {

struct PrometheusAnswer {
  expression::Value value;  // a float for a scalar, a list of floats for a vector or matrix
  std::string text;         // as a measurement shows it: "0.95", "[0.95,NaN]", "[]"
  std::vector<std::string> warnings;
};

// Reads an answer. Errors are in the words of Prometheus' own client: "server_error: server error: 503", "bad_data:
// parse error ...". The body of an answer that is not Prometheus' never appears in them.
kube::Result<PrometheusAnswer> read_prometheus_answer(unsigned status, std::string_view content_type,
                                                      std::string_view body);

// The metadata entry for warnings: "\"w1\", \"w2\"".
std::string print_warnings(const std::vector<std::string>& warnings);

}  // namespace sluice::analysis
