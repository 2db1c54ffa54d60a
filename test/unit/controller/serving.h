// A Rollout whose first version serves: where tests of updates begin.
#pragma once

#include <utility>

#include "model_cluster.h"

namespace sluice::controller::test {

// With the Services and the route that its strategy names by the usual names, and the template "success"; at(100), with
// nothing left in the log.
inline ModelCluster serving(crds::RolloutSpec spec) {
  ModelCluster cluster(std::move(spec));
  const auto& strategy = cluster.observe().rollout->spec->strategy;
  if (strategy.blue_green) {
    cluster.add_service("web-active");
    cluster.add_service("web-preview");
  } else if (strategy.canary->traffic_routing) {
    cluster.add_service("web-canary");
    cluster.add_service("web-stable");
    cluster.add_route("web");
  }
  cluster.add_template("success");
  cluster.rest();
  cluster.log();
  cluster.set_now(at(100));
  return cluster;
}

}  // namespace sluice::controller::test
