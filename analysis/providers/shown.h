// What of a measured value is shown in a status: numbers and short texts, but never a whole page of some server.
#pragma once

#include <string>

#include "analysis/expression/value.h"

namespace sluice::analysis {

// A number, truth, nil, a text of up to 256 bytes and a list of up to 100 numbers as compact JSON; of anything else
// only what and how large it is: "<text, 1234 bytes>", "<list, 17 items>", "<object, 3 entries>".
std::string shown(const expression::Value& value);

}  // namespace sluice::analysis
