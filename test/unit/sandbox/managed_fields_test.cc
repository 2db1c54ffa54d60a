// Who manages which fields, and what server-side apply makes of it. Fields and words are those of a real API server.
#include <boost/test/unit_test.hpp>

#include "test/unit/sandbox/calls.h"

namespace sluice::sandbox {
namespace {

const std::string definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const std::string widgets = "/apis/test.sluice.dev/v1/namespaces/default/widgets";
const std::string deployments = "/apis/apps/v1/namespaces/default/deployments";

const char* const definition = R"(
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.test.sluice.dev}
spec:
  group: test.sluice.dev
  scope: Namespaced
  names: {kind: Widget, plural: widgets}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            properties:
              replicas: {type: integer}
              color: {type: string, default: red}
              tags: {type: array, items: {type: string}, x-kubernetes-list-type: set}
              parts:
                type: array
                x-kubernetes-list-type: map
                x-kubernetes-list-map-keys: [name]
                items: {type: object, required: [name], properties: {name: {type: string}, size: {type: number, default: 1}}}
              free: {type: object, x-kubernetes-preserve-unknown-fields: true}
)";

struct Managed : Cluster {
  Managed() { call("POST", definitions, definition, "application/yaml"); }
  Answered apply(const std::string& target, const std::string& manager, const std::string& body, bool force = false) {
    return call("PATCH", target + "?fieldManager=" + manager + (force ? "&force=true" : ""), body,
                "application/apply-patch+yaml");
  }
  Answered apply_widget(const std::string& manager, const std::string& spec, bool force = false) {
    return apply(widgets + "/s", manager,
                 R"({"apiVersion":"test.sluice.dev/v1","kind":"Widget","metadata":{"name":"s"},"spec":)" + spec + "}",
                 force);
  }
};

// "m1 Apply: {...}" for each entry.
std::string managers_in(const Answered& answer) {
  std::string text;
  const json::value* list = kube::find_at(answer.body, {"metadata", "managedFields"});
  if (!list) return text;
  for (const json::value& entry : list->as_array())
    text += std::string(kube::text_at(entry, {"manager"})) + " " + std::string(kube::text_at(entry, {"operation"})) +
            (kube::text_at(entry, {"subresource"}).empty() ? ""
                                                           : "/" + std::string(kube::text_at(entry, {"subresource"}))) +
            ": " + kube::print_json(entry.at("fieldsV1")) + "\n";
  return text;
}

BOOST_AUTO_TEST_CASE(creation_and_updates_are_noted) {
  Managed cluster;
  const Answered made = cluster.post(
      widgets, R"({"apiVersion":"test.sluice.dev/v1","kind":"Widget","metadata":{"name":"s"},"spec":{"replicas":1}})");
  BOOST_TEST(managers_in(made) == "tester Update: {\"f:spec\":{\".\":{},\"f:color\":{},\"f:replicas\":{}}}\n");
  const Answered patched = cluster.call("PATCH", widgets + "/s?fieldManager=other", R"({"spec":{"replicas":2}})",
                                        "application/merge-patch+json");
  BOOST_TEST(managers_in(patched) ==
             "other Update: {\"f:spec\":{\"f:replicas\":{}}}\ntester Update: {\"f:spec\":{\".\":{},\"f:color\":{}}}\n");
}

BOOST_AUTO_TEST_CASE(a_completed_deployment_notes_its_defaults) {
  Managed cluster;
  const Answered made =
      cluster.post(deployments, R"({"metadata":{"name":"d"},"spec":{"selector":{"matchLabels":{"a":"b"}},
    "template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"nginx:1","resources":{},
    "lifecycle":{"preStop":{"exec":{"command":["x"]}}}}]}}}})");
  BOOST_REQUIRE_MESSAGE(made.status == 201u, made.message());
  BOOST_TEST(made.body.at("metadata").at("managedFields").at(0).at("fieldsV1") ==
             json::parse(R"({"f:spec":{"f:progressDeadlineSeconds":{},"f:replicas":{},"f:revisionHistoryLimit":{},
      "f:selector":{},"f:strategy":{"f:rollingUpdate":{".":{},"f:maxSurge":{},"f:maxUnavailable":{}},"f:type":{}},
      "f:template":{"f:metadata":{"f:labels":{".":{},"f:a":{}}},"f:spec":{"f:containers":{"k:{\"name\":\"c\"}":{".":{},
      "f:image":{},"f:imagePullPolicy":{},"f:lifecycle":{".":{},"f:preStop":{".":{},"f:exec":{".":{},"f:command":{}}}},
      "f:name":{},"f:resources":{},"f:terminationMessagePath":{},"f:terminationMessagePolicy":{}}},"f:dnsPolicy":{},
      "f:restartPolicy":{},"f:schedulerName":{},"f:securityContext":{},"f:terminationGracePeriodSeconds":{}}}}})"));
}

BOOST_AUTO_TEST_CASE(an_apply_names_only_what_it_was_given) {
  Managed cluster;
  const Answered made = cluster.apply_widget(
      "m1", R"({"replicas":1,"tags":["x","y"],"parts":[{"name":"p","size":2}],"free":{"a":{"b":[1]}}})");
  BOOST_TEST(made.status == 201u);
  BOOST_TEST(
      made.body.at("metadata").at("managedFields").at(0).at("fieldsV1") ==
      json::parse(R"({"f:spec":{"f:free":{"f:a":{".":{},"f:b":{}}},"f:parts":{"k:{\"name\":\"p\"}":{".":{},"f:name":{},
      "f:size":{}}},"f:replicas":{},"f:tags":{"v:\"x\"":{},"v:\"y\"":{}}}})"));
  BOOST_TEST(made.text({"spec", "color"}) == "red");
}

BOOST_AUTO_TEST_CASE(a_conflict_names_the_owner_and_the_fields) {
  Managed cluster;
  cluster.apply_widget("m1", R"({"replicas":1,"parts":[{"name":"p","size":2}]})");
  const Answered refused = cluster.apply_widget("m2", R"({"replicas":2,"parts":[{"name":"p","size":3},{"name":"q"}]})");
  BOOST_TEST(refused.status == 409u);
  BOOST_TEST(refused.message() ==
             "Apply failed with 2 conflicts: conflicts with \"m1\":\n- .spec.replicas\n- .spec.parts[name=\"p\"].size");
  const json::value& cause = refused.body.at("details").at("causes").at(0);
  BOOST_TEST(kube::text_at(cause, {"reason"}) == "FieldManagerConflict");
  BOOST_TEST(kube::text_at(cause, {"message"}) == "conflict with \"m1\"");
  BOOST_TEST(kube::text_at(cause, {"field"}) == ".spec.replicas");

  const Answered forced =
      cluster.apply_widget("m2", R"({"replicas":2,"parts":[{"name":"p","size":3},{"name":"q"}]})", true);
  BOOST_TEST(forced.body.at("spec") ==
             json::parse(R"({"color":"red","replicas":2,"parts":[{"name":"p","size":3},{"name":"q","size":1}]})"));
  BOOST_TEST(
      managers_in(forced) ==
      "m1 Apply: {\"f:spec\":{\"f:parts\":{\"k:{\\\"name\\\":\\\"p\\\"}\":{\".\":{},\"f:name\":{}}}}}\n"
      "m2 Apply: {\"f:spec\":{\"f:parts\":{\"k:{\\\"name\\\":\\\"p\\\"}\":{\".\":{},\"f:name\":{},\"f:size\":{}},"
      "\"k:{\\\"name\\\":\\\"q\\\"}\":{\".\":{},\"f:name\":{}}},\"f:replicas\":{}}}\n");
}

BOOST_AUTO_TEST_CASE(an_update_owner_is_named_with_its_version) {
  Managed cluster;
  cluster.apply_widget("m2", R"({"replicas":1})");
  cluster.call("PATCH", widgets + "/s?fieldManager=u1", R"({"spec":{"replicas":5}})", "application/merge-patch+json");
  BOOST_TEST(cluster.apply_widget("m2", R"({"replicas":1})").message() ==
             "Apply failed with 1 conflict: conflict with \"u1\" using test.sluice.dev/v1: .spec.replicas");
}

BOOST_AUTO_TEST_CASE(what_is_no_longer_applied_goes_unless_others_keep_it) {
  Managed cluster;
  cluster.apply_widget("m1", R"({"replicas":1,"tags":["x","y"],"parts":[{"name":"p","size":2}]})");
  cluster.apply_widget("m2", R"({"tags":["y","z"]})");
  const Answered less = cluster.apply_widget("m1", R"({"tags":["x"]})");
  BOOST_TEST(less.body.at("spec") == json::parse(R"({"color":"red","tags":["x","y","z"]})"));
}

BOOST_AUTO_TEST_CASE(the_same_apply_again_changes_nothing) {
  Managed cluster;
  cluster.apply_widget("m1", R"({"replicas":1})");
  const std::uint64_t before = cluster.api.version();
  cluster.clock.run_for(kube::seconds(5));
  BOOST_TEST(cluster.apply_widget("m1", R"({"replicas":1})").status == 200u);
  BOOST_TEST(cluster.api.version() == before);
}

BOOST_AUTO_TEST_CASE(a_default_that_was_applied_comes_back_when_it_is_given_up) {
  Managed cluster;
  const std::string head = R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"ap"},"spec":{)";
  const std::string tail =
      R"("selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"x:1","ports":[{"containerPort":80}]}]}}}})";
  const Answered made = cluster.apply(deployments + "/ap", "m1", head + R"("replicas":2,)" + tail);
  BOOST_REQUIRE_MESSAGE(made.status == 201u, made.message());
  BOOST_TEST(
      managers_in(made).find(R"(k:{\"containerPort\":80,\"protocol\":\"TCP\"}":{".":{},"f:containerPort":{}})") !=
      std::string::npos);
  BOOST_TEST(cluster.apply(deployments + "/ap", "m1", head + tail).number({"spec", "replicas"}) == 1);
}

BOOST_AUTO_TEST_CASE(wrong_applies_are_refused) {
  Managed cluster;
  const std::string good = R"({"apiVersion":"test.sluice.dev/v1","kind":"Widget","metadata":{"name":"s"}})";
  BOOST_TEST(cluster.call("PATCH", widgets + "/s", good, "application/apply-patch+yaml").message() ==
             "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch");
  BOOST_TEST(cluster.apply(widgets + "/s", "m", R"({"metadata":{"name":"s"}})").message() ==
             "invalid object type: /, Kind=");
  BOOST_TEST(cluster.apply(widgets + "/t", "m", good).message() ==
             "the name of the object (s) does not match the name on the URL (t)");
  BOOST_TEST(cluster.apply_widget("m", R"({"zz":1})").message() ==
             "failed to create typed patch object (/s; test.sluice.dev/v1, Kind=Widget): .spec.zz: field not declared "
             "in schema");
}

}  // namespace
}  // namespace sluice::sandbox
