// Fields that something in the cluster owns at run time: Git neither compares nor overwrites them.
#pragma once

#include <map>
#include <set>
#include <string>

#include <boost/json/fwd.hpp>

#include "gitops/resource_id.h"

namespace sluice::gitops {

// What the live Rollouts and autoscalers own, collected from them.
class Ownership {
 public:
  // Takes in a live Rollout or HorizontalPodAutoscaler; other kinds own nothing.
  void add(const json::value& live);

  // Lends the desired object what the live one has in fields that are owned: the Service selector's pod-template-hash,
  // the weights of a route's backends, replicas under an autoscaler. True when anything was lent, so that a write needs
  // the version of `live` as its precondition.
  bool lend(json::value& desired, const json::value& live) const;

  bool operator==(const Ownership&) const = default;

 private:
  using Names = std::map<std::string, std::set<std::string>>;  // by namespace

  void add_rollout(const json::value& rollout);
  void add_autoscaler(const json::value& autoscaler);

  Names services_;  // whose selector a Rollout sets
  Names weighted_;  // Services whose weight in routes of that namespace a Rollout sets
  std::set<ResourceId> scaled_;
};

}  // namespace sluice::gitops
