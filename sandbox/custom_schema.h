// The schemas of custom resources: from openAPIV3Schema to our own description.
#pragma once

#include <boost/json/fwd.hpp>

#include "sandbox/schema.h"

namespace sluice::sandbox {

// Reads a structural schema. Parts that make no sense are left out; the definition's own validation names them.
SchemaPtr custom_schema(const json::value& open_api);

}  // namespace sluice::sandbox
