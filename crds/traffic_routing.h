// strategy.canary.trafficRouting: what to split the traffic with.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "crds/raw_json.h"
#include "crds/seldom.h"
#include "kube/string_map.h"

namespace sluice::crds {

struct NamedReference {
  std::string name;
  bool operator==(const NamedReference&) const = default;
  static void fields(auto& self, auto& visit) { visit.required("name", self.name); }
};

struct IstioTlsRoute {
  std::int64_t port = 0;
  std::vector<std::string> sni_hosts;
  bool operator==(const IstioTlsRoute&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("port", self.port);
    visit("sniHosts", self.sni_hosts);
  }
};

struct IstioTcpRoute {
  std::int64_t port = 0;
  bool operator==(const IstioTcpRoute&) const = default;
  static void fields(auto& self, auto& visit) { visit("port", self.port); }
};

struct IstioVirtualService {
  std::string name;
  std::vector<std::string> routes;
  std::vector<IstioTlsRoute> tls_routes;
  std::vector<IstioTcpRoute> tcp_routes;
  bool operator==(const IstioVirtualService&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.required("name", self.name);
    visit("routes", self.routes);
    visit("tlsRoutes", self.tls_routes);
    visit("tcpRoutes", self.tcp_routes);
  }
};

struct IstioDestinationRule {
  std::string name;
  std::string canary_subset_name;
  std::string stable_subset_name;
  std::vector<std::string> additional_subset_names;
  bool operator==(const IstioDestinationRule&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.required("name", self.name);
    visit.required("canarySubsetName", self.canary_subset_name);
    visit.required("stableSubsetName", self.stable_subset_name);
    visit("additionalSubsetNames", self.additional_subset_names);
  }
};

struct IstioRouting {
  Seldom<IstioVirtualService> virtual_service;
  std::vector<IstioVirtualService> virtual_services;
  Seldom<IstioDestinationRule> destination_rule;
  bool operator==(const IstioRouting&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("virtualService", self.virtual_service);
    visit("virtualServices", self.virtual_services);
    visit("destinationRule", self.destination_rule);
  }
};

struct NginxRouting {
  std::string annotation_prefix;
  std::string stable_ingress;
  std::vector<std::string> stable_ingresses;
  kube::StringMap additional_ingress_annotations;
  kube::StringMap canary_ingress_annotations;
  bool operator==(const NginxRouting&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("annotationPrefix", self.annotation_prefix);
    visit("stableIngress", self.stable_ingress);
    visit("stableIngresses", self.stable_ingresses);
    visit("additionalIngressAnnotations", self.additional_ingress_annotations);
    visit("canaryIngressAnnotations", self.canary_ingress_annotations);
  }
};

struct StickinessConfig {
  bool enabled = false;
  std::int64_t duration_seconds = 0;
  bool operator==(const StickinessConfig&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.required("enabled", self.enabled);
    visit.required("durationSeconds", self.duration_seconds);
  }
};

struct AlbRouting {
  std::string ingress;
  std::vector<std::string> ingresses;
  std::int32_t service_port = 0;
  std::string root_service;
  std::string annotation_prefix;
  std::optional<StickinessConfig> stickiness_config;
  bool operator==(const AlbRouting&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("ingress", self.ingress);
    visit("ingresses", self.ingresses);
    visit.required("servicePort", self.service_port);
    visit("rootService", self.root_service);
    visit("annotationPrefix", self.annotation_prefix);
    visit("stickinessConfig", self.stickiness_config);
  }
};

struct SmiRouting {
  std::string root_service;
  std::string traffic_split_name;
  bool operator==(const SmiRouting&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("rootService", self.root_service);
    visit("trafficSplitName", self.traffic_split_name);
  }
};

struct AmbassadorRouting {
  std::vector<std::string> mappings;
  bool operator==(const AmbassadorRouting&) const = default;
  static void fields(auto& self, auto& visit) { visit.required("mappings", self.mappings); }
};

struct AppMeshVirtualService {
  std::string name;
  std::vector<std::string> routes;
  bool operator==(const AppMeshVirtualService&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.required("name", self.name);
    visit("routes", self.routes);
  }
};

struct AppMeshVirtualNodeGroup {
  std::optional<NamedReference> canary_virtual_node_ref;
  std::optional<NamedReference> stable_virtual_node_ref;
  bool operator==(const AppMeshVirtualNodeGroup&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.required("canaryVirtualNodeRef", self.canary_virtual_node_ref);
    visit.required("stableVirtualNodeRef", self.stable_virtual_node_ref);
  }
};

struct AppMeshRouting {
  std::optional<AppMeshVirtualService> virtual_service;
  std::optional<AppMeshVirtualNodeGroup> virtual_node_group;
  bool operator==(const AppMeshRouting&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("virtualService", self.virtual_service);
    visit("virtualNodeGroup", self.virtual_node_group);
  }
};

struct TraefikRouting {
  std::string weighted_traefik_service_name;
  bool operator==(const TraefikRouting&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.required("weightedTraefikServiceName", self.weighted_traefik_service_name);
  }
};

struct ApisixRoute {
  std::string name;
  std::vector<std::string> rules;
  bool operator==(const ApisixRoute&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.required("name", self.name);
    visit("rules", self.rules);
  }
};

struct ApisixRouting {
  std::optional<ApisixRoute> route;
  bool operator==(const ApisixRouting&) const = default;
  static void fields(auto& self, auto& visit) { visit("route", self.route); }
};

// The key in `plugins` under which Gateway API routes are configured.
inline constexpr std::string_view gateway_api_plugin = "argoproj-labs/gatewayAPI";

// Its presence alone, even without a router, switches the replica arithmetic to "traffic routed".
struct TrafficRouting {
  Seldom<IstioRouting> istio;
  Seldom<NginxRouting> nginx;
  Seldom<AlbRouting> alb;
  Seldom<SmiRouting> smi;
  Seldom<AmbassadorRouting> ambassador;
  Seldom<AppMeshRouting> app_mesh;
  Seldom<TraefikRouting> traefik;
  Seldom<ApisixRouting> apisix;
  std::map<std::string, RawJson> plugins;  // by name, each with its own configuration
  std::vector<NamedReference> managed_routes;
  std::optional<std::int32_t> max_traffic_weight;  // 100 when absent
  // Until a change counts as in force where no router reports; the router's own delay when absent.
  std::optional<std::int32_t> propagation_delay_seconds;
  bool operator==(const TrafficRouting&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("istio", self.istio);
    visit("nginx", self.nginx);
    visit("alb", self.alb);
    visit("smi", self.smi);
    visit("ambassador", self.ambassador);
    visit("appMesh", self.app_mesh);
    visit("traefik", self.traefik);
    visit("apisix", self.apisix);
    visit("plugins", self.plugins);
    visit("managedRoutes", self.managed_routes);
    visit("maxTrafficWeight", self.max_traffic_weight);
    visit("propagationDelaySeconds", self.propagation_delay_seconds);
  }
};

}  // namespace sluice::crds
