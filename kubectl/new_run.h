// The AnalysisRun that a person makes from a template.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <boost/json/fwd.hpp>

#include "kube/result.h"

namespace sluice::kubectl {

struct NewRun {
  std::string ns;
  std::string name;           // "" for a generated one
  std::string generate_name;  // "" for the template's name and a dash
  std::string instance_id;    // the only label, when it is not ""
  std::vector<std::pair<std::string, std::string>> arguments;
};

// The template with these arguments as an AnalysisRun; fields that are not known stay. Its own `templates` must have
// been merged before. Error: every argument without a value, arguments that the template does not declare.
kube::Result<boost::json::value> run_from_template(const boost::json::value& analysis_template, const NewRun& wanted);

// "name=value" in parts. Error: no equals sign, no name.
kube::Result<std::pair<std::string, std::string>> parse_argument(const std::string& text);

}  // namespace sluice::kubectl
