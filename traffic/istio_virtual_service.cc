// A VirtualService of a Rollout: reading and changing its weights and managed routes.
#include <algorithm>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "kube/json.h"
#include "traffic/istio.h"
#include "traffic/istio_managed.h"
#include "traffic/istio_routes.h"

namespace sluice::traffic {
namespace {

namespace json = boost::json;
using kube::Error;
using kube::Fault;
using kube::Result;

// The weights of one route. A list with one destination may leave the weight out: it gets everything.
struct RouteWeights {
  std::int64_t canary = 0;
  std::int64_t stable = 0;
  std::int64_t others = 0;  // of strangers, which stay as they are
  std::vector<Destination> additional;
  bool is_written = true;

  int canary_of(int max) const {
    std::int64_t all = canary + stable + others;
    for (const Destination& other : additional) all += other.weight;
    return all <= 0 ? 0 : static_cast<int>((canary * max + all - 1) / all);
  }
};

std::int64_t weight_of(const json::value& entry) {
  return std::max<std::int64_t>(kube::number_at(entry, {"weight"}), 0);
}

RouteWeights weights_in(const json::array& destinations, const IstioBackends& backends) {
  RouteWeights seen;
  for (const json::value& entry : destinations) {
    const std::int64_t weight = weight_of(entry);
    switch (backends.side_of(entry)) {
      case Side::canary:
        seen.canary += weight;
        break;
      case Side::stable:
        seen.stable += weight;
        break;
      case Side::additional:
        seen.additional.push_back({backends.service_of(entry), "", static_cast<int>(weight)});
        break;
      case Side::other:
        seen.others += weight;
        break;
    }
  }
  return seen;
}

const Destination* find(const std::vector<Destination>& list, std::string_view service) {
  for (const Destination& destination : list)
    if (destination.service == service) return &destination;
  return nullptr;
}

// What is left for the stable side.
int stable_weight(const Split& split, std::int64_t others) {
  std::int64_t rest = std::int64_t{split.stable} - others;
  return static_cast<int>(std::max<std::int64_t>(rest, 0));
}

void set_weights(json::array& destinations, const IstioBackends& backends, const Split& split) {
  const RouteWeights before = weights_in(destinations, backends);
  bool has_canary = false;
  bool has_stable = false;
  const auto set = [](json::value& entry, std::int64_t weight) {
    if (kube::number_at(entry, {"weight"}) != weight) entry.get_object()["weight"] = weight;
  };
  for (std::size_t i = 0; i < destinations.size(); ++i) {
    json::value& entry = destinations[i];
    const Side side = backends.side_of(entry);
    // A second destination of one side (another port, say) gets nothing, so that the sum stays what it is.
    if (side == Side::canary) set(entry, std::exchange(has_canary, true) ? 0 : split.canary);
    if (side == Side::stable) set(entry, std::exchange(has_stable, true) ? 0 : stable_weight(split, before.others));
    if (side != Side::additional) continue;
    if (const Destination* wanted = find(split.additional, backends.service_of(entry))) {
      set(entry, wanted->weight);
    } else {
      destinations.erase(destinations.begin() + static_cast<std::ptrdiff_t>(i));
      --i;
    }
  }
  std::vector<Destination> missing;
  for (const Destination& wanted : split.additional)
    if (!wanted.service.empty() && !find(before.additional, wanted.service)) missing.push_back(wanted);
  std::sort(missing.begin(), missing.end(),
            [](const Destination& left, const Destination& right) { return left.service < right.service; });
  for (const Destination& wanted : missing) {
    const bool is_near = backends.ns == backends.part.ns;
    json::object destination{
        {"host", is_near ? wanted.service : wanted.service + "." + backends.part.ns + ".svc.cluster.local"}};
    destinations.push_back(json::object{{"destination", std::move(destination)}, {"weight", wanted.weight}});
  }
}

// Managed routes stand on top in their own order, the others keep theirs.
void order_routes(json::array& routes, const RoutingPart& part) {
  json::array ordered;
  for (const std::string& name : part.managed_names)
    for (const json::value& route : routes)
      if (kube::text_at(route, {"name"}) == name) ordered.push_back(route);
  for (const json::value& route : routes)
    if (!is_managed_name(part, kube::text_at(route, {"name"}))) ordered.push_back(route);
  routes = std::move(ordered);
}

void observe_status(const json::value& object, ObservedRoute& seen) {
  seen.depth = Depth::written;
  seen.is_accepted = true;
  seen.propagation = istio_propagation;
  const json::value* messages = kube::find_at(object, {"status", "validationMessages"});
  if (messages && messages->is_array())
    for (const json::value& message : messages->get_array())
      if (kube::text_at(message, {"level"}) == "ERROR") {
        seen.depth = Depth::reported;
        seen.is_accepted = false;
        seen.waits_for = fmt::format("Istio refuses it: {} {}", kube::text_at(message, {"type", "code"}),
                                     kube::text_at(message, {"documentationUrl"}));
      }
  const json::value* conditions = kube::find_at(object, {"status", "conditions"});
  if (!seen.is_accepted || !conditions || !conditions->is_array()) return;
  const std::int64_t generation = kube::number_at(object, {"metadata", "generation"});
  for (const json::value& condition : conditions->get_array()) {
    if (kube::text_at(condition, {"type"}) != "Reconciled") continue;
    seen.depth = Depth::seen;
    const json::value* own = kube::find_at(condition, {"observedGeneration"});
    const std::int64_t told = own ? kube::number_at(condition, {"observedGeneration"})
                                  : kube::number_at(object, {"status", "observedGeneration"});
    if (told < generation)
      seen.waits_for = fmt::format("Istio has not reported on generation {} yet", generation);
    else if (kube::text_at(condition, {"status"}) != "True")
      seen.waits_for = fmt::format("not all proxies have it: {}", kube::text_at(condition, {"message"}));
    seen.is_accepted = seen.waits_for.empty();
  }
}

class VirtualServiceRoute final : public Route {
 public:
  VirtualServiceRoute(kube::ObjectKey key, std::shared_ptr<const RoutingPart> part, crds::IstioVirtualService selection,
                      crds::Seldom<crds::IstioDestinationRule> rule)
      : Route("VirtualService", std::move(key), std::move(part)),
        selection_(std::move(selection)),
        rule_(std::move(rule)) {}

  Result<json::value> changed(const json::value& object, const Intent& intent) const override {
    json::value after = object;
    remove_managed(after);
    const Result<std::vector<SelectedRoute>> selected = selected_routes(after, selection_, backends());
    if (!selected) return selected.error();
    for (const SelectedRoute& route : *selected)
      set_weights(after.at("spec").at(route.protocol).get_array()[route.index].at("route").get_array(), backends(),
                  intent.split);
    add_managed(after, *selected, intent);
    return after;
  }

 protected:
  void read(const json::value& object, ObservedRoute& seen) const override {
    const Result<std::vector<SelectedRoute>> selected = selected_routes(object, selection_, backends());
    if (!selected) {
      seen.error = fmt::format("VirtualService \"{}\": {}", key().name, selected.error().message);
      return;
    }
    const int max = part().max_weight;
    seen.is_uniform = true;
    bool is_first = true;
    for (const SelectedRoute& route : *selected) {
      const RouteWeights weights =
          weights_in((*routes_at(object, route.protocol))[route.index].at("route").get_array(), backends());
      const int canary = weights.canary_of(max);
      if (std::exchange(is_first, false)) {
        seen.largest_canary = seen.smallest_canary = canary;
        seen.additional = weights.additional;
      }
      seen.largest_canary = std::max(seen.largest_canary, canary);
      seen.smallest_canary = std::min(seen.smallest_canary, canary);
      const Split whole = Split::of_canary(canary, max, weights.additional);
      seen.is_uniform = seen.is_uniform && weights.canary == canary && weights.additional == seen.additional &&
                        weights.stable == stable_weight(whole, weights.others);
    }
    seen.is_uniform = seen.is_uniform && seen.largest_canary == seen.smallest_canary;
    observe_status(object, seen);
  }

  bool has_managed(const json::value& object) const override {
    const json::array* http = routes_at(object, "http");
    return http && std::any_of(http->begin(), http->end(), [&](const json::value& route) {
             return is_managed_name(part(), kube::text_at(route, {"name"}));
           });
  }

 private:
  IstioBackends backends() const { return {key().ns, part(), rule_ ? &*rule_ : nullptr}; }

  void remove_managed(json::value& object) const {
    if (!has_managed(object)) return;
    json::array& routes = object.at("spec").at("http").get_array();
    for (std::size_t i = routes.size(); i-- > 0;)
      if (is_managed_name(part(), kube::text_at(routes[i], {"name"})))
        routes.erase(routes.begin() + static_cast<std::ptrdiff_t>(i));
  }

  void add_managed(json::value& object, const std::vector<SelectedRoute>& selected, const Intent& intent) const {
    const auto http = std::find_if(selected.begin(), selected.end(),
                                   [](const SelectedRoute& route) { return route.protocol == "http"; });
    if (http == selected.end() || intent.managed.empty()) return;
    json::array& routes = object.at("spec").at("http").get_array();
    const json::value source = routes[http->index];
    json::value canary;
    for (const json::value& entry : source.at("route").get_array())
      if (canary.is_null() && backends().side_of(entry) == Side::canary) canary = entry;
    for (const ManagedRoute& managed : intent.managed) routes.push_back(make_istio_route(managed, source, canary));
    order_routes(routes, part());
  }

  crds::IstioVirtualService selection_;
  crds::Seldom<crds::IstioDestinationRule> rule_;
};

}  // namespace

RoutePointer make_virtual_service(kube::ObjectKey key, std::shared_ptr<const RoutingPart> part,
                                  crds::IstioVirtualService selection, crds::Seldom<crds::IstioDestinationRule> rule) {
  return std::make_shared<VirtualServiceRoute>(std::move(key), std::move(part), std::move(selection), std::move(rule));
}

}  // namespace sluice::traffic
