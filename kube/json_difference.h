// The JSON patch (RFC 6902) between two values.
#pragma once

#include <boost/json/fwd.hpp>

#include "kube/json.h"

namespace sluice::kube {

// The operations that turn `before` into `after`; empty when they mean the same. Lists of one length are compared
// element by element, others are replaced whole.
json::array json_difference(const json::value& before, const json::value& after);

}  // namespace sluice::kube
