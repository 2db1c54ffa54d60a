// Bodies in application/vnd.kubernetes.protobuf, as kubectl sends those of some built-in kinds.
#pragma once

#include <string_view>

#include <boost/json/value.hpp>

#include "kube/result.h"

namespace sluice::sandbox {

// Reads one object with its envelope. Fault::invalid for bytes that are none, or for a type that is not recorded.
kube::Result<boost::json::value> decode_protobuf(std::string_view bytes);

}  // namespace sluice::sandbox
