// One routing object of a Rollout: how its router reads it, and how it should be changed. Pure, from JSON to values.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/json/fwd.hpp>

#include "crds/rollout.h"
#include "kube/label_selector.h"
#include "kube/metadata.h"
#include "kube/mistake.h"
#include "kube/result.h"
#include "traffic/intent.h"
#include "traffic/observed_route.h"

namespace sluice::traffic {

struct LoadBalancerState;  // traffic/load_balancer.h

// What all routes of one Rollout have in common.
struct RoutingPart {
  std::string rollout;  // its name
  std::string ns;       // its namespace
  Backends backends;    // by their present roles
  int max_weight = 100;
  std::vector<std::string> managed_names;  // routes that are the Rollout's own, highest precedence first
  std::vector<ManagedRoute> declared;      // those that the steps declare now
  std::vector<ManagedRoute> declarable;    // those that any step declares
  std::vector<std::string> additional;     // Services of experiments that may be in the routes
};

// Outlives nothing and holds everything by value, so that a decision can carry it.
class Route {
 public:
  Route(std::string kind, kube::ObjectKey key, std::shared_ptr<const RoutingPart> part)
      : kind_(std::move(kind)), key_(std::move(key)), part_(std::move(part)) {}
  virtual ~Route() = default;

  const std::string& kind() const { return kind_; }
  const kube::ObjectKey& key() const { return key_; }

  // What the object says now. `object` is null when it does not exist.
  ObservedRoute observe(const boost::json::value* object) const;
  // The object as it should be; equal to what is given when nothing has to change. Everything that is not this
  // Rollout's stays as it is. The error says why the object cannot carry the intent.
  virtual kube::Result<boost::json::value> changed(const boost::json::value& object, const Intent& intent) const = 0;

  // Says in `seen` whether the load balancer does what the object asks for, and what it still waits for. Nothing when
  // no load balancer stands behind this kind.
  virtual void confirm(const boost::json::value&, const LoadBalancerState&, ObservedRoute&) const {}

 protected:
  // Fills in what the object says; name, version, writer and managed routes are there already.
  virtual void read(const boost::json::value& object, ObservedRoute& seen) const = 0;
  // Some managed route of the Rollout is in the object.
  virtual bool has_managed(const boost::json::value& object) const = 0;
  const RoutingPart& part() const { return *part_; }

 private:
  std::string kind_;
  kube::ObjectKey key_;
  std::shared_ptr<const RoutingPart> part_;
};

using RoutePointer = std::shared_ptr<const Route>;

// The JSON patch that makes the object as intended; "" when it is so already. It carries the object's resourceVersion,
// so that the server refuses it when the object has changed.
kube::Result<std::string> plan_route(const Route& route, const boost::json::value& object, const Intent& intent);

// The names of the objects of one kind whose labels match, in any order.
using FindByLabels =
    std::function<std::vector<std::string>(std::string_view kind, const std::string& ns, const kube::LabelSelector&)>;

// What a router names of a Rollout: its routes, or what is wrong with its configuration.
struct NamedRoutes {
  std::vector<RoutePointer> routes;
  kube::Mistakes mistakes;
  // Kinds of which objects are found by label, with their namespaces: any of them may concern the Rollout.
  std::vector<std::pair<std::string, std::string>> selected;
};

}  // namespace sluice::traffic
