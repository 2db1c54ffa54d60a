// Manifests from files, for commands that work without a cluster.
#pragma once

#include <string>
#include <vector>

#include <boost/json/value.hpp>

#include "kubectl/findings.h"

namespace sluice::kubectl {

// The objects of a YAML or JSON file, those of a List included; "-" is standard input. Throws CommandError when the
// file cannot be opened; what is no YAML becomes a finding.
void read_manifests(const std::string& name, std::vector<boost::json::value>& manifests,
                    std::vector<Finding>& findings);

}  // namespace sluice::kubectl
