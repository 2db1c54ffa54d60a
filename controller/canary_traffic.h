// The traffic of a canary: the next change of Services, subsets and routes that the safety chain lets pass.
#pragma once

#include <string>
#include <vector>

#include "controller/draft.h"
#include "controller/safety_chain.h"
#include "controller/traffic_sides.h"

namespace sluice::controller {

// What the routes should say, as far as it is safe.
struct TrafficWish {
  int weight = 0;         // of max_weight()
  bool may_rise = false;  // the pods for the weight are there, and their endpoints are published
  // Up to so many stable pods may be missing when the weight is lowered.
  int slack = 0;
  bool keep_managed = false;  // the header and mirror routes that the steps declare; none otherwise
  std::vector<traffic::Destination> additional = {};  // destinations of a running experiment
};

class CanaryTraffic : public SafetyChain {
 public:
  explicit CanaryTraffic(const Draft& draft);

  // trafficRouting is set, so that sizes do not carry the ratio.
  bool is_routed() const { return is_routed_; }
  // A router is there, and both sides between which it splits.
  bool can_split() const { return has_router() && !sides_.canary.empty() && !sides_.stable.empty(); }
  // The header and mirror routes that the steps declare exist in all routes, and the routers have taken them.
  bool are_declared_observed() const { return is_settled() && has_declared_; }
  // No header or mirror route of this Rollout leads to the canary's side.
  bool is_without_managed() const { return !has_managed_; }
  // Everything on the canary's side selects this set, or there is nothing to ask.
  bool canary_selects(const ReplicaSetPointer& set) const;
  bool stable_selects(const ReplicaSetPointer& set) const;

  // Moves the stable side to the stable set as soon as that set can carry what it gets, and the canary's side to the
  // newest set, or after an abort once to the stable one, while it gets no requests.
  void plan_selectors(Draft& draft) const;
  // Says which route cannot be read, and why; nothing when all can.
  void tell_trouble(Draft& draft) const;
  // Writes the wish into the routes as far as it is safe: the weight is raised only when that is allowed, and lowered
  // as far as the stable side can carry the rest.
  void plan_weight(Draft& draft, const TrafficWish& wish) const;

  // status.canary.weights as observed. `wanted` destinations are noted before they get into a route, and until they are
  // out of all of them.
  void record(Draft& draft, const std::vector<crds::WeightDestination>& wanted) const;

 private:
  struct SubsetMove {
    const traffic::ObservedRoute* rule = nullptr;
    std::string canary_hash;
    std::string stable_hash;
  };
  void plan_stable(Draft& draft, const SideSelector& selector, std::vector<SubsetMove>& moves) const;
  void plan_canary(Draft& draft, const SideSelector& selector, std::vector<SubsetMove>& moves) const;
  void move(Draft& draft, const SideSelector& selector, bool to_canary, const std::string& hash,
            std::vector<SubsetMove>& moves) const;
  bool holds_selector(Draft& draft, const SideSelector& selector, const ReplicaSetPointer& target) const;
  void tell_of_others(Draft& draft) const;
  int least_share(const Draft& draft, int slack) const;
  void write_route(Draft& draft, const traffic::ObservedRoute& route, const TrafficWish& wish, int share,
                   bool& is_told) const;
  bool is_as_wished(const traffic::ObservedRoute& route, const TrafficWish& wish, int share) const;

  bool is_routed_ = false;
};

}  // namespace sluice::controller
