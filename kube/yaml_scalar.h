// What the scalars of YAML mean to Kubernetes.
#pragma once

#include <string>
#include <string_view>

#include <boost/json/fwd.hpp>

#include "kube/json.h"
#include "kube/result.h"

namespace sluice::kube {

// The value of a scalar that stands without quotes and without a tag. `.inf` and `.nan` are Fault::invalid, as JSON
// has no such numbers.
Result<json::value> value_of_plain_scalar(std::string_view text);

// The value of a scalar with a tag such as "tag:yaml.org,2002:int"; "!" stands for quotes. Unknown tags mean a string.
// Fault::invalid when the text does not fit the tag.
Result<json::value> value_of_tagged_scalar(std::string_view tag, const std::string& text);

// True when the text is written like a date or a time, which other readers of YAML do not take for a string.
bool looks_like_time(std::string_view text);

// The name of a member whose key is this value, as Kubernetes turns keys into strings; Fault::invalid for null.
Result<std::string> member_name_of(const json::value& key);

}  // namespace sluice::kube
