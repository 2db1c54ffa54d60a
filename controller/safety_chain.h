// The one chain that every change of pods and traffic obeys, whatever the strategy and whatever asked for the change:
//
//   capacity ready -> endpoints published -> route written -> route observed -> connections drained -> capacity removed
//
// It says of one moment how requests may reach the pods, and each link is a guard below. Steps, other versions in
// mid-update, aborts and promotions all ask these guards; nothing else takes pods from requests.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controller/draft.h"
#include "controller/traffic_sides.h"

namespace sluice::controller {

class SafetyChain {
 public:
  explicit SafetyChain(const Draft& draft);

  // A router is configured; without one nothing needs to be observed.
  bool has_router() const { return has_router_; }
  // What all weights sum to.
  int max_weight() const { return max_; }
  // The largest share of the requests, of max_weight(), that goes to the canary's side.
  int canary_share() const { return canary_share_; }

  // Guard "capacity": pods that a set needs for a share of the requests.
  int pods_for(int share) const;
  // Guard "endpoints": ready pods of the set that every way to the canary's side publishes.
  int published(const ReplicaSetPointer& set) const;
  // Guard "route": what is written in the routes is known, and the routers have taken it. With blue/green: what the
  // active Service selects is published.
  bool is_settled() const { return is_readable_ && is_accepted_; }
  // All rules of all routes give exactly this share, and the routers have taken it.
  bool is_observed(int share) const;
  // Guard "drained": the routers had the time to carry out what is observed, so that no proxy and no connection
  // follows what the routes said before.
  bool is_drained() const { return is_settled() && !drained_at_; }

  // The share that may reach a set as the routes are written; a header route alone counts as the least share.
  int share_of(const ReplicaSetPointer& set) const;
  // No request can reach the set through a route any more. Whether a Service selects it is asked besides.
  bool is_left(const ReplicaSetPointer& set) const { return is_drained() && share_of(set) == 0; }
  // Last link: the size below which this set may not shrink now. All its pods stay while a link is missing, and then
  // those that its share needs.
  int least_size(const ReplicaSetPointer& set) const;
  // Says which link is missing for requests to have left the set, and looks again when time alone closes it.
  void hold_capacity(Draft& draft, const ReplicaSetPointer& set) const;

 protected:
  void observe_routes(const Draft& draft);
  void observe_active(const Draft& draft);

  bool has_router_ = false;
  bool has_sides_ = false;  // it is known by which Services and subsets requests come
  bool is_readable_ = true;
  bool is_accepted_ = true;
  bool is_uniform_ = true;
  bool has_managed_ = false;
  bool has_declared_ = true;
  bool is_reported_ = false;  // a router's own word about its state has been seen
  bool is_unread_ = false;    // some routes have not been listed yet
  int replicas_ = 0;
  int max_ = 100;
  int canary_share_ = 0;
  int smallest_share_ = 0;
  std::vector<traffic::Destination> additional_;
  std::string trouble_;
  std::string waits_for_;
  std::optional<Time> settles_at_;  // when what is written counts as in force where nobody reports
  std::optional<Time> drained_at_;  // when nothing follows any more what the routes said before
  TrafficSides sides_;
};

}  // namespace sluice::controller
