// From commits to a cluster: syncing, pruning, healing, waves, hooks and what a running Rollout owns.
#include <boost/test/unit_test.hpp>

#include "test/simulation/gitops_world.h"

using namespace sluice;
using namespace sluice::gitops;
using kube::resources::config_maps;
using kube::resources::deployments;
using kube::resources::jobs;
using kube::resources::services;

namespace {

const std::string automated = "  syncPolicy: {automated: {prune: true, selfHeal: true}}\n";

std::string config(const std::string& name, const std::string& value, const std::string& annotations = "") {
  return fmt::format(
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {}, annotations: {{{}}}}}\ndata: {{key: '{}'}}\n", name,
      annotations, value);
}

std::string deployment(const std::string& name, int replicas, const std::string& annotations = "") {
  return fmt::format(
      "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {0}, annotations: {{{2}}}}}\nspec:\n  replicas: {1}\n"
      "  selector: {{matchLabels: {{app: {0}}}}}\n  template:\n    metadata: {{labels: {{app: {0}}}}}\n"
      "    spec: {{containers: [{{name: main, image: 'web:1', resources: {{limits: {{cpu: 1000m}}}}}}]}}\n",
      name, replicas, annotations);
}

std::string job(const std::string& name, int exit_code, const std::string& annotations) {
  return fmt::format(
      "apiVersion: batch/v1\nkind: Job\nmetadata: {{name: {}, annotations: {{{}}}}}\nspec:\n  backoffLimit: 0\n"
      "  template: {{spec: {{restartPolicy: Never, containers: [{{name: main, image: busybox, command: [sh, -c, "
      "'exit {}']}}]}}}}\n",
      name, annotations, exit_code);
}

std::string wave(int number) { return fmt::format("argocd.argoproj.io/sync-wave: '{}'", number); }
std::string hook(const std::string& phase) { return "argocd.argoproj.io/hook: " + phase; }

}  // namespace

BOOST_AUTO_TEST_SUITE(gitops_sync)

BOOST_AUTO_TEST_CASE(a_commit_becomes_a_healthy_application) {
  GitopsWorld world;
  const std::string commit =
      world.git.commit({{"apps/app/web.yaml", deployment("web", 2) + "---\n" + config("c", "a")}});
  world.create_application("app", automated);
  world.run(60);
  BOOST_TEST(world.summary() == "Synced Healthy Succeeded");
  BOOST_TEST(world.application({"status", "sync", "revision"}) == commit);
  BOOST_TEST(world.text(deployments, {"web", "web"}, {"status", "availableReplicas"}) == "2");
  BOOST_TEST(world.application({"status", "summary", "images"}) == "[\"web:1\"]");
  BOOST_TEST(world.application({"status", "sourceType"}) == "Directory");
  BOOST_TEST(!world.application({"status", "reconciledAt"}).empty());
  const json::value application = world.object(kube::resources::applications, {"argocd", "app"});
  BOOST_TEST(application.at("status").at("history").get_array().size() == 1u);
  BOOST_TEST(application.at("status").at("history").at(0).at("revision").get_string() == commit);
  BOOST_TEST(application.at("status").at("resources").get_array().size() == 2u);
  const std::vector<std::string> events = world.events();
  BOOST_TEST(
      (std::ranges::find(events, "OperationStarted: Initiated automated sync to '" + commit + "'") != events.end()));
  BOOST_TEST((std::ranges::find(events, "ResourceUpdated: Updated sync status: OutOfSync -> Synced") != events.end()));
  BOOST_TEST((std::ranges::find(events, "OperationCompleted: Sync operation to 0000000 succeeded") != events.end()));

  world.life->transport.requests.clear();
  world.run(3600);
  BOOST_TEST(world.life->transport.requests.empty());
  BOOST_TEST(world.log_lines.empty());
}

BOOST_AUTO_TEST_CASE(only_an_application_whose_path_changed_is_rendered_again) {
  GitopsWorld world;
  world.git.commit({{"apps/a/c.yaml", config("a", "1")}, {"apps/b/c.yaml", config("b", "1")}});
  world.create_application("a", automated);
  world.create_application("b", automated);
  world.run(60);
  BOOST_TEST(world.life->controller.renders() == 2u);
  const std::string next = world.git.commit({{"apps/a/c.yaml", config("a", "2")}, {"apps/b/c.yaml", config("b", "1")}});
  world.life->transport.requests.clear();
  world.run(60);
  BOOST_TEST(world.life->controller.renders() == 3u);
  BOOST_TEST(world.text(config_maps, {"web", "a"}, {"data", "key"}) == "2");
  BOOST_TEST(world.application({"status", "sync", "revision"}, "b") == next);
  BOOST_TEST(world.summary("b") == "Synced Healthy Succeeded");
  const auto writes = world.writes();
  BOOST_TEST(std::ranges::count(writes, "PATCH /apis/argoproj.io/v1alpha1/namespaces/argocd/applications/b") == 1);
}

BOOST_AUTO_TEST_CASE(without_automation_a_person_syncs) {
  GitopsWorld world;
  world.git.commit({{"apps/app/c.yaml", config("c", "a")}});
  world.create_application("app");
  world.run(60);
  BOOST_TEST(world.summary() == "OutOfSync Missing ");
  BOOST_TEST(!world.exists(config_maps, {"web", "c"}));
  world.patch(kube::resources::applications, {"argocd", "app"},
              R"({"operation": {"initiatedBy": {"username": "ada"}, "sync": {"revision": "main"}}})");
  world.run(5);
  BOOST_TEST(world.summary() == "Synced Healthy Succeeded");
  BOOST_TEST(world.application({"operation"}).empty());
  BOOST_TEST(world.exists(config_maps, {"web", "c"}));
  const std::vector<std::string> events = world.events();
  BOOST_TEST((std::ranges::find(events, "OperationStarted: ada initiated sync to 'main'") != events.end()));
}

BOOST_AUTO_TEST_CASE(what_left_git_is_pruned_or_kept) {
  GitopsWorld world;
  world.git.commit({{"apps/app/a.yaml", config("a", "1")},
                    {"apps/app/b.yaml", config("b", "1")},
                    {"apps/app/k.yaml", config("k", "1", "argocd.argoproj.io/sync-options: Prune=false")}});
  world.create_application("app", automated);
  world.create(config_maps, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: foreign, namespace: web}\n");
  world.run(30);
  world.git.commit({{"apps/app/a.yaml", config("a", "1")}});
  world.run(30);
  BOOST_TEST(world.exists(config_maps, {"web", "a"}));
  BOOST_TEST(!world.exists(config_maps, {"web", "b"}));
  BOOST_TEST(world.exists(config_maps, {"web", "k"}));
  BOOST_TEST(world.exists(config_maps, {"web", "foreign"}));
  BOOST_TEST(world.application({"status", "sync", "status"}) == "OutOfSync");
  world.life->transport.requests.clear();
  world.run(600);
  BOOST_TEST(world.writes().size() <= 12u);  // healing tries again ever more seldom
}

BOOST_AUTO_TEST_CASE(a_commit_that_empties_the_path_deletes_nothing) {
  GitopsWorld world;
  world.git.commit({{"apps/app/a.yaml", config("a", "1")}});
  world.create_application("app", automated);
  world.run(30);
  world.git.commit({{"apps/app/README.md", "nothing here"}});
  world.run(30);
  BOOST_TEST(world.exists(config_maps, {"web", "a"}));
  BOOST_TEST(world.condition("SyncError").starts_with("the commit has no manifests"), world.condition("SyncError"));
}

BOOST_AUTO_TEST_CASE(drift_is_healed) {
  GitopsWorld world;
  world.git.commit({{"apps/app/web.yaml", deployment("web", 2)}});
  world.create_application("app", automated);
  world.run(60);
  world.patch(deployments, {"web", "web"}, R"({"spec": {"replicas": 5}})");
  world.run(1);
  BOOST_TEST(world.text(deployments, {"web", "web"}, {"spec", "replicas"}) == "2");
  world.remove(deployments, {"web", "web"});
  world.run(10);
  BOOST_TEST(world.exists(deployments, {"web", "web"}));
  world.run(60);
  BOOST_TEST(world.summary() == "Synced Healthy Succeeded");
  const json::value application = world.object(kube::resources::applications, {"argocd", "app"});
  BOOST_TEST(application.at("status").at("history").get_array().size() == 1u);
}

BOOST_AUTO_TEST_CASE(drift_stays_without_self_heal) {
  GitopsWorld world;
  world.git.commit({{"apps/app/web.yaml", deployment("web", 2)}});
  world.create_application("app", "  syncPolicy: {automated: {}}\n");
  world.run(60);
  world.patch(deployments, {"web", "web"}, R"({"spec": {"replicas": 5}})");
  world.run(60);
  BOOST_TEST(world.text(deployments, {"web", "web"}, {"spec", "replicas"}) == "5");
  BOOST_TEST(world.application({"status", "sync", "status"}) == "OutOfSync");
}

BOOST_AUTO_TEST_CASE(waves_wait_for_health) {
  GitopsWorld world;
  world.git.commit({{"apps/app/a.yaml", deployment("first", 1)},
                    {"apps/app/b.yaml", config("second", "x", wave(1))},
                    {"apps/app/c.yaml", config("zero", "x", wave(-1))}});
  world.create_application("app", automated);
  std::vector<std::string> order;
  world.cluster.api().listen([&](const sandbox::Change& change) {
    if (change.type == kube::WatchType::added && change.key.ns == "web" &&
        (change.plural == "configmaps" || change.plural == "deployments"))
      order.push_back(change.key.name);
    if (change.plural == "configmaps" && change.key.name == "second")
      BOOST_TEST(world.text(deployments, {"web", "first"}, {"status", "availableReplicas"}) == "1");
  });
  world.run(60);
  const std::vector<std::string> expected{"zero", "first", "second"};
  std::erase(order, "kube-root-ca.crt");
  BOOST_TEST(order == expected, boost::test_tools::per_element());
  BOOST_TEST(world.summary() == "Synced Healthy Succeeded");
}

BOOST_AUTO_TEST_CASE(hooks_run_around_the_sync) {
  GitopsWorld world;
  world.git.commit({{"apps/app/a.yaml", deployment("web", 1)},
                    {"apps/app/pre.yaml", job("pre", 0, hook("PreSync"))},
                    {"apps/app/post.yaml",
                     job("post", 0, hook("PostSync") + ", argocd.argoproj.io/hook-delete-policy: HookSucceeded")}});
  world.create_application("app", automated);
  std::vector<std::string> order;
  world.cluster.api().listen([&](const sandbox::Change& change) {
    if (change.type != kube::WatchType::modified && (change.plural == "jobs" || change.plural == "deployments"))
      order.push_back((change.type == kube::WatchType::deleted ? "-" : "+") + change.key.name);
  });
  world.run(120);
  const std::vector<std::string> expected{"+pre", "+web", "+post", "-post"};
  BOOST_TEST(order == expected, boost::test_tools::per_element());
  BOOST_TEST(world.summary() == "Synced Healthy Succeeded");
  order.clear();
  world.git.commit({{"apps/app/a.yaml", deployment("web", 2)}, {"apps/app/pre.yaml", job("pre", 0, hook("PreSync"))}});
  world.run(120);
  const std::vector<std::string> again{"-pre", "+pre"};
  BOOST_TEST(order == again, boost::test_tools::per_element());
  BOOST_TEST(world.text(deployments, {"web", "web"}, {"spec", "replicas"}) == "2");
}

BOOST_AUTO_TEST_CASE(a_failing_hook_stops_the_sync) {
  GitopsWorld world;
  world.git.commit({{"apps/app/a.yaml", config("a", "1")}, {"apps/app/pre.yaml", job("pre", 1, hook("PreSync"))}});
  world.create_application("app", "  syncPolicy: {automated: {}, retry: {limit: 1, backoff: {duration: 5s}}}\n");
  world.run(300);
  BOOST_TEST(!world.exists(config_maps, {"web", "a"}));
  BOOST_TEST(world.application({"status", "operationState", "phase"}) == "Failed");
  BOOST_TEST(world.application({"status", "operationState", "retryCount"}) == "1");
  BOOST_TEST(!world.condition("SyncError").empty());
  world.git.commit({{"apps/app/a.yaml", config("a", "1")}, {"apps/app/pre.yaml", job("pre", 0, hook("PreSync"))}});
  world.run(60);
  BOOST_TEST(world.summary() == "Synced Healthy Succeeded");
  BOOST_TEST(world.condition("SyncError").empty());
}

BOOST_AUTO_TEST_CASE(one_bad_object_stops_everything_before_it_is_written) {
  GitopsWorld world;
  const std::string bad = "apiVersion: v1\nkind: Service\nmetadata: {name: bad}\nspec: {ports: [{port: 99999999}]}\n";
  world.git.commit({{"apps/app/a.yaml", config("a", "1")}, {"apps/app/b.yaml", bad}});
  world.create_application("app", "  syncPolicy: {automated: {}, retry: {limit: 0}}\n");
  world.run(60);
  BOOST_TEST(!world.exists(config_maps, {"web", "a"}));
  const std::string message = world.application({"status", "operationState", "message"});
  BOOST_TEST(message.starts_with("1 of 2 objects would be refused, so nothing was written: Service web/bad:"), message);
}

BOOST_AUTO_TEST_CASE(a_namespace_is_made_when_asked_for) {
  GitopsWorld world;
  world.git.commit({{"apps/app/a.yaml", config("a", "1")}});
  world.create_application("app", "  syncPolicy: {automated: {}, syncOptions: [CreateNamespace=true]}\n");
  world.patch(kube::resources::applications, {"argocd", "app"}, R"({"spec": {"destination": {"namespace": "fresh"}}})");
  world.run(30);
  BOOST_TEST(world.exists(config_maps, {"fresh", "a"}));
  BOOST_TEST(world.summary() == "Synced Healthy Succeeded");
}

BOOST_AUTO_TEST_CASE(the_selector_of_a_running_rollout_is_neither_compared_nor_overwritten) {
  GitopsWorld world;
  const std::string service =
      "apiVersion: v1\nkind: Service\nmetadata: {name: active}\n"
      "spec: {selector: {app: web}, ports: [{port: 80}]}\n";
  world.git.commit({{"apps/app/s.yaml", service}});
  world.create_application("app", automated);
  world.run(30);
  world.patch(services, {"web", "active"},
              R"({"metadata": {"annotations": {"argo-rollouts.argoproj.io/managed-by-rollouts": "web"}},
                  "spec": {"selector": {"rollouts-pod-template-hash": "abc"}}})");
  world.run(30);
  BOOST_TEST(world.summary() == "Synced Healthy Succeeded");
  world.git.commit({{"apps/app/s.yaml", service + "# changed\n"}, {"apps/app/x.yaml", config("x", "1")}});
  world.run(30);
  BOOST_TEST(world.text(services, {"web", "active"}, {"spec", "selector", "rollouts-pod-template-hash"}) == "abc");
  world.git.commit({{"apps/app/s.yaml",
                     "apiVersion: v1\nkind: Service\nmetadata: {name: active}\n"
                     "spec: {selector: {app: other}, ports: [{port: 80}]}\n"}});
  world.run(30);
  BOOST_TEST(world.text(services, {"web", "active"}, {"spec", "selector"}) ==
             R"({"app":"other","rollouts-pod-template-hash":"abc"})");
}

BOOST_AUTO_TEST_CASE(a_field_that_the_server_does_not_keep_is_a_warning_and_no_difference) {
  GitopsWorld world;
  const std::string rollout =
      "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: web}\nspec:\n  replicas: 1\n"
      "  syncPolicy: {automated: {prune: true}}\n  selector: {matchLabels: {app: web}}\n  strategy: {canary: {}}\n"
      "  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: main, image: 'web:1'}]}}\n";
  world.git.commit({{"apps/app/r.yaml", rollout}});
  world.create_application("app", automated);
  world.run(30);
  BOOST_REQUIRE(world.exists(kube::resources::rollouts, {"web", "web"}));
  BOOST_TEST(world.text(kube::resources::rollouts, {"web", "web"}, {"spec", "syncPolicy"}).empty());
  BOOST_TEST(world.application({"status", "sync", "status"}) == "Synced");
  BOOST_TEST(world.condition("UnknownFieldWarning") ==
             "the cluster does not keep spec.syncPolicy of argoproj.io/Rollout web/web");
  world.life->transport.requests.clear();
  world.run(600);
  BOOST_TEST(world.writes().empty());
  world.kill();
  world.start();
  world.run(60);
  BOOST_TEST(world.writes().empty());
  BOOST_TEST(world.application({"status", "sync", "status"}) == "Synced");
  world.patch(kube::resources::rollouts, {"web", "web"}, R"({"spec": {"replicas": 3}})");
  world.run(10);
  BOOST_TEST(world.text(kube::resources::rollouts, {"web", "web"}, {"spec", "replicas"}) == "1");
}

BOOST_AUTO_TEST_CASE(server_side_apply_takes_back_what_left_git) {
  GitopsWorld world;
  const std::string head = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
  world.git.commit({{"apps/app/a.yaml", head + "data: {x: '1', y: '1'}\n"}});
  world.create_application("app", "  syncPolicy: {automated: {}, syncOptions: [ServerSideApply=true]}\n");
  world.run(30);
  BOOST_TEST(world.summary() == "Synced Healthy Succeeded");
  world.patch(config_maps, {"web", "a"}, R"({"data": {"z": "somebody else's"}})");
  world.run(30);
  BOOST_TEST(world.summary() == "Synced Healthy Succeeded");
  world.git.commit({{"apps/app/a.yaml", head + "data: {x: '2'}\n"}});
  world.run(30);
  BOOST_TEST(world.summary() == "Synced Healthy Succeeded");
  BOOST_TEST(world.text(config_maps, {"web", "a"}, {"data"}) == R"({"x":"2","z":"somebody else's"})");
  BOOST_TEST(world.text(config_maps, {"web", "a"}, {"metadata", "annotations"}).find("last-applied") ==
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_objects_go_with_the_application) {
  GitopsWorld world;
  world.git.commit({{"apps/app/a.yaml", config("a", "1")},
                    {"apps/app/b.yaml", config("b", "1", "argocd.argoproj.io/sync-options: Delete=false")},
                    {"apps/app/w.yaml", deployment("web", 1)}});
  world.create_application("app", automated, ", finalizers: [resources-finalizer.argocd.argoproj.io]");
  world.run(60);
  world.remove(kube::resources::applications, {"argocd", "app"});
  world.run(60);
  BOOST_TEST(!world.exists(kube::resources::applications, {"argocd", "app"}));
  BOOST_TEST(!world.exists(config_maps, {"web", "a"}));
  BOOST_TEST(!world.exists(deployments, {"web", "web"}));
  BOOST_TEST(world.exists(config_maps, {"web", "b"}));
}

BOOST_AUTO_TEST_CASE(a_refresh_asks_git_at_once) {
  GitopsWorld world;
  world.git.commit({{"apps/app/a.yaml", config("a", "1")}});
  world.create_application("app", automated);
  world.run(31);
  world.git.commit({{"apps/app/a.yaml", config("a", "2")}});
  world.patch(kube::resources::applications, {"argocd", "app"},
              R"({"metadata": {"annotations": {"argocd.argoproj.io/refresh": "normal"}}})");
  world.run(1);
  BOOST_TEST(world.text(config_maps, {"web", "a"}, {"data", "key"}) == "2");
  BOOST_TEST(world.application({"metadata", "annotations"}).find("refresh") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_newer_commit_takes_over_from_a_sync_that_waits) {
  GitopsWorld world;
  const std::string stuck =
      "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {paused: true, selector: "
      "{matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: "
      "[{name: main, image: 'web:1'}]}}}\n";
  world.git.commit({{"apps/app/a.yaml", stuck}, {"apps/app/b.yaml", config("late", "1", wave(1))}});
  world.create_application("app", automated);
  world.run(60);
  BOOST_TEST(world.application({"status", "operationState", "phase"}) == "Running");
  BOOST_TEST(world.application({"status", "operationState", "message"}) ==
             "waiting for apps/Deployment web/web to be healthy (the Deployment is paused)");
  world.git.commit({{"apps/app/a.yaml", deployment("web", 1)}, {"apps/app/b.yaml", config("late", "1", wave(1))}});
  world.run(60);
  BOOST_TEST(world.summary() == "Synced Healthy Succeeded");
}

BOOST_AUTO_TEST_SUITE_END()
