// From files to objects, and every mistake of every file.
#include "gitops/render.h"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "gitops/targets.h"
#include "kube/json.h"

using namespace sluice;
using namespace sluice::gitops;

namespace {

const std::string service = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n";

std::vector<std::string> names(const Rendered& rendered) {
  std::vector<std::string> result;
  for (const Manifest& manifest : rendered.manifests)
    result.push_back(manifest.file + " " + text_of(id_of(manifest.object)));
  return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rendering)

BOOST_AUTO_TEST_CASE(the_filter_takes_what_the_source_names) {
  const struct {
    DirectorySource source;
    const char* path;
    bool wanted;
  } rows[] = {
      {{}, "a.yaml", true},
      {{}, "a.yml", true},
      {{}, "a.json", true},
      {{}, "a.jsonnet", false},
      {{}, "README.md", false},
      {{.include = "*.yml"}, "a.yaml", false},
      {{.include = "{a,b}.yaml"}, "b.yaml", true},
      {{.exclude = "secret-*"}, "secret-1.yaml", false},
      {{.include = "*", .exclude = "a.yaml"}, "a.yaml", false},
  };
  for (const auto& row : rows) BOOST_TEST(filter_of(row.source).wanted(row.path) == row.wanted, row.path);
}

BOOST_AUTO_TEST_CASE(documents_lists_and_json_become_objects) {
  const Rendered rendered = render({
      {"a.yaml", service + "---\n---\n# nothing\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\n"},
      {"b.json", R"({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}})"},
      {"c.yaml",
       "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Secret, metadata: {name: s}}\n"
       "- {apiVersion: v1, kind: Pod, metadata: {name: p}}\n"},
      {"d.yaml", "apiVersion: v1\nkind: ConfigMapList\nitems: null\n"},
      {"e.yaml", "# +argocd:skip-file-rendering\nkind: broken: yaml: metadata apiVersion\n"},
      {"values.yaml", "image: web\nreplicas: 3\n"},
      {"ci.yml", "on: [push]\n"},
  });
  BOOST_TEST(rendered.mistakes.empty());
  const std::vector<std::string> expected{"a.yaml Service web", "a.yaml apps/Deployment d", "b.json ConfigMap c",
                                          "c.yaml Secret s", "c.yaml Pod p"};
  BOOST_TEST(names(rendered) == expected, boost::test_tools::per_element());
}

// Otherwise an edit that breaks the first lines of a manifest would prune the live object.
BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_read_is_a_mistake_whatever_it_held) {
  const Rendered rendered = render({{"a.yaml", service}, {"rollout.yaml", "spec: [\n"}});
  BOOST_REQUIRE(rendered.mistakes.size() == 1u);
  BOOST_TEST(rendered.mistakes[0].starts_with("rollout.yaml: "), rendered.mistakes[0]);
}

BOOST_AUTO_TEST_CASE(all_mistakes_of_all_files_are_named_with_their_lines) {
  const Rendered rendered = render({
      {"a.yaml", service + "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\n  labels: [x\n---\n"
                           "apiVersion: v1\nkind: Secret\nmetadata: {}\n"},
      {"b.yaml", "apiVersion: v1\nmetadata:\n  name: 7\n"},
      {"c.yaml", "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  annotations:\n    on: true\n"},
      {"d.yaml", "apiVersion: v1\nkind: List\nitems:\n- {kind: Secret, metadata: {name: s}}\n- 7\n"},
  });
  BOOST_TEST(rendered.manifests.empty());
  BOOST_REQUIRE(rendered.mistakes.size() == 7u);
  BOOST_TEST(rendered.mistakes[0].starts_with("a.yaml: "), rendered.mistakes[0]);
  BOOST_TEST(rendered.mistakes[0].find("line 1") != std::string::npos, rendered.mistakes[0]);
  BOOST_TEST(rendered.mistakes[1] == "a.yaml:11: Secret \"\": metadata.name: is required");
  BOOST_TEST(rendered.mistakes[2] == "b.yaml:1: kind: is required");
  BOOST_TEST(rendered.mistakes[3] == "b.yaml:1: metadata.name: must be a string (put it in quotes)");
  BOOST_TEST(rendered.mistakes[4] ==
             "c.yaml:1: Pod \"p\": metadata.annotations.true: must be a string (put it in quotes)");
  BOOST_TEST(rendered.mistakes[5] == "d.yaml:1: Secret \"s\": items[0].apiVersion: is required");
  BOOST_TEST(rendered.mistakes[6] == "d.yaml:1: items[1].must be an object");
}

BOOST_AUTO_TEST_CASE(a_directory_for_another_tool_is_refused) {
  const Rendered rendered = render({{"kustomization.yaml", "resources: [a.yaml]\n"}, {"a.yaml", service}});
  BOOST_REQUIRE(rendered.mistakes.size() == 1u);
  BOOST_TEST(rendered.mistakes[0].starts_with("kustomization.yaml: a Kustomize directory is not supported yet"));
  BOOST_TEST(render({{"deep/kustomization.yaml", "resources: [a.yaml]\n"}}).mistakes.empty());
}

BOOST_AUTO_TEST_CASE(a_flood_of_mistakes_is_counted) {
  std::vector<SourceFile> files;
  for (int at = 0; at < 50; ++at) files.push_back({std::to_string(at) + ".yaml", "kind: Pod\nmetadata: {name: p}\n"});
  const Rendered rendered = render(files);
  BOOST_TEST(rendered.mistakes.size() == 21u);
  BOOST_TEST(rendered.mistakes.back() == "and 30 more mistakes");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(placing)

Scope scope(std::string_view group, std::string_view, std::string_view kind) {
  if (kind == "Namespace" || kind == "CustomResourceDefinition") return Scope::cluster;
  return group == "example.com" ? Scope::unknown : Scope::namespaced;
}

BOOST_AUTO_TEST_CASE(objects_get_namespace_and_mark) {
  const Rendered rendered =
      render({{"a.yaml", service + "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: team, namespace: x}\n"
                                   "status: {phase: Active}\n"}});
  const Targets targets = place(rendered, {.instance = "app", .default_namespace = "prod"}, scope);
  BOOST_REQUIRE(targets.objects.size() == 2u);
  BOOST_TEST(kube::print_json(*targets.objects[0].object) ==
             R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"web","namespace":"prod",)"
             R"("annotations":{"argocd.argoproj.io/tracking-id":"app:/Service:prod/web"}}})");
  BOOST_TEST(text_of(targets.objects[1].id) == "Namespace team");
  BOOST_TEST(!targets.objects[1].object->get_object().contains("status"));
}

BOOST_AUTO_TEST_CASE(a_label_may_be_set_as_well) {
  const Targets targets = place(
      render({{"a.yaml", service}}),
      {.instance = std::string(70, 'a'), .default_namespace = "prod", .marking = Marking::annotation_and_label}, scope);
  BOOST_TEST(label(*targets.objects[0].object, instance_label) == std::string(63, 'a'));
}

BOOST_AUTO_TEST_CASE(the_last_of_two_equal_objects_counts) {
  const Targets targets = place(render({{"a.yaml", service}, {"b.yaml", service + "spec: {clusterIP: None}\n"}}),
                                {.instance = "app", .default_namespace = "prod"}, scope);
  BOOST_REQUIRE(targets.objects.size() == 1u);
  BOOST_TEST(targets.objects[0].file == "b.yaml");
  BOOST_TEST(targets.repeated[0] ==
             "Service prod/web stands in Git more than once (a.yaml and b.yaml); the last one counts");
}

BOOST_AUTO_TEST_CASE(a_definition_in_git_makes_its_kind_known) {
  const std::string custom = "apiVersion: example.com/v1\nkind: Box\nmetadata: {name: b}\n";
  const std::string definition =
      "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: boxes.example.com}\n"
      "spec: {group: example.com, scope: Cluster, names: {kind: Box}}\n";
  const Placement placement{.instance = "app", .default_namespace = "prod"};
  BOOST_TEST(!place(render({{"a.yaml", custom}}), placement, scope).objects[0].kind_is_known);
  const Targets both = place(render({{"a.yaml", custom}, {"b.yaml", definition}}), placement, scope);
  BOOST_TEST(both.objects[0].kind_is_known);
  BOOST_TEST(both.objects[0].id.ns.empty());
  BOOST_TEST(annotation(*both.objects[1].object, annotations::tracking_id).empty());
}

BOOST_AUTO_TEST_CASE(an_object_without_any_namespace_is_a_mistake) {
  const Targets targets = place(render({{"a.yaml", service}}), {.instance = "app"}, scope);
  BOOST_REQUIRE(targets.mistakes.size() == 1u);
  BOOST_TEST(targets.mistakes[0] == "a.yaml: Service web names no namespace, and spec.destination.namespace is empty");
}

BOOST_AUTO_TEST_SUITE_END()
