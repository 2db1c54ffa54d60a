// Simulated routers: a gateway that accepts routes after a while, says so in their status, and serves them some time
// later; a mesh and a load balancer that do the same without a word.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <vector>

#include <boost/json/fwd.hpp>

#include "sandbox/workloads/behaviour.h"
#include "sandbox/workloads/served_routes.h"
#include "sandbox/workloads/world.h"

namespace sluice::sandbox {

// Every parent of a route is taken as attached, whether such a Gateway exists or not; a route without parents is
// attached to nothing and not served. A backend whose Service does not exist makes ResolvedRefs False, and the share of
// that backend is lost. `world` outlives it.
class Gateway final : public Behaviour {
 public:
  explicit Gateway(World& world);

  void noted(const Change& change) override;
  bool reconcile(const kube::ObjectKey& key) override;

  using Served = std::map<kube::ObjectKey, ServedRoute>;
  // By the first proxy, in the order of names. The name of a route that is no HTTPRoute is "virtualservices/shop".
  const Served& served() const { return proxies_.front().served; }
  std::size_t proxies() const { return proxies_.size(); }
  const Served& served_by(std::size_t proxy) const { return proxies_.at(proxy).served; }
  // The name of an entry for a name in served(): "httproute/shop", "virtualservice/shop".
  static std::string entry_of(const kube::ObjectKey& served);

 private:
  struct Coming {
    kube::Time due;
    ServedRoute route;
  };
  struct Proxy {
    kube::Duration delay{0};  // from the acceptance of a route to requests that follow it
    Served served = {};
    std::map<kube::ObjectKey, std::deque<Coming>> coming = {};
  };

  void look_at(const kube::ObjectKey& route);
  void note_route(const RouteKind& kind, const Change& change);
  std::string subset_hash(const kube::ObjectKey& service, std::string_view subset) const;
  void serve_what_is_due(Proxy& proxy, const kube::ObjectKey& key);
  bool is_served_by_all(const kube::ObjectKey& key) const;
  void accept(const kube::ObjectKey& key, const RouteKind& kind, const json::value& route);
  bool report(const kube::ObjectKey& key, const RouteKind& kind, const json::value& route);

  World& world_;
  Requests requests_;
  std::vector<Proxy> proxies_;
  std::map<kube::ObjectKey, kube::Time> unread_;  // routes that may have changed, and when the gateway reads them
  std::set<kube::ObjectKey> unreported_;          // read, and the gateway's word about them is still to come
  std::map<kube::ObjectKey, std::set<kube::ObjectKey>> routes_of_;  // by the Services that they name
  std::set<kube::ObjectKey> virtual_services_;
};

}  // namespace sluice::sandbox
