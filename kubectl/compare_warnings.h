// What an author of comparisons should know before the merge: what has no effect, and how soon there will be an answer.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <boost/json/fwd.hpp>

#include "kubectl/findings.h"

namespace sluice::kubectl {

// The traffic that is expected; without it nothing is said about time.
struct ExpectedTraffic {
  double rps = 0;        // of both arms together
  double base_rate = 0;  // bad requests of the stable version, as a fraction
};

struct GateWarnings {
  std::vector<Finding> findings;
  bool is_weak = false;  // a gate finds its minimumEffect with less than one half
};

// About every metric with `compare` of the templates and runs among the manifests. Shares are the weights of the steps
// of the Rollouts among them that use the template; 10 % when there are none.
GateWarnings warn_of_comparisons(const std::vector<boost::json::value>& manifests,
                                 const std::optional<ExpectedTraffic>& traffic);

}  // namespace sluice::kubectl
