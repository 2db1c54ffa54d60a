// The annotated CSV in which InfluxDB answers Flux queries.
#pragma once

#include <string_view>
#include <vector>

#include "analysis/expression/value.h"
#include "kube/result.h"

namespace sluice::analysis {

// The column _value of all rows of all tables, in order; numbers, truths and texts by the annotated type. Empty without
// rows. Error: an error that InfluxDB reports in the answer, also behind good rows; a row that does not fit its header;
// a value that does not fit its type.
kube::Result<std::vector<expression::Value>> read_flux_values(std::string_view csv);

}  // namespace sluice::analysis
