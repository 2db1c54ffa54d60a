// For tables of mistakes: a valid object, one merge patch that spoils it, and the mistakes that are told then.
#pragma once

#include <string>
#include <string_view>

#include <boost/json.hpp>

#include "kube/json.h"
#include "kube/patch.h"

namespace sluice::crds {

inline boost::json::value spoiled(std::string_view valid, std::string_view patch) {
  return kube::apply_merge_patch(kube::parse_json(valid).value(), kube::parse_json(patch).value());
}

}  // namespace sluice::crds
