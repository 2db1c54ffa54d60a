// A simulated gateway: it accepts HTTPRoutes after a while, says so in their status, and serves them some time later.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <vector>

#include <boost/json/fwd.hpp>

#include "sandbox/workloads/behaviour.h"
#include "sandbox/workloads/world.h"

namespace sluice::sandbox {

struct ServedBackend {
  kube::ObjectKey service;
  std::int64_t weight = 1;
  bool operator==(const ServedBackend&) const = default;
};

struct ServedRule {
  std::vector<ServedBackend> backends;
  // A request without special headers, parameters or methods can reach it.
  bool is_plain = true;
  bool operator==(const ServedRule&) const = default;
};

// What the gateway does with a route at this moment, which may be older than what is written in the API.
struct ServedRoute {
  std::int64_t generation = 0;  // of the route that is served
  std::vector<ServedRule> rules;
  bool operator==(const ServedRoute&) const = default;
};

// Every parent of a route is taken as attached, whether such a Gateway exists or not; a route without parents is
// attached to nothing and not served. A backend whose Service does not exist makes ResolvedRefs False, and the share of
// that backend is lost. `world` outlives it.
class Gateway final : public Behaviour {
 public:
  explicit Gateway(World& world);

  void noted(const Change& change) override;
  bool reconcile(const kube::ObjectKey& key) override;

  // In the order of names.
  const std::map<kube::ObjectKey, ServedRoute>& served() const { return served_; }

 private:
  struct Coming {
    kube::Time due;
    ServedRoute route;
  };

  void look_at(const kube::ObjectKey& route);
  void serve_what_is_due(const kube::ObjectKey& key);
  void accept(const kube::ObjectKey& key, const json::value& route);
  bool report(const kube::ObjectKey& key, const json::value& route);

  World& world_;
  Requests requests_;
  std::map<kube::ObjectKey, ServedRoute> served_;
  std::map<kube::ObjectKey, kube::Time> unread_;  // routes that may have changed, and when the gateway reads them
  std::map<kube::ObjectKey, std::deque<Coming>> coming_;
  std::map<kube::ObjectKey, std::set<kube::ObjectKey>> routes_of_;  // by the Services that they name
};

}  // namespace sluice::sandbox
