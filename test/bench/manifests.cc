// A small but ordinary workload: one container with ports, variables, resources and a probe.
#include "manifests.h"

#include <sstream>

#include <fmt/format.h>

namespace sluice::bench {
namespace {

std::string rollout_head(const std::string& name, int replicas) {
  return fmt::format(R"(apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata:
  name: {0}
  labels: {{app: {0}, team: shop}}
spec:
  replicas: {1}
  revisionHistoryLimit: 10
  selector:
    matchLabels: {{app: {0}}}
  template:
    metadata:
      labels: {{app: {0}, team: shop}}
    spec:
      containers:
        - name: web
          image: {2}
          ports:
            - {{name: http, containerPort: 8080}}
          env:
            - {{name: SERVICE, value: {0}}}
            - {{name: LOG_LEVEL, value: info}}
            - {{name: DATABASE_URL, valueFrom: {{secretKeyRef: {{name: {0}, key: url}}}}}}
          resources:
            requests: {{cpu: 100m, memory: 128Mi}}
            limits: {{memory: 256Mi}}
          readinessProbe:
            httpGet: {{path: /ready, port: http}}
            periodSeconds: 5
)",
                     name, replicas, image(name, 1));
}

std::string service(const std::string& service_name, const std::string& app) {
  return fmt::format(R"(---
apiVersion: v1
kind: Service
metadata: {{name: {}, labels: {{app: {}}}}}
spec:
  selector: {{app: {}}}
  ports:
    - {{name: http, port: 80, targetPort: 8080}}
)",
                     service_name, app, app);
}

}  // namespace

std::string image(const std::string& name, int version) {
  return fmt::format("registry.example/shop/{}:v1.{}.0", name, version);
}

std::string routed_canary(const std::string& name, int replicas, int delay, const std::string& weights,
                          const std::string& last_step) {
  std::string steps;
  std::istringstream list(weights);
  for (std::string weight; std::getline(list, weight, ',');)
    steps += fmt::format("        - setWeight: {}\n", std::stoi(weight));
  if (!last_step.empty()) steps += "        - " + last_step + "\n";
  return rollout_head(name, replicas) +
         fmt::format(R"(  strategy:
    canary:
      canaryService: {0}-canary
      stableService: {0}-stable
      scaleDownDelaySeconds: {1}
      abortScaleDownDelaySeconds: {1}
      trafficRouting:
        plugins:
          argoproj-labs/gatewayAPI: {{httpRoute: {0}, namespace: default}}
      steps:
{2})",
                     name, delay, steps) +
         service(name + "-canary", name) + service(name + "-stable", name) +
         fmt::format(R"(---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: {0}}}
spec:
  parentRefs:
    - {{name: gateway}}
  hostnames: [{0}.example]
  rules:
    - matches:
        - path: {{type: PathPrefix, value: /}}
      backendRefs:
        - {{name: {0}-stable, port: 80, weight: 100}}
        - {{name: {0}-canary, port: 80, weight: 0}}
)",
                     name);
}

std::string blue_green(const std::string& name, int replicas, int delay) {
  return rollout_head(name, replicas) +
         fmt::format(R"(  strategy:
    blueGreen:
      activeService: {0}-active
      previewService: {0}-preview
      scaleDownDelaySeconds: {1}
)",
                     name, delay) +
         service(name + "-active", name) + service(name + "-preview", name);
}

}  // namespace sluice::bench
