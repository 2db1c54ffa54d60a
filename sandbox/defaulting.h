// Filling in what was left out, as schemas say.
#pragma once

#include <boost/json/fwd.hpp>

#include "sandbox/schema.h"

namespace sluice::sandbox {

void fill_defaults(const Schema& schema, json::value& value);

// Writes a value of a built-in type the way Go does: null and empty optional members go, required ones appear with
// their zero value, quantities get their canonical form.
void write_as_go(const Schema& schema, json::value& value);

}  // namespace sluice::sandbox
