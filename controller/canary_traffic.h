// The traffic of a canary: how it flows as observed, and the next safe change of Services and route weights.
//
// The order of a change is always: pods available -> endpoints published -> route written -> route observed -> pods
// gone.
#pragma once

#include <string>

#include "controller/draft.h"
#include "controller/services.h"

namespace sluice::controller {

class CanaryTraffic {
 public:
  explicit CanaryTraffic(const Draft& draft);

  // trafficRouting is set, so that sizes do not carry the ratio.
  bool is_routed() const { return is_routed_; }
  // A router is configured; without one nothing needs to be observed.
  bool has_router() const { return has_router_; }
  // A router is there, and both Services between which it splits.
  bool can_split() const { return has_router_ && canary_service_ && stable_service_; }
  // What is written in the routes is known, and the router has taken it.
  bool is_settled() const { return !has_router_ || (is_readable_ && is_accepted_); }
  // The largest share of the requests, of max_weight(), that goes to the canary Service.
  int canary_share() const { return canary_share_; }
  // All rules of all routes give exactly this share, and the router has taken it.
  bool is_observed(int share) const;
  // Requests may reach this set through a Service: false only when that is known.
  bool may_serve(const ReplicaSetPointer& set) const;
  // The share that may reach the newest set through the canary Service.
  int share_of(const ReplicaSetPointer& set) const;
  // The canary Service selects this set, or there is no canary Service to ask.
  bool canary_selects(const ReplicaSetPointer& set) const;
  bool stable_selects(const ReplicaSetPointer& set) const;
  const ObservedService* canary_service() const { return canary_service_; }
  const ObservedService* stable_service() const { return stable_service_; }

  // Moves the stable Service to the stable set as soon as that set can carry what the Service gets.
  void plan_stable_service(Draft& draft) const;
  // Moves the canary Service to the newest set, or after an abort once to the stable one, while it gets no requests.
  void plan_canary_service(Draft& draft) const;
  // Writes the share `wanted` into the routes as far as it is safe. It is raised only when `may_rise` (the pods are
  // there); it is lowered as far as the stable side, with up to `slack` pods missing, can carry the rest.
  void plan_weight(Draft& draft, int wanted, bool may_rise, int slack) const;

  // status.canary.weights as observed.
  void record(Draft& draft) const;

 private:
  int least_share(const Draft& draft, int slack) const;

  bool is_routed_ = false;
  bool has_router_ = false;
  bool is_readable_ = true;
  bool is_accepted_ = true;
  bool is_uniform_ = true;
  bool is_reported_ = false;  // a router's own status has been seen
  int canary_share_ = 0;
  int smallest_share_ = 0;
  std::string trouble_;
  std::string waits_for_;
  const ObservedService* canary_service_ = nullptr;
  const ObservedService* stable_service_ = nullptr;
};

}  // namespace sluice::controller
