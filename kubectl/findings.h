// What is wrong in a set of manifests, found without a cluster.
#pragma once

#include <string>
#include <vector>

#include <boost/json/fwd.hpp>

namespace sluice::kubectl {

struct Finding {
  std::string object;   // "Rollout web"
  std::string field;    // "spec.strategy.canary.steps[2].setWeight"; may be ""
  std::string message;  // what is wrong and what to write instead
  bool operator==(const Finding&) const = default;
};

// Every mistake of Rollouts, analysis templates, AnalysisRuns and Applications: fields that no definition knows, values
// that are wrong, fields that this version does not act on. Services, templates and HTTPRoutes among the manifests are
// checked against the Rollouts that name them; what is not among them may be in the cluster already and is no mistake.
std::vector<Finding> find_mistakes(const std::vector<boost::json::value>& manifests);

}  // namespace sluice::kubectl
