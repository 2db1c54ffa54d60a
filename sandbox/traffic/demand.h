// Who is asked how often: the rule that decides which Services and routes get simulated requests.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "sandbox/api.h"

namespace sluice::sandbox {

// Annotation `sluice.dev/traffic: "<requests per second>"` on an HTTPRoute or a Service decides. Without it, an
// HTTPRoute and the active Service of a blue/green Rollout get the default rate, other Services none.
class Demand {
 public:
  // Requests a second.
  explicit Demand(double default_rate) : default_rate_(default_rate) {}

  void note(const Change& change);

  // By the name of its entry: "httproute/shop", "virtualservice/shop".
  double rate_of_route(const kube::ObjectKey& entry) const;
  // The Services that get requests of their own, with their rates; in the order of names.
  const std::map<kube::ObjectKey, double>& services() const { return services_; }

 private:
  void update_service(const kube::ObjectKey& service);

  double default_rate_;
  std::map<kube::ObjectKey, double> routes_;           // entries whose routes have the annotation
  std::map<kube::ObjectKey, double> annotated_;        // Services
  std::map<kube::ObjectKey, bool> known_;              // Services that exist
  std::map<kube::ObjectKey, kube::ObjectKey> active_;  // by Rollout, the active Service
  std::map<kube::ObjectKey, int> active_counts_;       // by Service
  std::map<kube::ObjectKey, double> services_;
};

}  // namespace sluice::sandbox
