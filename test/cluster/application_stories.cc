// From a commit to a real cluster: an Application whose folder holds a Rollout, synced by a process of its own.
#include <filesystem>
#include <memory>

#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "test/cluster/expect.h"
#include "test/cluster/rollout_words.h"
#include "test/cluster/stories.h"
#include "test/unit/gitops/git_fixture.h"

namespace sluice::cluster_test {
namespace {

using gitops::test::GitRepository;
using kube::find_at;
using kube::text_at;
namespace resources = kube::resources;
using Words = std::vector<std::string>;

std::string rollout_of(const std::string& version) {
  return fmt::format(R"(
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {{name: shop}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: shop}}}}
  template:
    metadata: {{labels: {{app: shop}}}}
    spec: {{containers: [{{name: shop, image: "example/shop:{}"}}]}}
  strategy:
    canary:
      stableService: shop
      canaryService: shop-canary
      steps: [{{setWeight: 50}}, {{pause: {{}}}}]
)",
                     version);
}

const std::string services = R"(
apiVersion: v1
kind: Service
metadata: {name: shop}
spec: {selector: {app: shop}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: shop-canary}
spec: {selector: {app: shop}, ports: [{port: 80, targetPort: 8080}]}
)";
const std::string settings = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {colour: blue}\n";

Condition standing(const std::string& sync, const std::string& health, const std::string& revision) {
  return {fmt::format("{}, {}, at {}", sync, health, revision), [=](const json::value& application) {
            return text_at(application, {"status", "sync", "status"}) == sync &&
                   text_at(application, {"status", "health", "status"}) == health &&
                   text_at(application, {"status", "sync", "revision"}) == revision;
          }};
}

net::awaitable<void> until_application(Scene scene, std::string name, Condition condition) {
  kube::ObjectKey key{"argocd", std::move(name)};
  co_await scene.admin.until(resources::applications, std::move(key), std::move(condition), std::chrono::seconds(60));
}

net::awaitable<std::unique_ptr<ControllerProcess>> application_controller(Scene scene) {
  co_await install_application_permissions(scene.w);
  auto access = co_await access_of_service_account(scene.w, "sluice-gitops", "sluice");
  const std::vector<std::string> flags{"--controllers=applications", "--allow-local-repositories", "--app-resync=2s",
                                       "--repository-cache=" + scene.w.plane.path("mirrors")};
  auto process = std::make_unique<ControllerProcess>("application_controller", std::move(access), flags);
  co_await process->until_it_leads(scene.w);
  co_return process;
}

net::awaitable<void> make_application(Scene scene, std::string name, std::string url) {
  json::value object =
      documents_of_file_with("examples/application/application.yaml", "https://git.example/team/deployments.git", url)
          .at(0);
  object.as_object()["metadata"].as_object()["name"] = name;
  object.as_object()["spec"].as_object()["destination"].as_object()["namespace"] = scene.ns;
  co_await scene.admin.apply_text("{apiVersion: v1, kind: Namespace, metadata: {name: argocd}}", "");
  co_await scene.admin.apply(std::move(object), "");
}

BOOST_AUTO_TEST_SUITE(stories)

SLUICE_STORY(commits_become_rollouts_and_manual_changes_are_healed) {
  const std::filesystem::path folder = scene.w.plane.path("repository");
  GitRepository repository(folder);
  const std::string first = repository.commit({{"apps/shop/rollout.yaml", rollout_of("v1")},
                                               {"apps/shop/services.yaml", services},
                                               {"apps/shop/settings.yaml", settings}});
  const auto process = co_await application_controller(scene);
  co_await make_application(scene, "shop", repository.url());
  co_await until_application(scene, "shop", standing("Synced", "Healthy", first));
  const json::value rollout = co_await until(scene, "shop", healthy_with_image("example/shop:v1"));
  const std::string stable(text_at(rollout, {"status", "stableRS"}));

  // The next version waits at its pause, the Application with it; nobody puts back what the Rollout owns.
  const std::string second =
      repository.commit({{"apps/shop/rollout.yaml", rollout_of("v2")}, {"apps/shop/services.yaml", services}});
  co_await until_application(scene, "shop", standing("Synced", "Suspended", second));
  co_await until(scene, "shop", paused_at(1));
  std::string selected = co_await selected_by(scene, "shop");
  expect(selected == stable, "the stable Service selects " + selected);
  const auto settings_now = co_await scene.admin.list(resources::config_maps, scene.ns, "");
  for (const json::value& map : settings_now)
    expect(text_at(map, {"metadata", "name"}) != "settings", "what left the repository was not pruned");

  // A manual change of what Git says is put back.
  co_await scene.admin.merge(resources::services, key_in(scene, "shop"),
                             R"({"spec":{"ports":[{"port":80,"targetPort":9090}]}})");
  Condition healed{"healed", [](const json::value& service) {
                     return kube::number_at(find_at(service, {"spec", "ports"})->as_array().at(0), {"targetPort"}) ==
                            8080;
                   }};
  const json::value service = co_await scene.admin.until(resources::services, key_in(scene, "shop"), std::move(healed),
                                                         std::chrono::seconds(30));
  expect(text_at(service, {"spec", "selector", "rollouts-pod-template-hash"}) == stable,
         "healing took the Rollout's hash out of the selector");

  Words promote{"promote", "shop"};
  co_await plugin(scene, std::move(promote));
  co_await until(scene, "shop", healthy_with_image("example/shop:v2"));
  co_await until_application(scene, "shop", standing("Synced", "Healthy", second));
  selected = co_await selected_by(scene, "shop");
  expect(selected != stable, "the stable Service did not move");

  // A commit that cannot be read says so at the Application and changes nothing.
  repository.commit(
      {{"apps/shop/rollout.yaml", rollout_of("v3") + "  broken: [\n"}, {"apps/shop/services.yaml", services}});
  Condition told{"telling of the broken file", [](const json::value& application) {
                   const json::value* conditions = find_at(application, {"status", "conditions"});
                   return conditions && kube::print_json(*conditions).find("rollout.yaml") != std::string::npos;
                 }};
  co_await until_application(scene, "shop", std::move(told));
  co_await until(scene, "shop", healthy_with_image("example/shop:v2"));
  const std::string last = repository.commit({{"apps/shop/rollout.yaml", rollout_of("v2")},
                                              {"apps/shop/services.yaml", services},
                                              {"apps/shop/settings.yaml", settings}});
  co_await until_application(scene, "shop", standing("Synced", "Healthy", last));
  co_await scene.admin.read(resources::config_maps, key_in(scene, "settings"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::cluster_test
