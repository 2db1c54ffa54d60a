// The VirtualServices and the DestinationRule that trafficRouting.istio names.
#include "traffic/istio.h"

#include <algorithm>

namespace sluice::traffic {
namespace {

constexpr std::string_view path = "spec.strategy.canary.trafficRouting.istio.";

}  // namespace

bool has_istio(const crds::TrafficRouting& routing) { return static_cast<bool>(routing.istio); }

kube::ObjectKey virtual_service_key(std::string name, const std::string& ns) {
  for (const std::string_view suffix : {".cluster.local", ".svc"})
    if (name.ends_with(suffix)) name.resize(name.size() - suffix.size());
  const std::size_t dot = name.rfind('.');
  if (dot == std::string::npos) return {ns, name};
  return {name.substr(dot + 1), name.substr(0, dot)};
}

void name_istio_routes(const RoutingInput& input, NamedRoutes& named) {
  const crds::IstioRouting& istio = *input.routing.istio;
  const bool has_one = static_cast<bool>(istio.virtual_service);
  if (has_one == !istio.virtual_services.empty()) {
    named.mistakes.push_back({std::string(path) + "virtualService",
                              "Invalid value: either VirtualService or VirtualServices must be configured"});
    return;
  }
  // First the subsets, so that a weight is never raised for pods that no subset selects.
  if (istio.destination_rule)
    named.routes.push_back(
        make_destination_rule({input.part->ns, istio.destination_rule->name}, input.part, *istio.destination_rule));
  std::vector<crds::IstioVirtualService> services = istio.virtual_services;
  if (has_one) services = {*istio.virtual_service};
  for (crds::IstioVirtualService& service : services) {
    kube::ObjectKey key = virtual_service_key(service.name, input.part->ns);
    const bool is_known = std::any_of(named.routes.begin(), named.routes.end(), [&](const RoutePointer& route) {
      return route->kind() == "VirtualService" && route->key() == key;
    });
    if (is_known) {
      named.mistakes.push_back(
          {std::string(path) + "virtualServices.name", "Duplicate value: \"" + service.name + "\""});
      continue;
    }
    named.routes.push_back(
        make_virtual_service(std::move(key), input.part, std::move(service), istio.destination_rule));
  }
}

}  // namespace sluice::traffic
