// Values of the condition language from JSON, as a provider's answer holds them, and back.
#pragma once

#include <boost/json/fwd.hpp>

#include "analysis/expression/value.h"
#include "kube/json.h"

namespace sluice::analysis {

// Numbers become floats, as the reference reads them.
expression::Value value_from_json(const kube::json::value& json);
// What JSON cannot say becomes a text: "NaN", "+Inf", "-Inf".
kube::json::value json_from_value(const expression::Value& value);

}  // namespace sluice::analysis
