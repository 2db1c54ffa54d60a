// The manifests of stories about routers other than HTTPRoutes.
#include "router_manifests.h"

#include <fmt/format.h>

namespace sluice::simulation {
namespace {

std::string definition(const std::string& group, const std::string& version, const std::string& kind,
                       const std::string& plural) {
  return fmt::format(
      "---\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: {3}.{0}}}\nspec:\n"
      "  group: {0}\n  scope: Namespaced\n  names: {{kind: {2}, listKind: {2}List, plural: {3}, singular: {4}}}\n"
      "  versions:\n  - name: {1}\n    served: true\n    storage: true\n    subresources: {{status: {{}}}}\n"
      "    schema:\n      openAPIV3Schema:\n        type: object\n        properties:\n"
      "          spec: {{type: object, x-kubernetes-preserve-unknown-fields: true}}\n"
      "          status: {{type: object, x-kubernetes-preserve-unknown-fields: true}}\n",
      group, version, kind, plural, plural.substr(0, plural.size() - 1));
}

std::string gateway_definition(const std::string& version, const std::string& kind, const std::string& plural) {
  return definition("gateway.networking.k8s.io", version, kind, plural);
}

std::string service(const std::string& name) {
  return fmt::format(
      "---\napiVersion: v1\nkind: Service\nmetadata: {{name: {}}}\n"
      "spec: {{selector: {{app: web}}, ports: [{{port: 80, targetPort: 8080}}]}}\n",
      name);
}

std::string virtual_service(const std::string& stable, const std::string& canary) {
  return fmt::format(
      "---\napiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: web}}\nspec:\n"
      "  hosts: [web]\n  http:\n  - name: main\n    route:\n"
      "    - {{destination: {{{}}}, weight: 100}}\n    - {{destination: {{{}}}, weight: 0}}\n",
      stable, canary);
}

const std::string destination_rule =
    "---\napiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: web}\nspec:\n  host: web\n"
    "  subsets:\n  - {name: stable, labels: {app: web}}\n  - {name: canary, labels: {app: web}}\n";

const std::string subset_routing =
    "      trafficRouting:\n        managedRoutes: [{name: beta}]\n        istio:\n"
    "          virtualService: {name: web}\n"
    "          destinationRule: {name: web, canarySubsetName: canary, stableSubsetName: stable}\n";

const std::string services_named = "      canaryService: web-canary\n      stableService: web-stable\n";

const std::string ingress =
    "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web}\nspec:\n  ingressClassName: alb\n"
    "  rules:\n  - http:\n      paths:\n      - path: /*\n        pathType: ImplementationSpecific\n"
    "        backend: {service: {name: web-root, port: {name: use-annotation}}}\n";

std::string gateway_route(const std::string& version, const std::string& kind) {
  return fmt::format(
      "---\napiVersion: gateway.networking.k8s.io/{}\nkind: {}\nmetadata: {{name: web}}\nspec:\n"
      "  parentRefs: [{{name: gateway}}]\n  rules:\n    - backendRefs:\n"
      "        - {{name: web-stable, port: 80, weight: 100}}\n        - {{name: web-canary, port: 80, weight: 0}}\n",
      version, kind);
}

std::string plugin(const std::string& field) {
  return "    canary:\n" + services_named +
         "      trafficRouting:\n        managedRoutes: [{name: beta}]\n        plugins:\n"
         "          argoproj-labs/gatewayAPI: {" +
         field + ": web, namespace: default}\n";
}

}  // namespace

std::string istio_definitions(const std::string& version) {
  return definition("networking.istio.io", version, "VirtualService", "virtualservices") +
         definition("networking.istio.io", version, "DestinationRule", "destinationrules");
}

RouterManifests istio_by_hosts() {
  return {"istio by hosts", istio_definitions(), virtual_service("host: web-stable", "host: web-canary"),
          "    canary:\n" + services_named +
              "      trafficRouting:\n        managedRoutes: [{name: beta}]\n        istio:\n"
              "          virtualService: {name: web, routes: [main]}\n"};
}

RouterManifests istio_by_subsets() {
  return {"istio by subsets", istio_definitions(),
          service("web") + virtual_service("host: web, subset: stable", "host: web, subset: canary") + destination_rule,
          "    canary:\n" + subset_routing};
}

RouterManifests istio_by_subsets_with_services() {
  RouterManifests manifests = istio_by_subsets();
  manifests.name = "istio by subsets with services";
  manifests.strategy = "    canary:\n" + services_named + subset_routing;
  return manifests;
}

RouterManifests alb() {
  return {"alb", "", service("web-root") + ingress,
          "    canary:\n" + services_named +
              "      trafficRouting:\n        managedRoutes: [{name: beta}]\n        alb:\n"
              "          ingress: web\n          servicePort: 80\n          rootService: web-root\n"};
}

RouterManifests alb_with_ping_pong() {
  return {"alb with ping-pong", "", service("web-root") + service("web-ping") + service("web-pong") + ingress,
          "    canary:\n      pingPong: {pingService: web-ping, pongService: web-pong}\n"
          "      trafficRouting:\n        managedRoutes: [{name: beta}]\n        alb:\n"
          "          ingress: web\n          servicePort: 80\n          rootService: web-root\n"};
}

RouterManifests grpc_route() {
  return {"grpc", gateway_definition("v1", "GRPCRoute", "grpcroutes"), gateway_route("v1", "GRPCRoute"),
          plugin("grpcRoute")};
}

RouterManifests tcp_route() {
  return {"tcp", gateway_definition("v1alpha2", "TCPRoute", "tcproutes"), gateway_route("v1alpha2", "TCPRoute"),
          plugin("tcpRoute")};
}

}  // namespace sluice::simulation
