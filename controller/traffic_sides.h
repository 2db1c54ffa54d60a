// The two sides of a split: the Services and subsets that lead to the canary's pods and to those of the stable set.
#pragma once

#include <string>
#include <vector>

#include "controller/draft.h"
#include "controller/services.h"

namespace sluice::controller {

// One object that selects the pods of a side: a Service, or a subset of a DestinationRule. Refers to the observation.
class SideSelector {
 public:
  explicit SideSelector(const ObservedService& service, bool stays_put = false)
      : service_(&service), stays_put_(stays_put) {}
  SideSelector(const traffic::ObservedRoute& rule, const ObservedService* host, bool is_canary)
      : rule_(&rule), host_(host), is_canary_subset_(is_canary) {}

  std::string text() const;  // "Service web-canary"
  std::string hash() const;  // that it selects; "" for the pods of all revisions
  bool selects(const ReplicaSetPointer& set) const { return set && hash() == hash_of(set); }
  // Has been set by this Rollout before, so that moving it needs no more than pods that are ready.
  bool is_adopted() const;
  // Ready pods of the set that it sends to; 0 when it does not select the set.
  int reachable(const ReplicaSetPointer& set) const;
  // nullptr for a Service.
  const traffic::ObservedRoute* rule() const { return rule_; }
  const ObservedService* service() const { return service_; }
  // It keeps its pods after a promotion or an abort: a Service of a ping-pong pair, or a subset.
  bool stays_put() const { return stays_put_ || rule_; }

 private:
  const ObservedService* service_ = nullptr;
  const traffic::ObservedRoute* rule_ = nullptr;
  const ObservedService* host_ = nullptr;
  bool is_canary_subset_ = false;
  bool stays_put_ = false;
};

struct TrafficSides {
  std::vector<SideSelector> canary;
  std::vector<SideSelector> stable;
  traffic::Backends backends;  // the Services that stand for the sides in status and messages; "" without
};

// Selectors of Services that do not exist are left out. With blue/green the active Service is the stable side, and
// there is no other.
TrafficSides sides_of(const Draft& draft);

}  // namespace sluice::controller
