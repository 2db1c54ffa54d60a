// What bad input gets: one clear message at the application, nothing written, the others unharmed, recovery by itself.
#include <boost/test/unit_test.hpp>

#include "test/simulation/gitops_world.h"

using namespace sluice;
using namespace sluice::gitops;
using kube::resources::applications;
using kube::resources::config_maps;

namespace {

const std::string automated = "  syncPolicy: {automated: {prune: true, selfHeal: true}}\n";

std::string config(const std::string& name, const std::string& value) {
  return fmt::format("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {}}}\ndata: {{key: '{}'}}\n", name, value);
}

// Two synced applications; each test spoils the first one.
struct TwoApplications : GitopsWorld {
  MemorySources::Files files{{"apps/app/a.yaml", config("a", "1")}, {"apps/other/o.yaml", config("o", "1")}};

  TwoApplications() {
    git.commit(files);
    create_application("app", automated);
    create_application("other", automated);
    run(30);
    BOOST_REQUIRE(summary("app") == "Synced Healthy Succeeded");
    BOOST_REQUIRE(summary("other") == "Synced Healthy Succeeded");
  }
  void commit(const std::string& file, const std::string& content) {
    files[file] = content;
    git.commit(files);
  }
  // Nothing was deleted, and the other application goes on.
  void check_unharmed() {
    BOOST_TEST(exists(config_maps, {"web", "a"}));
    commit("apps/other/o.yaml", config("o", "next"));
    run(30);
    BOOST_TEST(text(config_maps, {"web", "o"}, {"data", "key"}) == "next");
    BOOST_TEST(summary("other") == "Synced Healthy Succeeded");
  }
  void check_recovered() {
    run(60);
    BOOST_TEST(summary("app") == "Synced Healthy Succeeded");
    BOOST_TEST(condition("ComparisonError").empty());
    BOOST_TEST(condition("InvalidSpecError").empty());
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(gitops_bad_input, TwoApplications)

BOOST_AUTO_TEST_CASE(broken_yaml_names_files_and_lines) {
  commit("apps/app/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n   labels: x\n");
  commit("apps/app/b.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n");
  run(30);
  const std::string message = condition("ComparisonError");
  BOOST_TEST(message.find("a.yaml: ") != std::string::npos, message);
  BOOST_TEST(message.find("line 5") != std::string::npos, message);
  BOOST_TEST(message.find("b.yaml:1: ConfigMap \"\": metadata.name: is required") != std::string::npos, message);
  BOOST_TEST(application({"status", "sync", "status"}) == "Unknown");
  check_unharmed();
  life->transport.requests.clear();
  run(600);
  BOOST_TEST(writes().empty());
  commit("apps/app/a.yaml", config("a", "2"));
  commit("apps/app/b.yaml", config("b", "2"));
  check_recovered();
}

BOOST_AUTO_TEST_CASE(no_such_repository) {
  patch(applications, {"argocd", "app"}, R"({"spec": {"source": {"repoURL": "https://git.example.com/nothing"}}})");
  run(30);
  BOOST_TEST(condition("ComparisonError") == "there is no repository at https://git.example.com/nothing");
  check_unharmed();
  patch(applications, {"argocd", "app"}, R"({"spec": {"source": {"repoURL": "https://git.example.com/app"}}})");
  check_recovered();
}

BOOST_AUTO_TEST_CASE(no_such_path) {
  patch(applications, {"argocd", "app"}, R"({"spec": {"source": {"path": "apps/gone"}}})");
  run(30);
  BOOST_TEST(condition("ComparisonError") == "path \"apps/gone\" does not exist in the repository");
  check_unharmed();
  patch(applications, {"argocd", "app"}, R"({"spec": {"source": {"path": "apps/app"}}})");
  check_recovered();
}

BOOST_AUTO_TEST_CASE(a_branch_that_went_away) {
  git.commit(files, "release");
  patch(applications, {"argocd", "app"}, R"({"spec": {"source": {"targetRevision": "release"}}})");
  run(30);
  git.remove_branch("release");
  run(30);
  BOOST_TEST(condition("ComparisonError") == "the repository has no branch, tag or commit \"release\"");
  BOOST_TEST(application({"status", "sync", "status"}) == "Unknown");
  check_unharmed();
  git.commit(files, "release");
  check_recovered();
}

BOOST_AUTO_TEST_CASE(an_application_with_several_mistakes_names_all) {
  patch(applications, {"argocd", "app"},
        R"({"spec": {"project": "team", "source": {"path": "../etc", "helm": {"releaseName": "x"}},
            "destination": {"server": "https://elsewhere"}}})");
  run(30);
  const std::string message = condition("InvalidSpecError");
  for (const char* part : {"spec.project: \"team\"", "spec.source.helm:", "spec.source.path: must not contain \"..\"",
                           "spec.destination: cluster \"https://elsewhere\" is not supported yet"})
    BOOST_TEST(message.find(part) != std::string::npos, message);
  BOOST_TEST(summary() == "Unknown Unknown Succeeded");
  check_unharmed();
}

BOOST_AUTO_TEST_CASE(a_short_outage_of_git_changes_nothing_and_a_long_one_is_told) {
  git.down =
      kube::Error{kube::Fault::unavailable, "repository https://git.example.com/app cannot be reached: no route"};
  const std::string before = application({"status"});
  run(120);
  BOOST_TEST(application({"status"}) == before);
  run(120);
  BOOST_TEST(condition("ComparisonError").starts_with("repository https://git.example.com/app cannot be reached"));
  BOOST_TEST(exists(config_maps, {"web", "a"}));
  git.down.reset();
  check_recovered();
}

BOOST_AUTO_TEST_CASE(drift_is_healed_while_git_is_away) {
  git.down = kube::Error{kube::Fault::timeout, "no answer"};
  run(20);
  patch(config_maps, {"web", "a"}, R"({"data": {"key": "drift"}})");
  run(20);
  BOOST_TEST(text(config_maps, {"web", "a"}, {"data", "key"}) == "1");
}

BOOST_AUTO_TEST_CASE(a_kind_that_is_not_served_is_named_until_it_is) {
  commit("apps/app/w.yaml", "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\nspec: {size: 1}\n");
  run(30);
  const std::string message = application({"status", "operationState", "message"});
  BOOST_TEST(message ==
             "nothing was written: example.com/Widget web/w: the cluster serves no kind Widget in example.com/v1; "
             "install its CustomResourceDefinition first");
  BOOST_TEST(!condition("SyncError").empty());
  check_unharmed();
  commit("apps/app/crd.yaml",
         "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: widgets.example.com}\n"
         "spec:\n  group: example.com\n  scope: Namespaced\n  names: {kind: Widget, plural: widgets, singular: widget, "
         "listKind: WidgetList}\n  versions:\n  - name: v1\n    served: true\n    storage: true\n    schema:\n"
         "      openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}\n");
  check_recovered();
  const kube::Resource widgets{"example.com", "v1", "Widget", "widgets"};
  BOOST_TEST(exists(widgets, {"web", "w"}));
}

BOOST_AUTO_TEST_CASE(an_object_that_is_deleted_by_hand_comes_back) {
  remove(config_maps, {"web", "a"});
  run(5);
  BOOST_TEST(exists(config_maps, {"web", "a"}));
}

BOOST_AUTO_TEST_CASE(two_applications_that_want_one_object_are_told) {
  commit("apps/other/a.yaml", config("a", "1"));
  run(30);
  BOOST_TEST(
      !condition("SharedResourceWarning", "app").empty() + !condition("SharedResourceWarning", "other").empty() >= 1);
}

BOOST_AUTO_TEST_CASE(an_operation_that_is_not_supported_is_refused) {
  patch(
      applications, {"argocd", "app"},
      R"({"operation": {"sync": {"revision": "main", "manifests": ["x"], "syncStrategy": {"apply": {"force": true}}}}})");
  run(10);
  BOOST_TEST(application({"status", "operationState", "phase"}) == "Failed");
  BOOST_TEST(
      application({"status", "operationState", "message"}) ==
      "nothing was written: operation.sync.manifests: is not supported yet; operation.sync.syncStrategy: force is "
      "not supported yet");
  BOOST_TEST(application({"operation"}).empty());
}

BOOST_AUTO_TEST_CASE(a_sync_that_waits_can_be_terminated) {
  commit(
      "apps/app/b.yaml",
      "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {paused: true, selector: {matchLabels: "
      "{app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: main, image: 'web:1'}]}}}\n");
  commit("apps/app/c.yaml",
         "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: late, annotations: {argocd.argoproj.io/sync-wave: '1'}}\n");
  run(30);
  BOOST_REQUIRE(application({"status", "operationState", "phase"}) == "Running");
  patch(applications, {"argocd", "app"}, R"({"status": {"operationState": {"phase": "Terminating"}}})");
  run(10);
  BOOST_TEST(application({"status", "operationState", "phase"}) == "Failed");
  BOOST_TEST(application({"status", "operationState", "message"}) == "the operation was terminated");
}

BOOST_AUTO_TEST_SUITE_END()
