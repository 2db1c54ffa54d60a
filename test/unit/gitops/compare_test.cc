// What is a difference between Git and the cluster, and what is none.
#include "gitops/compare.h"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "gitops/applied_fields.h"
#include "gitops/three_way.h"
#include "gitops/tracking.h"
#include "kube/json.h"
#include "kube/yaml.h"

using namespace sluice;
using namespace sluice::gitops;

namespace {

json::value yaml(const std::string& text) {
  auto value = kube::parse_yaml(text);
  BOOST_REQUIRE_MESSAGE(value.has_value(), text);
  return *value;
}

std::string patch_of(const std::string& desired, const std::string& live, const Ownership& ownership = {},
                     const std::vector<IgnoreRule>& ignored = {}) {
  return kube::print_json(difference(yaml(desired), yaml(live), ownership, ignored).patch);
}

const std::string deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: ns}\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(comparing)

BOOST_AUTO_TEST_CASE(built_in_kinds) {
  const struct {
    const char* what;
    const char* desired;
    const char* live;
    const char* patch;
  } rows[] = {
      {"equal", "spec: {replicas: 1}", "spec: {replicas: 1}", "{}"},
      {"defaults are no difference", "spec: {replicas: 1}", "spec: {replicas: 1, revisionHistoryLimit: 10}", "{}"},
      {"status is no difference", "spec: {replicas: 1}\nstatus: {}", "spec: {replicas: 1}\nstatus: {replicas: 3}",
       "{}"},
      {"a changed number", "spec: {replicas: 2}", "spec: {replicas: 1}", R"({"spec":{"replicas":2}})"},
      {"zero and absent", "spec: {paused: false, minReadySeconds: 0}", "spec: {}", "{}"},
      {"null and absent", "spec: {paused: null, x: {y: null}}", "spec: {}", "{}"},
      {"empty and absent", "spec: {template: {metadata: {annotations: {}}}}", "spec: {}", "{}"},
      {"quantities",
       "spec: {template: {spec: {containers: [{name: a, resources: {limits: {cpu: 1000m, memory: 1024Mi}}}]}}}",
       "spec: {template: {spec: {containers: [{name: a, resources: {limits: {cpu: '1', memory: 1Gi}}}]}}}", "{}"},
      {"a number as a quantity", "spec: {template: {spec: {containers: [{name: a, resources: {limits: {cpu: 1}}}]}}}",
       "spec: {template: {spec: {containers: [{name: a, resources: {limits: {cpu: '1'}}}]}}}", "{}"},
      {"an environment value is a text",
       "spec: {template: {spec: {containers: [{name: a, env: [{name: X, value: 1000m}]}]}}}",
       "spec: {template: {spec: {containers: [{name: a, env: [{name: X, value: '1'}]}]}}}",
       R"({"spec":{"template":{"spec":{"containers":[{"env":[{"value":"1000m","name":"X"}],"name":"a"}]}}}})"},
      {"one image", "spec: {template: {spec: {containers: [{name: a, image: i:2}]}}}",
       "spec: {template: {spec: {containers: [{name: a, image: i:1, terminationMessagePath: /dev/x}]}}}",
       R"({"spec":{"template":{"spec":{"containers":[{"image":"i:2","name":"a"}]}}}})"},
      {"a sidecar that something put in", "spec: {template: {spec: {containers: [{name: a, image: i}]}}}",
       "spec: {template: {spec: {containers: [{name: a, image: i}, {name: mesh, image: m}]}}}", "{}"},
      {"another order of init containers", "spec: {template: {spec: {initContainers: [{name: a}, {name: b}]}}}",
       "spec: {template: {spec: {initContainers: [{name: b}, {name: a}]}}}",
       R"({"spec":{"template":{"spec":{"initContainers":[{"$patch":"replace"},{"name":"a"},{"name":"b"}]}}}})"},
      {"arguments are one whole", "spec: {template: {spec: {containers: [{name: a, args: [x]}]}}}",
       "spec: {template: {spec: {containers: [{name: a, args: [x, y]}]}}}",
       R"({"spec":{"template":{"spec":{"containers":[{"args":["x"],"name":"a"}]}}}})"},
      {"a typo stays visible", "spec: {replica: 2}", "spec: {replicas: 1}", R"({"spec":{"replica":2}})"},
      {"another strategy", "spec: {strategy: {type: Recreate}}",
       "spec: {strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1}}}",
       R"({"spec":{"strategy":{"type":"Recreate","rollingUpdate":null}}})"},
      {"another kind of volume", "spec: {template: {spec: {volumes: [{name: v, configMap: {name: c}}]}}}",
       "spec: {template: {spec: {volumes: [{name: v, emptyDir: {}}]}}}",
       R"({"spec":{"template":{"spec":{"volumes":[{"configMap":{"name":"c"},"emptyDir":null,"name":"v"}]}}}})"},
  };
  for (const auto& row : rows)
    BOOST_TEST(patch_of(deployment + row.desired, deployment + row.live) == row.patch, row.what);
}

BOOST_AUTO_TEST_CASE(what_left_git_is_removed) {
  const std::string live =
      "apiVersion: apps/v1\nkind: Deployment\n"
      "metadata:\n  name: web\n  namespace: ns\n  annotations:\n"
      "    kubectl.kubernetes.io/last-applied-configuration: |\n"
      "      {\"metadata\":{\"labels\":{\"a\":\"1\",\"b\":\"2\"}},\"spec\":{\"paused\":true,\"template\":{\"spec\":"
      "{\"containers\":[{\"name\":\"a\"},{\"name\":\"b\"}]}}}}\n"
      "  labels: {a: '1', b: '2', c: '3'}\n"
      "spec: {paused: true, template: {spec: {containers: [{name: a}, {name: b}, {name: mesh}]}}}\n";
  const std::string desired =
      "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: ns, labels: {a: '1'}}\n"
      "spec: {template: {spec: {containers: [{name: a}]}}}\n";
  BOOST_TEST(patch_of(desired, live) == R"({"metadata":{"labels":{"b":null}},"spec":{"template":{"spec":{"containers":)"
                                        R"([{"$patch":"delete","name":"b"}]}},"paused":null}})");
}

BOOST_AUTO_TEST_CASE(ports_are_told_apart_by_number_and_protocol) {
  const std::string head = "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: ns}\n";
  BOOST_TEST(patch_of(head + "spec: {ports: [{port: 53, protocol: UDP}, {port: 53}]}",
                      head + "spec: {ports: [{port: 53, protocol: UDP, nodePort: 3}, {port: 53, protocol: TCP}]}") ==
             "{}");
  BOOST_TEST(
      patch_of(head + "spec: {ports: [{port: 53, protocol: UDP, name: u}, {port: 53, name: t}]}",
               head + "spec: {ports: [{port: 53, protocol: UDP, name: u}, {port: 53, protocol: TCP, name: x}]}") ==
      R"({"spec":{"ports":[{"$patch":"replace"},{"port":53,"protocol":"UDP","name":"u"},{"port":53,"name":"t"}]}})");
  BOOST_TEST(patch_of(head + "spec: {ports: [{port: 80, targetPort: 8080}]}",
                      head + "spec: {ports: [{port: 80, targetPort: 80, protocol: TCP, nodePort: 30000}]}") ==
             R"({"spec":{"ports":[{"targetPort":8080,"port":80}]}})");
}

BOOST_AUTO_TEST_CASE(lists_of_custom_resources_are_whole) {
  const std::string head = "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: web, namespace: ns}\n";
  BOOST_TEST(patch_of(head + "spec: {strategy: {canary: {steps: [{setWeight: 20}]}}}",
                      head + "spec: {strategy: {canary: {steps: [{setWeight: 10}, {pause: {}}]}}}") ==
             R"({"spec":{"strategy":{"canary":{"steps":[{"setWeight":20}]}}}})");
  BOOST_TEST(
      patch_of(head + "spec: {template: {spec: {containers: [{name: a, resources: {limits: {cpu: 1000m}}}]}}}",
               head + "spec: {template: {spec: {containers: [{name: a, extra: x, resources: {limits: {cpu: 1}}}]}}}") ==
      "{}");
  BOOST_TEST(patch_of(head + "spec: {paused: false}", head + "spec: {}") == R"({"spec":{"paused":false}})");
  BOOST_TEST(
      patch_of(head + "spec: {strategy: {canary: {}}}", head + "spec: {strategy: {blueGreen: {activeService: a}}}") ==
      R"({"spec":{"strategy":{"blueGreen":null}}})");
}

BOOST_AUTO_TEST_CASE(secrets_compare_their_data) {
  const std::string head = "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: ns}\n";
  BOOST_TEST(patch_of(head + "stringData: {a: hello}", head + "data: {a: aGVsbG8=}\ntype: Opaque") == "{}");
  BOOST_TEST(patch_of(head + "stringData: {a: hi}", head + "data: {a: aGVsbG8=}") == R"({"data":{"a":"aGk="}})");
}

BOOST_AUTO_TEST_CASE(ignored_differences_are_none) {
  const std::vector<IgnoreRule> rules{{.group = "apps", .kind = "Deployment", .pointers = {"/spec/replicas"}}};
  BOOST_TEST(patch_of(deployment + "spec: {replicas: 2}", deployment + "spec: {replicas: 1}", {}, rules) == "{}");
  const std::vector<IgnoreRule> other{{.group = "apps", .kind = "StatefulSet", .pointers = {"/spec/replicas"}}};
  BOOST_TEST(patch_of(deployment + "spec: {replicas: 2}", deployment + "spec: {replicas: 1}", {}, other) != "{}");
  const std::vector<IgnoreRule> deep{{.group = "*",
                                      .kind = "*",
                                      .name = "web",
                                      .pointers = {"/metadata/annotations/a~1b", "/spec/list/0/x", "/no/such"}}};
  BOOST_TEST(
      patch_of(deployment + "spec: {list: [{x: 1, y: 1}]}",
               "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: ns, annotations: {a/b: c}}\n"
               "spec: {list: [{x: 2, y: 1}]}",
               {}, deep) == "{}");
}

BOOST_AUTO_TEST_CASE(changed_paths_name_members_and_elements) {
  const json::value patch = json::parse(
      R"({"spec":{"template":{"spec":{"containers":[{"name":"web","image":"x"}]}},"replicas":3},"data":{"k":"v"}})");
  const std::vector<std::string> expected{"spec.template.spec.containers[name=web].image", "spec.replicas", "data.k"};
  BOOST_TEST(changed_paths(patch.get_object(), 5) == expected, boost::test_tools::per_element());
  BOOST_TEST(changed_paths(patch.get_object(), 1).size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(applied_fields)

BOOST_AUTO_TEST_CASE(the_fields_of_one_manager_are_found) {
  const json::value live = json::parse(R"({
    "metadata": {"name": "web", "labels": {"a": "1", "b": "2"}, "finalizers": ["x", "y"], "managedFields": [
      {"manager": "other", "operation": "Apply", "fieldsV1": {"f:spec": {}}},
      {"manager": "us", "operation": "Update", "fieldsV1": {"f:spec": {}}},
      {"manager": "us", "operation": "Apply", "fieldsV1": {
        "f:metadata": {"f:labels": {"f:a": {}}, "f:finalizers": {"v:\"y\"": {}}},
        "f:spec": {"f:replicas": {}, "f:gone": {}, "f:args": {},
                   "f:containers": {"k:{\"name\":\"c\"}": {".": {}, "f:name": {}, "f:image": {}}}}}}]},
    "spec": {"replicas": 3, "paused": true, "args": ["x"],
             "containers": [{"name": "b"}, {"name": "c", "image": "i", "tty": true}]}})");
  BOOST_TEST(kube::print_json(applied_by(live, "us")) ==
             R"({"metadata":{"labels":{"a":"1"},"finalizers":["y"]},)"
             R"("spec":{"replicas":3,"args":["x"],"containers":[{"name":"c","image":"i"}]}})");
  BOOST_TEST(applied_by(live, "nobody").is_null());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(owned_fields)

const std::string blue_green =
    "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: web, namespace: ns}\n"
    "spec: {strategy: {blueGreen: {activeService: active, previewService: preview}}}";

BOOST_AUTO_TEST_CASE(the_selector_hash_of_a_rollout_stays) {
  const std::string desired =
      "apiVersion: v1\nkind: Service\nmetadata: {name: active, namespace: ns}\nspec: {selector: {app: web}}";
  const std::string live =
      "apiVersion: v1\nkind: Service\n"
      "metadata: {name: active, namespace: ns, annotations: {argo-rollouts.argoproj.io/managed-by-rollouts: web}}\n"
      "spec: {selector: {app: web, rollouts-pod-template-hash: abc}}";
  BOOST_TEST(patch_of(desired, live) == "{}");
  Ownership ownership;
  ownership.add(yaml(blue_green));
  BOOST_TEST(patch_of(desired, live, ownership) == "{}");
  const std::string wrong = desired.substr(0, desired.size() - 2) + ", rollouts-pod-template-hash: other}}";
  BOOST_TEST(patch_of(wrong, live, ownership) == "{}");
  BOOST_TEST(difference(yaml(desired), yaml(live), ownership, {}).lent);
  const std::string changed =
      "apiVersion: v1\nkind: Service\nmetadata: {name: active, namespace: ns}\nspec: {selector: {app: x}}";
  BOOST_TEST(patch_of(changed, live, ownership) == R"({"spec":{"selector":{"app":"x"}}})");
}

BOOST_AUTO_TEST_CASE(the_hash_stays_although_it_was_applied_once) {
  const std::string desired =
      "apiVersion: v1\nkind: Service\nmetadata: {name: active, namespace: ns}\nspec: {selector: {app: web}}";
  const std::string live =
      "apiVersion: v1\nkind: Service\nmetadata: {name: active, namespace: ns, annotations: "
      "{kubectl.kubernetes.io/last-applied-configuration: "
      "'{\"spec\":{\"selector\":{\"app\":\"web\",\"rollouts-pod-template-hash\":\"old\"}}}'}}\n"
      "spec: {selector: {app: web, rollouts-pod-template-hash: abc}}";
  Ownership ownership;
  ownership.add(yaml(blue_green));
  BOOST_TEST(patch_of(desired, live, ownership) == "{}");
}

BOOST_AUTO_TEST_CASE(the_weights_of_a_rollout_stay) {
  const std::string head =
      "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: r, namespace: ns}\n";
  const std::string desired = head +
                              "spec: {rules: [{backendRefs: [{name: stable, port: 80, weight: 100}, "
                              "{name: canary, port: 80, weight: 0}, {name: other, port: 80, weight: 1}]}]}";
  const std::string live =
      head +
      "spec: {rules: [{backendRefs: [{name: stable, port: 80, weight: 80, kind: Service}, "
      "{name: canary, port: 80, weight: 20, kind: Service}, {name: other, port: 80, weight: 1}]}]}";
  BOOST_TEST(patch_of(desired, live) != "{}");
  Ownership ownership;
  ownership.add(
      yaml("apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: web, namespace: ns}\n"
           "spec: {strategy: {canary: {stableService: stable, canaryService: canary, trafficRouting: {plugins: "
           "{argoproj-labs/gatewayAPI: {httpRoute: r}}}}}}"));
  BOOST_TEST(patch_of(desired, live, ownership) == "{}");
  const std::string more = head +
                           "spec: {rules: [{backendRefs: [{name: stable, port: 81, weight: 100}, "
                           "{name: canary, port: 80, weight: 0}, {name: other, port: 80, weight: 2}]}]}";
  BOOST_TEST(patch_of(more, live, ownership) ==
             R"({"spec":{"rules":[{"backendRefs":[{"name":"stable","port":81,"weight":80},)"
             R"({"name":"canary","port":80,"weight":20},{"name":"other","port":80,"weight":2}]}]}})");
}

BOOST_AUTO_TEST_CASE(replicas_under_an_autoscaler_stay) {
  Ownership ownership;
  ownership.add(
      yaml("apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: h, namespace: ns}\n"
           "spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}"));
  BOOST_TEST(patch_of(deployment + "spec: {replicas: 2}", deployment + "spec: {replicas: 7}", ownership) == "{}");
  const std::string other = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: api, namespace: ns}\n";
  BOOST_TEST(patch_of(other + "spec: {replicas: 2}", other + "spec: {replicas: 7}", ownership) != "{}");
}

BOOST_AUTO_TEST_CASE(a_workload_that_a_rollout_replaces_is_scaled_by_it) {
  Ownership ownership;
  ownership.add(
      yaml("apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: r, namespace: ns}\n"
           "spec: {workloadRef: {apiVersion: apps/v1, kind: Deployment, name: web}}"));
  BOOST_TEST(patch_of(deployment + "spec: {replicas: 2}", deployment + "spec: {replicas: 0}", ownership) == "{}");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(whole_applications)

Target target(const std::string& text) {
  Target made;
  made.object = std::make_shared<const json::value>(yaml(text));
  made.id = id_of(*made.object);
  made.version = "v1";
  return made;
}

LiveObject live(const std::string& text, const std::string& owner) {
  return {std::make_shared<const json::value>(yaml(text)), owner};
}

std::string config(const std::string& name, const std::string& data) {
  return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: " + name + ", namespace: ns}\ndata: {k: " + data + "}";
}

ResourceId config_id(const std::string& name) { return {"", "ConfigMap", "ns", name}; }

BOOST_AUTO_TEST_CASE(each_object_has_its_status) {
  Targets targets;
  targets.objects = {target(config("same", "a")), target(config("changed", "a")), target(config("missing", "a")),
                     target("apiVersion: batch/v1\nkind: Job\nmetadata: {name: j, namespace: ns, annotations: "
                            "{argocd.argoproj.io/hook: PreSync}}")};
  LiveObjects objects{{config_id("same"), live(config("same", "a"), "app")},
                      {config_id("changed"), live(config("changed", "b"), "app")},
                      {config_id("gone"), live(config("gone", "a"), "app")},
                      {config_id("foreign"), live(config("foreign", "a"), "other")}};
  const Comparison comparison = compare(targets, objects, "app", {}, {});
  BOOST_TEST((comparison.status == SyncStatus::out_of_sync));
  BOOST_REQUIRE(comparison.resources.size() == 5u);
  BOOST_TEST((comparison.resources[0].status == SyncStatus::synced));
  BOOST_TEST((comparison.resources[1].status == SyncStatus::out_of_sync));
  BOOST_TEST(comparison.resources[1].changed[0] == "data.k");
  BOOST_TEST((comparison.resources[2].status == SyncStatus::out_of_sync));
  BOOST_TEST(comparison.resources[3].hook);
  BOOST_TEST(comparison.resources[4].requires_pruning);
  BOOST_TEST(comparison.resources[4].id.name == "gone");
}

BOOST_AUTO_TEST_CASE(an_extra_object_may_be_declared_harmless) {
  const std::string extra =
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: gone, namespace: ns, annotations: "
      "{argocd.argoproj.io/compare-options: IgnoreExtraneous}}";
  const Comparison comparison = compare({}, {{config_id("gone"), live(extra, "app")}}, "app", {}, {});
  BOOST_TEST((comparison.status == SyncStatus::synced));
  BOOST_TEST((comparison.resources[0].status == SyncStatus::out_of_sync));
}

BOOST_AUTO_TEST_CASE(an_object_of_two_applications_is_reported) {
  Targets targets;
  targets.objects = {target(config("same", "a"))};
  const Comparison comparison =
      compare(targets, {{config_id("same"), live(config("same", "a"), "other")}}, "app", {}, {});
  BOOST_TEST(comparison.shared[0] == "ConfigMap ns/same is part of the applications app and other");
}

BOOST_AUTO_TEST_CASE(a_mark_that_was_copied_counts_for_nothing) {
  json::value object = yaml(config("a", "x"));
  mark(object, "app");
  BOOST_TEST(owner_of(object) == "app");
  json::value copy = object;
  copy.at("metadata").get_object()["name"] = "b";
  BOOST_TEST(owner_of(copy).empty());
  json::value owned = object;
  owned.at("metadata").get_object()["ownerReferences"] = json::parse(R"([{"kind":"X","name":"y","uid":"1"}])");
  BOOST_TEST(owner_of(owned).empty());
  BOOST_TEST(instance_name("argocd", "app", "argocd") == "app");
  BOOST_TEST(instance_name("team", "app", "argocd") == "team_app");
}

BOOST_AUTO_TEST_SUITE_END()
