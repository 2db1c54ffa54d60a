// What a condition sees of one query of CloudWatch: a record with the names of its API.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analysis/expression/value.h"
#include "kube/time.h"

namespace sluice::analysis {

struct CloudWatchRow {
  std::string id;
  std::optional<std::string> label;
  std::string status_code;  // "Complete", "PartialData", ...
  std::vector<kube::Time> timestamps;
  std::vector<double> values;
  std::vector<std::string> messages;
};

// A list of records, so that `result[0].Values[0]` works and a field that does not exist is found before it runs.
expression::Value value_of(const std::vector<CloudWatchRow>& rows);

}  // namespace sluice::analysis
