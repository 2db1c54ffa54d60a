// Strategic merge patches do what `kubectl patch --type=strategic` does; the expectations are its answers.
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "kube/merge_keys.h"
#include "kube/patch.h"

namespace sluice::kube {
namespace {

struct Row {
  const char* group;
  const char* kind;
  const char* target;
  const char* patch;
  const char* result;  // "" when the patch is refused
};

BOOST_AUTO_TEST_CASE(strategic_patches_merge_by_key_and_obey_directives) {
  // clang-format off
  const Row rows[] = {
      {"", "Pod",
       R"({"spec":{"containers":[{"name":"a","image":"1"},{"name":"b","image":"1"},{"name":"c","image":"1"}]}})",
       R"({"spec":{"containers":[{"name":"b","image":"2"},{"name":"n","image":"9"}]}})",
       R"({"spec":{"containers":[{"image":"1","name":"a"},{"image":"2","name":"b"},{"image":"9","name":"n"},{"image":"1","name":"c"}]}})"},
      {"", "Pod",
       R"({"spec":{"containers":[{"name":"a","image":"1"},{"name":"b","image":"1"}]}})",
       R"({"spec":{"containers":[{"name":"a","$patch":"delete"}]}})",
       R"({"spec":{"containers":[{"image":"1","name":"b"}]}})"},
      {"", "Pod",
       R"({"spec":{"containers":[{"name":"a","image":"1"},{"name":"b","image":"1"}]}})",
       R"({"spec":{"containers":[{"$patch":"replace"},{"name":"z","image":"2"}]}})",
       R"({"spec":{"containers":[{"image":"2","name":"z"}]}})"},
      {"", "Pod",
       R"({"spec":{"containers":[{"name":"a","image":"1"},{"name":"b","image":"1"}]}})",
       R"({"spec":{"$setElementOrder/containers":[{"name":"b"},{"name":"a"}]}})",
       R"({"spec":{"containers":[{"image":"1","name":"b"},{"image":"1","name":"a"}]}})"},
      {"", "Pod",
       R"({"spec":{"containers":[{"name":"a","image":"1"},{"name":"b","image":"1"},{"name":"s","image":"1"}]}})",
       R"({"spec":{"$setElementOrder/containers":[{"name":"n"},{"name":"b"},{"name":"a"}],"containers":[{"name":"n","image":"5"},{"name":"b","image":"6"}]}})",
       R"({"spec":{"containers":[{"image":"5","name":"n"},{"image":"6","name":"b"},{"image":"1","name":"a"},{"image":"1","name":"s"}]}})"},
      {"", "Pod",
       R"({"spec":{"containers":[{"name":"a","image":"1","env":[{"name":"X","value":"1"},{"name":"Y","value":"2"}],"ports":[{"containerPort":80},{"containerPort":81}],"volumeMounts":[{"name":"v","mountPath":"/a"}],"args":["1","2"]}]}})",
       R"({"spec":{"containers":[{"name":"a","env":[{"name":"Y","value":"3"},{"name":"Z","value":null,"valueFrom":{"fieldRef":{"fieldPath":"p"}}}],"ports":[{"containerPort":81,"name":"q"}],"volumeMounts":[{"name":"w","mountPath":"/a"},{"name":"w","mountPath":"/b"}],"args":["3"]}]}})",
       R"({"spec":{"containers":[{"args":["3"],"env":[{"name":"X","value":"1"},{"name":"Y","value":"3"},{"name":"Z","valueFrom":{"fieldRef":{"fieldPath":"p"}}}],"image":"1","name":"a","ports":[{"containerPort":80},{"containerPort":81,"name":"q"}],"volumeMounts":[{"mountPath":"/a","name":"w"},{"mountPath":"/b","name":"w"}]}]}})"},
      {"", "Pod",
       R"({"spec":{"containers":[{"name":"a"}],"tolerations":[{"key":"a"}],"nodeSelector":{"a":"1","b":"2"}}})",
       R"({"spec":{"tolerations":[{"key":"b"}],"nodeSelector":{"a":null,"c":"3"}}})",
       R"({"spec":{"containers":[{"name":"a"}],"nodeSelector":{"b":"2","c":"3"},"tolerations":[{"key":"b"}]}})"},
      {"", "Pod",
       R"({"spec":{"containers":[{"name":"a"}],"nodeSelector":{"a":"1","b":"2"}}})",
       R"({"spec":{"nodeSelector":{"$patch":"replace","c":"3"}}})",
       R"({"spec":{"containers":[{"name":"a"}],"nodeSelector":{"c":"3"}}})"},
      {"", "Pod",
       R"({"spec":{"containers":[{"name":"a"}],"nodeSelector":{"a":"1","b":"2"}}})",
       R"({"spec":{"nodeSelector":{"$patch":"delete"}}})",
       R"({"spec":{"containers":[{"name":"a"}],"nodeSelector":{}}})"},
      {"", "Pod",
       R"({"spec":{"volumes":[{"name":"v","emptyDir":{}},{"name":"w","emptyDir":{}}]}})",
       R"({"spec":{"volumes":[{"name":"v","$retainKeys":["name","hostPath"],"hostPath":{"path":"/x"}}]}})",
       R"({"spec":{"volumes":[{"hostPath":{"path":"/x"},"name":"v"},{"emptyDir":{},"name":"w"}]}})"},
      {"", "Pod",
       R"({"spec":{"volumes":[{"name":"v","emptyDir":{}}]}})",
       R"({"spec":{"volumes":[{"name":"v","$retainKeys":["name"],"hostPath":{"path":"/x"}}]}})",
       R"()"},
      {"apps", "Deployment",
       R"({"spec":{"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":1}}}})",
       R"({"spec":{"strategy":{"$retainKeys":["type"],"type":"Recreate"}}})",
       R"({"spec":{"strategy":{"type":"Recreate"}}})"},
      {"apps", "Deployment",
       R"({"metadata":{"finalizers":["a","b","c"]},"spec":{}})",
       R"({"metadata":{"finalizers":["d","b"]}})",
       R"({"metadata":{"finalizers":["d","a","b","c"]},"spec":{}})"},
      {"apps", "Deployment",
       R"({"metadata":{"finalizers":["a","b","c"]},"spec":{}})",
       R"({"metadata":{"$deleteFromPrimitiveList/finalizers":["b"]}})",
       R"({"metadata":{"finalizers":["a","c"]},"spec":{}})"},
      {"apps", "Deployment",
       R"({"metadata":{"finalizers":["a","b","c"]},"spec":{}})",
       R"({"metadata":{"$deleteFromPrimitiveList/finalizers":["b"],"$setElementOrder/finalizers":["d","c","a"],"finalizers":["d"]}})",
       R"({"metadata":{"finalizers":["d","c","a"]},"spec":{}})"},
      {"apps", "Deployment",
       R"({"metadata":{"finalizers":["a","b","c"]},"spec":{}})",
       R"({"metadata":{"$setElementOrder/finalizers":["c","a"]}})",
       R"({"metadata":{"finalizers":["b","c","a"]},"spec":{}})"},
      {"apps", "Deployment",
       R"({"metadata":{"ownerReferences":[{"uid":"1","kind":"A","name":"a","apiVersion":"v1"},{"uid":"2","kind":"B","name":"b","apiVersion":"v1"}]},"spec":{}})",
       R"({"metadata":{"ownerReferences":[{"uid":"1","controller":true},{"uid":"2","$patch":"delete"}]}})",
       R"({"metadata":{"ownerReferences":[{"apiVersion":"v1","controller":true,"kind":"A","name":"a","uid":"1"}]},"spec":{}})"},
      {"", "Service",
       R"({"spec":{"ports":[{"port":80,"name":"a"},{"port":81,"name":"b"}],"selector":{"a":"1"}}})",
       R"({"spec":{"ports":[{"port":81,"targetPort":8},{"port":79}],"selector":{"h":"2"}}})",
       R"({"spec":{"ports":[{"name":"a","port":80},{"name":"b","port":81,"targetPort":8},{"port":79}],"selector":{"a":"1","h":"2"}}})"},
      {"apps", "Deployment",
       R"({"spec":{"template":{"spec":{"containers":[{"name":"a","image":"1"}]}}}})",
       R"({"spec":{"template":{"metadata":{"annotations":{"r":"1"}},"spec":{"containers":[{"name":"a","image":"2"}]}}}})",
       R"({"spec":{"template":{"metadata":{"annotations":{"r":"1"}},"spec":{"containers":[{"image":"2","name":"a"}]}}}})"},
      {"", "Pod",
       R"({"spec":{"containers":[{"name":"a"}]}})",
       R"({"spec":{"containers":[{"image":"x"}]}})",
       R"()"},
      {"", "Pod",
       R"({"spec":{"containers":[{"name":"a"}]}})",
       R"({"spec":{"$patch":"nonsense"}})",
       R"()"},
      {"", "Pod",
       R"({"spec":{"containers":[{"name":"a"}]}})",
       R"({"spec":{"containers":[{"name":"a","$patch":"merge"}]}})",
       R"()"},
      {"", "Pod",
       R"({"spec":{"containers":[{"name":"a"}]}})",
       R"({"spec":{"$setElementOrder/containers":[{"name":"a"}],"containers":[{"name":"b"}]}})",
       R"()"},
      {"", "Pod",
       R"({"spec":{}})",
       R"({"spec":{"containers":[{"name":"a","$patch":"delete"},{"name":"b","env":[{"name":"X","$patch":"delete"}]}]}})",
       R"({"spec":{"containers":[{"env":[],"name":"b"}]}})"},
      {"", "Pod",
       R"({"spec":{"containers":[{"name":"a"}]}})",
       R"({"spec":{"containers":null,"hostname":null}})",
       R"({"spec":{}})"},
      {"", "Pod",
       R"({"spec":{"containers":[{"name":"a","image":"1"}]}})",
       R"({"spec":{"containers":[{"name":"a","$patch":"replace","image":"5"}]}})",
       R"({"spec":{"containers":[]}})"},
      {"", "Pod",
       R"({"spec":{"containers":[{"name":"a","resources":{"limits":{"cpu":"1"}}}]}})",
       R"({"spec":{"containers":[{"name":"a","resources":{"limits":{"$patch":"replace","memory":"1Gi"}}}]}})",
       R"({"spec":{"containers":[{"name":"a","resources":{"limits":{"memory":"1Gi"}}}]}})"},
      {"", "Pod",
       R"({"spec":{"containers":[{"name":"a","image":"1"},{"name":"b","image":"1"},{"name":"c","image":"1"},{"name":"d","image":"1"}]}})",
       R"({"spec":{"containers":[{"name":"d","image":"2"},{"name":"b","image":"2"}]}})",
       R"({"spec":{"containers":[{"image":"1","name":"a"},{"image":"1","name":"c"},{"image":"2","name":"d"},{"image":"2","name":"b"}]}})"},
      {"", "Pod",
       R"({"spec":{"hostname":"a"}})",
       R"({"spec":{"hostname":{"a":null,"b":1}}})",
       R"({"spec":{"hostname":{"b":1}}})"},
      {"", "Pod",
       R"({"spec":{"containers":[{"name":"a","env":[{"name":"X","value":"1"}]}]}})",
       R"({"spec":{"containers":[{"name":"a","env":[]}]}})",
       R"({"spec":{"containers":[{"env":[{"name":"X","value":"1"}],"name":"a"}]}})"},
      {"", "Pod",
       R"({"spec":{"containers":[{"name":"a","env":[{"name":"X","value":"1"}]}]}})",
       R"({"spec":{"containers":[{"name":"a","env":null}]}})",
       R"({"spec":{"containers":[{"name":"a"}]}})"},
      {"", "Pod",
       R"({"spec":{"containers":[{"name":"e"},{"name":"c"},{"name":"b"}]}})",
       R"({"spec":{"$setElementOrder/containers":[{"name":"e"},{"name":"d"}],"containers":[{"name":"c","$patch":"delete"},{"name":"d"}]}})",
       R"({"spec":{"containers":[{"name":"e"},{"name":"b"},{"name":"d"}]}})"},
      {"", "Pod",
       R"({"spec":{"containers":[{"name":"e"}]}})",
       R"({"spec":{"nodeSelector":{"$patch":"replace","a":"1"},"volumes":[{"name":"v","$patch":"merge"},{"name":"w"}]}})",
       R"({"spec":{"containers":[{"name":"e"}],"volumes":[{"name":"w"}]}})"},
      {"", "Pod",
       R"({"spec":{"containers":[{"name":"e"}]}})",
       R"({"spec":{"$setElementOrder/containers":[],"containers":null}})",
       R"()"},
  };
  // clang-format on
  for (const Row& row : rows) {
    const Result<json::value> patched =
        apply_strategic_patch(json::parse(row.target), json::parse(row.patch), row.group, row.kind);
    const std::string got = patched ? print_json(*patched) : std::string();
    const bool right = *row.result ? patched && same_json(*patched, json::parse(row.result)) : !patched;
    BOOST_TEST(right, row.patch << "\n  on " << row.target << "\n  gave " << got << "\n  not  " << row.result);
  }
}

BOOST_AUTO_TEST_CASE(the_message_of_a_refusal_names_what_is_wrong) {
  const auto refusal = [](const char* patch) {
    const Result<json::value> patched =
        apply_strategic_patch(json::parse(R"({"spec":{"containers":[{"name":"a"}]}})"), json::parse(patch), "", "Pod");
    return patched ? std::string("accepted") : patched.error().message;
  };
  BOOST_TEST(refusal(R"({"spec":{"containers":[{"image":"x"}]}})") ==
             "an item of a list that is merged by \"name\" has none: {\"image\":\"x\"}");
  BOOST_TEST(refusal(R"({"spec":{"$patch":"nonsense"}})") ==
             "$patch must be \"delete\" or \"replace\", not \"nonsense\"");
  BOOST_TEST(refusal("[]") == "a strategic merge patch and what it patches must be objects");
}

BOOST_AUTO_TEST_CASE(custom_kinds_have_no_rules_but_those_of_metadata) {
  BOOST_TEST(root_type_of("argoproj.io", "Rollout") == "Object");
  BOOST_TEST(root_type_of("serving.knative.dev", "Service") == "Object");
  BOOST_TEST(root_type_of("apps", "Deployment") == "Deployment");
  BOOST_TEST(is_built_in_group("apps"));
  BOOST_TEST(is_built_in_group("networking.k8s.io"));
  BOOST_TEST(!is_built_in_group("gateway.networking.k8s.io"));
  BOOST_TEST(!is_built_in_group("argoproj.io"));
  BOOST_REQUIRE(merge_rule_for("Object", "metadata"));
  BOOST_TEST(!merge_rule_for("Container", "metadata"));
}

}  // namespace
}  // namespace sluice::kube
