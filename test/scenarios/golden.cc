// Comparing texts with files.
#include "golden.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/test/unit_test.hpp>

#include "kube/json.h"
#include "kube/yaml.h"
#include "kubectl/rollout_explaining.h"
#include "rehearsal/rehearse.h"
#include "sandbox/in_process.h"

namespace sluice::simulation {
namespace {

namespace resources = kube::resources;

void expect_golden(const std::string& name, const std::string& text) {
  const std::string path = std::string(SLUICE_SOURCE_DIR) + "/test/data/golden/" + name;
  if (std::getenv("SLUICE_WRITE_GOLDEN")) std::ofstream(path) << text;
  std::ifstream file(path);
  const std::string kept{std::istreambuf_iterator<char>(file), {}};
  BOOST_TEST(text == kept, name << " says now:\n" << text);
}

kube::net::awaitable<void> ask(kube::Client& client, kube::Clock& clock,
                               std::optional<kube::Result<view::Explanation>>& answer) {
  answer = co_await kubectl::explain_rollout(client, clock, {"default", "web"});
}

}  // namespace

void expect_explained(const std::string& id, Story& story) {
  World& world = story.world;
  sandbox::InProcessTransport transport(world.api());
  kube::Client client(transport);
  std::optional<kube::Result<view::Explanation>> answer;
  kube::net::co_spawn(world.io(), ask(client, world.clock(), answer), kube::net::detached);
  BOOST_REQUIRE(world.until([&] { return answer.has_value(); }));
  BOOST_REQUIRE_MESSAGE(answer->has_value(), answer->error().message);
  expect_golden(id + ".explain.txt", view::text_of(**answer, world.clock().now()));
}

void expect_rehearsed(const std::string& id, const Story& story, const std::string& more) {
  std::vector<json::value> manifests = kube::parse_yaml_documents(more + story.yaml("v1")).value();
  const std::vector<kube::Resource> kinds{resources::services,
                                          resources::http_routes,
                                          resources::analysis_templates,
                                          {"networking.istio.io", "v1", "VirtualService", "virtualservices"},
                                          {"networking.istio.io", "v1", "DestinationRule", "destinationrules"},
                                          {"networking.k8s.io", "v1", "Ingress", "ingresses"}};
  for (const kube::Resource& kind : kinds)
    for (json::value& object : story.world.list(kind)) manifests.push_back(std::move(object));
  rehearsal::RehearsalOptions options;
  options.images = {{"web", "example/web:v2"}};
  options.promote_after = std::chrono::minutes(1);
  const kube::Result<rehearsal::Rehearsal> rehearsal = rehearsal::rehearse(std::move(manifests), options);
  BOOST_REQUIRE_MESSAGE(rehearsal.has_value(), rehearsal.error().message);
  expect_golden(id + ".simulate.txt", rehearsal::text_of(*rehearsal));
}

}  // namespace sluice::simulation
