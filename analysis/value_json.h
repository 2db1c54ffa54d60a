// Values of the condition language from JSON, as a provider's answer holds them.
#pragma once

#include <boost/json/fwd.hpp>

#include "analysis/expression/value.h"
#include "kube/json.h"

namespace sluice::analysis {

// All numbers become floats, as the reference reads JSON.
expression::Value value_from_json(const kube::json::value& json);

}  // namespace sluice::analysis
