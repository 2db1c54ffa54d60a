// Checking values against schemas, with the words of a real API server.
#pragma once

#include <string>
#include <vector>

#include <boost/json/fwd.hpp>

#include "sandbox/refusal.h"
#include "sandbox/schema.h"

namespace sluice::sandbox {

// Everything wrong with a custom resource. `before` is the object that it replaces, nullptr for a new one. Of the rules
// of x-kubernetes-validations only `self == oldSelf` is judged; all others pass.
std::vector<Cause> check_schema(const Schema& schema, const json::value& value, const json::value* before);

// Why Go could not read a value into a built-in type ("json: cannot unmarshal ..."); "" when it can.
std::string decoding_mistake(const Schema& schema, const json::value& value);

// Values of built-in types that are not among the possible ones.
std::vector<Cause> check_choices(const Schema& schema, const json::value& value);

// A quantity, an integer, "object": how messages show a value.
std::string shown(const json::value& value);

}  // namespace sluice::sandbox
