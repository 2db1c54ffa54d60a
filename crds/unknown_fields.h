// Fields of a custom resource that its definition does not know. An API server drops them without a word.
#pragma once

#include <string_view>

#include <boost/json/fwd.hpp>

#include "kube/mistake.h"

namespace sluice::crds {

namespace json = boost::json;

// The openAPIV3Schema of one of our kinds ("Rollout"), read once; nullptr for any other kind. Lives as long as the
// program.
const json::value* schema_of(std::string_view kind);

// One mistake for each unknown field, with its path, and with the place where it belongs when that is known. Empty for
// kinds that are not ours.
kube::Mistakes find_unknown_fields(const json::value& object);

}  // namespace sluice::crds
