// Fields that a schema does not know: finding, naming and removing them.
#pragma once

#include <string>
#include <vector>

#include <boost/json/fwd.hpp>

#include "sandbox/schema.h"

namespace sluice::sandbox {

// Removes them and returns their paths, sorted. The parts of an object that every kind has (apiVersion, kind,
// metadata) are checked against those of the built-in kinds when `whole_object`.
std::vector<std::string> prune(const Schema& schema, json::value& value, bool whole_object);

}  // namespace sluice::sandbox
