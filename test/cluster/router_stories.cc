// Canaries over routers of every kind on a real API server: what is written in VirtualServices, Ingresses and routes.
#include <boost/json.hpp>
#include <fmt/format.h>

#include "test/cluster/expect.h"
#include "test/cluster/rollout_words.h"
#include "test/cluster/stories.h"

namespace sluice::cluster_test {
namespace {

using kube::text_at;

const kube::Resource virtual_services{"networking.istio.io", "v1", "VirtualService", "virtualservices"};
const kube::Resource destination_rules{"networking.istio.io", "v1", "DestinationRule", "destinationrules"};
const kube::Resource ingresses{"networking.k8s.io", "v1", "Ingress", "ingresses"};
const kube::Resource grpc_routes{"gateway.networking.k8s.io", "v1", "GRPCRoute", "grpcroutes"};
const kube::Resource tcp_routes{"gateway.networking.k8s.io", "v1alpha2", "TCPRoute", "tcproutes"};
const kube::Resource tls_routes{"gateway.networking.k8s.io", "v1alpha2", "TLSRoute", "tlsroutes"};

// The object as it is written, once it says all of this.
net::awaitable<std::string> until_says(Scene scene, kube::Resource resource, std::vector<std::string> parts) {
  const auto says = [parts](const json::value& object) {
    const std::string text = json::serialize(object);
    for (const std::string& part : parts)
      if (text.find(part) == std::string::npos) return false;
    return true;
  };
  Condition condition{fmt::format("a {} with its weights", resource.kind), says};
  const json::value found =
      co_await scene.admin.until(resource, key_in(scene, "shop"), std::move(condition), std::chrono::seconds(60));
  co_return json::serialize(found);
}

// The example's first version is healthy, and the second one waits at its pause with a header route and 10 %.
net::awaitable<void> pause_in(Scene scene, std::string folder, std::string from, std::string to) {
  co_await scene.admin.apply_file(folder + "services.yaml", scene.ns);
  co_await scene.admin.apply_file(folder + "route.yaml", scene.ns);
  std::vector<json::value> objects = documents_of_file_with(folder + "rollout.yaml", from, to);
  for (json::value& object : objects) co_await scene.admin.apply(std::move(object), scene.ns);
  co_await until(scene, "shop", healthy_with_image("example/shop:v1"));
  co_await set_image(scene, "shop", "example/shop:v2");
  co_await until(scene, "shop", paused_at(3));
}

net::awaitable<void> promote_to_the_end(Scene scene) {
  std::vector<std::string> full{"promote", "shop", "--full"};
  co_await plugin(scene, std::move(full));
  co_await until(scene, "shop", healthy_with_image("example/shop:v2"));
}

BOOST_AUTO_TEST_SUITE(stories)

SLUICE_STORY(canary_on_istio_moves_subsets_and_weights) {
  co_await pause_in(scene, "examples/canary-istio/", "replicas: 4", "replicas: 2");
  const json::value rollout = co_await rollout_in(scene, "shop");
  std::vector<std::string> hashes{std::string(text_at(rollout, {"status", "currentPodHash"})),
                                  std::string(text_at(rollout, {"status", "stableRS"}))};
  co_await until_says(scene, destination_rules, std::move(hashes));
  std::vector<std::string> split{"X-Tester", R"("weight":90)", R"("weight":10)"};
  co_await until_says(scene, virtual_services, std::move(split));
  co_await promote_to_the_end(scene);
  std::vector<std::string> done{R"("weight":100)"};
  const std::string last = co_await until_says(scene, virtual_services, std::move(done));
  expect(last.find("X-Tester") == std::string::npos, "the header route has stayed: " + last);
}

SLUICE_STORY(canary_on_a_load_balancer_writes_its_own_annotations) {
  co_await pause_in(scene, "examples/canary-alb/", "replicas: 4", "replicas: 2");
  std::vector<std::string> split{"actions.shop-root", "conditions.testers", "managed-alb-annotations",
                                 "use-annotation"};
  const std::string text = co_await until_says(scene, ingresses, std::move(split));
  expect(text.find(R"(\"Weight\":10)") != std::string::npos, "the action does not give 10 %: " + text);
  co_await promote_to_the_end(scene);
}

SLUICE_STORY(canary_on_grpc_tcp_and_tls_routes_moves_all_of_them) {
  for (const char* kind : {"TCPRoute", "TLSRoute"}) {
    std::string route = fmt::format(R"(
apiVersion: gateway.networking.k8s.io/v1alpha2
kind: {}
metadata: {{name: shop}}
spec:
  rules: [{{backendRefs: [{{name: shop-stable, port: 80, weight: 100}}, {{name: shop-canary, port: 80, weight: 0}}]}}]
)",
                                    kind);
    co_await scene.admin.apply_text(std::move(route), scene.ns);
  }
  co_await pause_in(scene, "examples/canary-grpcroute/", "            grpcRoute: shop",
                    "            grpcRoute: shop\n            tcpRoute: shop\n            tlsRoute: shop");
  for (const kube::Resource& resource : {grpc_routes, tcp_routes, tls_routes}) {
    std::vector<std::string> split{R"("weight":90)", R"("weight":10)", "gatewayapi-canary"};
    co_await until_says(scene, resource, std::move(split));
  }
  co_await promote_to_the_end(scene);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::cluster_test
