// Reading routes of every kind as the routers behind them do.
#include "sandbox/workloads/served_routes.h"

#include <algorithm>

#include <boost/json.hpp>

#include "kube/json.h"
#include "sandbox/workloads/reading.h"

namespace sluice::sandbox {
namespace {

bool is_service(const json::value& reference) {
  const std::string_view kind = kube::text_at(reference, {"kind"});
  return kube::text_at(reference, {"group"}).empty() && (kind.empty() || kind == "Service");
}

kube::ObjectKey service_of(const json::value& reference, std::string_view route_ns) {
  const std::string_view ns = kube::text_at(reference, {"namespace"});
  return {std::string(ns.empty() ? route_ns : ns), std::string(kube::text_at(reference, {"name"}))};
}

std::string_view namespace_of(const json::value& object) { return kube::text_at(object, {"metadata", "namespace"}); }

// Requests of the simulated stream carry a path only. A rule without matches takes everything.
bool is_plain_gateway_rule(const json::value& rule) {
  const json::array& matches = array_at(rule, {"matches"});
  return matches.empty() || std::ranges::any_of(matches, [](const json::value& match) {
           const std::string_view method = kube::text_at(match, {"method"});
           return array_at(match, {"headers"}).empty() && array_at(match, {"queryParams"}).empty() &&
                  (method.empty() || method == "GET");
         });
}

ServedRoute read_gateway_route(const json::value& route, const SubsetHash&) {
  ServedRoute served;
  served.generation = kube::number_at(route, {"metadata", "generation"});
  if (array_at(route, {"spec", "parentRefs"}).empty()) return served;
  for (const json::value& rule : array_at(route, {"spec", "rules"})) {
    ServedRule made;
    made.is_plain = is_plain_gateway_rule(rule);
    for (const json::value& reference : array_at(rule, {"backendRefs"}))
      made.backends.push_back({is_service(reference) ? service_of(reference, namespace_of(route)) : kube::ObjectKey{},
                               std::max<std::int64_t>(kube::number_at(reference, {"weight"}, 1), 0)});
    served.rules.push_back(std::move(made));
  }
  return served;
}

bool is_plain_istio_route(const json::value& route) {
  const json::array& matches = array_at(route, {"match"});
  return matches.empty() || std::ranges::any_of(matches, [](const json::value& match) {
           return !kube::find_at(match, {"headers"}) && !kube::find_at(match, {"method"});
         });
}

ServedRoute read_virtual_service(const json::value& service, const SubsetHash& subset) {
  ServedRoute served;
  served.generation = kube::number_at(service, {"metadata", "generation"});
  for (const char* protocol : {"http", "tls", "tcp"})
    for (const json::value& route : array_at(service, {"spec", protocol})) {
      ServedRule made;
      made.is_plain = is_plain_istio_route(route);
      const json::array& destinations = array_at(route, {"route"});
      for (const json::value& entry : destinations) {
        ServedBackend backend;
        backend.service = service_at_host(kube::text_at(entry, {"destination", "host"}), namespace_of(service));
        // The only destination gets everything, also without a weight.
        backend.weight = kube::number_at(entry, {"weight"}, destinations.size() == 1 ? 1 : 0);
        if (const std::string_view name = kube::text_at(entry, {"destination", "subset"}); !name.empty())
          backend.hash = subset(backend.service, name);
        made.backends.push_back(std::move(backend));
      }
      served.rules.push_back(std::move(made));
    }
  return served;
}

constexpr std::string_view alb_prefix = "alb.ingress.kubernetes.io/";

ServedRule read_alb_path(const json::value& ingress, const json::value& path) {
  ServedRule made;
  const std::string name(kube::text_at(path, {"backend", "service", "name"}));
  const auto annotation = [&](std::string_view which) {
    return annotation_of(ingress, std::string(alb_prefix) + std::string(which) + "." + name);
  };
  made.is_plain = annotation("conditions").empty();
  const std::string_view action = annotation("actions");
  if (action.empty()) {
    if (kube::text_at(path, {"backend", "service", "port", "name"}) != "use-annotation")
      made.backends.push_back({{std::string(namespace_of(ingress)), name}, 1});
    return made;
  }
  const kube::Result<json::value> read = kube::parse_json(action);
  if (!read) return made;
  for (const json::value& group : array_at(*read, {"ForwardConfig", "TargetGroups"}))
    made.backends.push_back({{std::string(namespace_of(ingress)), std::string(kube::text_at(group, {"ServiceName"}))},
                             kube::number_at(group, {"Weight"}, 1)});
  return made;
}

ServedRoute read_alb_ingress(const json::value& ingress, const SubsetHash&) {
  ServedRoute served;
  served.generation = kube::number_at(ingress, {"metadata", "generation"});
  const std::string_view named = kube::text_at(ingress, {"spec", "ingressClassName"});
  if ((named.empty() ? annotation_of(ingress, "kubernetes.io/ingress.class") : named) != "alb") return served;
  for (const json::value& rule : array_at(ingress, {"spec", "rules"}))
    for (const json::value& path : array_at(rule, {"http", "paths"}))
      served.rules.push_back(read_alb_path(ingress, path));
  return served;
}

}  // namespace

const std::vector<RouteKind>& route_kinds() {
  constexpr std::string_view gateway = "gateway.networking.k8s.io";
  static const std::vector<RouteKind> kinds{
      {kube::resources::http_routes, "httproute", true, read_gateway_route},
      {{gateway, "v1", "GRPCRoute", "grpcroutes"}, "grpcroute", true, read_gateway_route},
      {{gateway, "v1alpha2", "TCPRoute", "tcproutes"}, "tcproute", true, read_gateway_route},
      {{gateway, "v1alpha2", "TLSRoute", "tlsroutes"}, "tlsroute", true, read_gateway_route},
      {{"networking.istio.io", "v1", "VirtualService", "virtualservices"},
       "virtualservice",
       false,
       read_virtual_service},
      {{"networking.k8s.io", "v1", "Ingress", "ingresses"}, "ingress", false, read_alb_ingress}};
  return kinds;
}

const RouteKind* find_route_kind(std::string_view group, std::string_view plural) {
  for (const RouteKind& kind : route_kinds())
    if (kind.resource.plural == plural && kind.resource.group == group) return &kind;
  return nullptr;
}

kube::ObjectKey service_at_host(std::string_view host, std::string_view ns) {
  const std::size_t dot = host.find('.');
  if (dot == std::string_view::npos) return {std::string(ns), std::string(host)};
  const std::string_view rest = host.substr(dot + 1);
  return {std::string(rest.substr(0, rest.find('.'))), std::string(host.substr(0, dot))};
}

}  // namespace sluice::sandbox
