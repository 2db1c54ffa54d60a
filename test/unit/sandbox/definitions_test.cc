// Custom resources: registration, validation, pruning, defaults.
#include <algorithm>

#include <boost/test/unit_test.hpp>

#include "test/unit/sandbox/calls.h"

namespace sluice::sandbox {
namespace {

const std::string definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const std::string widgets = "/apis/test.sluice.dev/v1/namespaces/default/widgets";

// The same definition was given to a real API server; the words below are its answers.
const char* const definition = R"(
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.test.sluice.dev}
spec:
  group: test.sluice.dev
  scope: Namespaced
  names: {kind: Widget, plural: widgets, shortNames: [wd]}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}, scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas}}
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            required: [replicas]
            properties:
              replicas: {type: integer, minimum: 0, maximum: 100, format: int32}
              color: {type: string, enum: [red, green], default: red}
              name: {type: string, pattern: '^[a-z]+$', minLength: 2, maxLength: 5}
              port: {x-kubernetes-int-or-string: true, anyOf: [{type: integer},{type: string}]}
              tags: {type: array, items: {type: string}, minItems: 1, maxItems: 3, x-kubernetes-list-type: set}
              parts:
                type: array
                x-kubernetes-list-type: map
                x-kubernetes-list-map-keys: [name]
                items: {type: object, required: [name], properties: {name: {type: string}, size: {type: number, default: 1}}}
              free: {type: object, x-kubernetes-preserve-unknown-fields: true}
              labels: {type: object, additionalProperties: {type: string}}
              once: {type: string, x-kubernetes-validations: [{rule: self == oldSelf, message: is immutable}]}
          status:
            type: object
            properties: {replicas: {type: integer}, phase: {type: string}}
)";

struct Defined : Cluster {
  Defined() {
    const Answered made = call("POST", definitions, definition, "application/yaml");
    BOOST_REQUIRE_MESSAGE(made.status == 201u, made.message());
  }
  Answered make(const std::string& spec, const std::string& query = "") {
    return post(widgets + query,
                R"({"apiVersion":"test.sluice.dev/v1","kind":"Widget","metadata":{"name":"a"},"spec":)" + spec + "}");
  }
};

std::vector<std::string> mistakes_in(const Answered& refused) {
  std::vector<std::string> mistakes;
  const json::value* causes = kube::find_at(refused.body, {"details", "causes"});
  if (causes)
    for (const json::value& cause : causes->as_array())
      mistakes.push_back(std::string(kube::text_at(cause, {"field"})) + ": " +
                         std::string(kube::text_at(cause, {"message"})));
  return mistakes;
}

bool has(const std::vector<std::string>& mistakes, const std::string& one) {
  return std::find(mistakes.begin(), mistakes.end(), one) != mistakes.end();
}

BOOST_AUTO_TEST_CASE(a_definition_is_in_force_at_once) {
  Defined cluster;
  const Answered read = cluster.get(definitions + "/widgets.test.sluice.dev");
  BOOST_TEST(json::serialize(read.body.at("status").at("conditions")).find("Established") != std::string::npos);
  BOOST_TEST(read.text({"status", "acceptedNames", "singular"}) == "widget");
  BOOST_TEST(read.text({"spec", "names", "listKind"}) == "WidgetList");
  const Answered made = cluster.make(R"({"replicas":1,"parts":[{"name":"x"}]})");
  BOOST_REQUIRE_MESSAGE(made.status == 201u, made.message());
  BOOST_TEST(made.body.at("spec") == json::parse(R"({"replicas":1,"color":"red","parts":[{"name":"x","size":1}]})"));
  BOOST_TEST(cluster.get(widgets).text({"kind"}) == "WidgetList");
}

BOOST_AUTO_TEST_CASE(objects_go_with_their_definition) {
  Defined cluster;
  cluster.make(R"({"replicas":1})");
  cluster.remove(definitions + "/widgets.test.sluice.dev");
  BOOST_TEST(cluster.get(widgets).status == 404u);
  cluster.call("POST", definitions, definition, "application/yaml");
  BOOST_TEST(cluster.get(widgets).body.at("items").as_array().empty());
}

BOOST_AUTO_TEST_CASE(every_mistake_is_named_as_a_real_server_does) {
  Defined cluster;
  const std::vector<std::string> mistakes = mistakes_in(cluster.make(
      R"({"replicas":"1","color":"blue","name":"A1bcdef","port":1.5,"tags":["a","a"],
          "parts":[{"size":1},{"name":"x"},{"name":"x"}],"labels":{"a":1},"zzz":1})"));
  for (const char* expected :
       {R"(spec.port: Invalid value: "number": spec.port in body must be of type integer,string: "number")",
        R"(<nil>: Invalid value: "": "spec.port" must validate at least one schema (anyOf))",
        R"(spec.port: Invalid value: "number": spec.port in body must be of type integer: "number")",
        R"(spec.color: Unsupported value: "blue": supported values: "red", "green")",
        "spec.parts[0].name: Required value", "spec.name: Too long: may not be more than 5 bytes",
        R"(spec.replicas: Invalid value: "string": spec.replicas in body must be of type integer: "string")",
        R"(spec.labels.a: Invalid value: "integer": spec.labels.a in body must be of type string: "integer")",
        R"(spec.tags[1]: Duplicate value: "a")", R"(spec.parts[2]: Duplicate value: {"name":"x"})"})
    BOOST_TEST(has(mistakes, expected), expected);
  const std::vector<std::string> limits =
      mistakes_in(cluster.make(R"({"replicas":1000,"tags":["a","b","c","d"],"name":"a"})"));
  for (const char* expected :
       {"spec.replicas: Invalid value: 1000: spec.replicas in body should be less than or equal to 100",
        "spec.tags: Too many: 4: must have at most 3 items",
        R"(spec.name: Invalid value: "a": spec.name in body should be at least 2 chars long)"})
    BOOST_TEST(has(limits, expected), expected);
}

BOOST_AUTO_TEST_CASE(unknown_fields_go_except_where_they_are_kept) {
  Defined cluster;
  const Answered strict = cluster.make(R"({"replicas":1,"zzz":1})", "?fieldValidation=Strict");
  BOOST_TEST(
      strict.message() ==
      R"(Widget in version "v1" cannot be handled as a Widget: strict decoding error: unknown field "spec.zzz")");
  const Answered made = cluster.make(R"({"replicas":1,"zzz":1,"free":{"x":{"y":1}}})");
  BOOST_TEST(made.body.at("spec") == json::parse(R"({"replicas":1,"color":"red","free":{"x":{"y":1}}})"));
}

BOOST_AUTO_TEST_CASE(a_rule_keeps_a_value) {
  Defined cluster;
  cluster.make(R"({"replicas":1,"once":"a"})");
  const Answered refused = cluster.merge(widgets + "/a", R"({"spec":{"once":"b"}})");
  BOOST_TEST(refused.message() ==
             R"(Widget.test.sluice.dev "a" is invalid: spec.once: Invalid value: "string": is immutable)");
}

BOOST_AUTO_TEST_CASE(custom_resources_have_no_strategic_patch) {
  Defined cluster;
  cluster.make(R"({"replicas":1})");
  BOOST_TEST(cluster.call("PATCH", widgets + "/a", "{}", "application/strategic-merge-patch+json").status == 415u);
}

BOOST_AUTO_TEST_CASE(a_replacement_needs_a_version) {
  Defined cluster;
  cluster.make(R"({"replicas":1})");
  BOOST_TEST(
      cluster
          .put(widgets + "/a", R"({"apiVersion":"test.sluice.dev/v1","kind":"Widget","metadata":{"name":"a"},)"
                               R"("spec":{"replicas":2}})")
          .message() ==
      R"(widgets.test.sluice.dev "a" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for )"
      "an update");
}

}  // namespace
}  // namespace sluice::sandbox
