// Reading one field of a Rollout by its path, for arguments with valueFrom.fieldRef.
#pragma once

#include <string>
#include <string_view>

#include <boost/json/fwd.hpp>

#include "kube/result.h"

namespace sluice::controller {

// "metadata.labels['team']", "metadata.name" and the other forms of the downward API; any other path is walked through
// the object's JSON, separated by `.`, `[` and `]`, and has to end in a string, number or boolean.
kube::Result<std::string> field_value(const boost::json::value& rollout, std::string_view path);

}  // namespace sluice::controller
