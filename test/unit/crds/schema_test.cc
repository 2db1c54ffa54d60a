// The schema of each kind and its struct name the same fields, and what the reference wrote is known to the schema.
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "crds/analysis.h"
#include "crds/app_project.h"
#include "crds/application.h"
#include "crds/experiment.h"
#include "crds/rollout.h"
#include "crds/unknown_fields.h"
#include "embedded/crd_files.h"
#include "kube/json.h"
#include "kube/yaml.h"
#include "trace_data.h"

namespace sluice::crds {
namespace {

BOOST_AUTO_TEST_SUITE(schemas)

using Paths = std::set<std::string>;

// The paths of all members that a struct reads. Parts that are kept as text end in "*".
struct Walk {
  Paths& paths;
  std::string at;

  template <class T>
  void operator()(std::string_view name, const T& member) {
    const std::string path = at.empty() ? std::string(name) : at + "." + std::string(name);
    paths.insert(path);
    into(path, member);
  }
  template <class T>
  void required(std::string_view name, const T& member) {
    (*this)(name, member);
  }
  template <class T>
  void always(std::string_view name, const T& member) {
    (*this)(name, member);
  }

 private:
  template <class T>
  void into(const std::string& path, const std::optional<T>&) {
    into(path, T{});
  }
  template <class T>
  void into(const std::string& path, const Seldom<T>&) {
    into(path, T{});
  }
  template <class T>
  void into(const std::string& path, const std::shared_ptr<const T>&) {
    if constexpr (std::is_same_v<T, PodTemplate>)
      paths.insert(path + ".*");
    else
      into(path, T{});
  }
  template <class T>
  void into(const std::string& path, const std::vector<T>&) {
    into(path + "[]", T{});
  }
  template <class T>
  void into(const std::string& path, const std::map<std::string, T>&) {
    into(path + "{}", T{});
  }
  void into(const std::string& path, const CanarySteps&) { into(path + "[]", CanaryStep{}); }
  void into(const std::string& path, const RawJson&) { paths.insert(path + ".*"); }
  template <class T>
  void into(const std::string& path, const T& value) {
    if constexpr (requires(Walk& walk) { T::fields(value, walk); }) {
      Walk deeper{paths, path};
      T::fields(value, deeper);
    }
  }
};

template <class T>
Paths paths_of_struct() {
  Paths paths;
  Walk walk{paths, {}};
  const T value{};
  T::fields(value, walk);
  std::erase_if(paths, [](const std::string& path) { return path.starts_with("metadata"); });
  return paths;
}

void add_paths(const json::value& schema, const std::string& at, Paths& paths) {
  if (const json::value* items = kube::find_at(schema, {"items"})) add_paths(*items, at + "[]", paths);
  if (const json::value* values = kube::find_at(schema, {"additionalProperties"})) add_paths(*values, at + "{}", paths);
  const json::value* properties = kube::find_at(schema, {"properties"});
  if (!properties) return;
  for (const auto& member : properties->get_object()) {
    const std::string path = at.empty() ? std::string(member.key()) : at + "." + std::string(member.key());
    paths.insert(path);
    add_paths(member.value(), path, paths);
  }
}

Paths paths_of_schema(std::string_view kind) {
  Paths paths;
  add_paths(*schema_of(kind), {}, paths);
  std::erase_if(paths,
                [](const std::string& path) { return path == "apiVersion" || path == "kind" || path == "metadata"; });
  return paths;
}

// What the schema knows and the struct does not; below a part that the struct keeps as text anything may stand.
Paths only_in_schema(const Paths& schema, const Paths& structure) {
  Paths only;
  for (const std::string& path : schema) {
    bool kept = structure.contains(path);
    for (std::size_t end = path.find_first_of(".[{"); !kept && end != std::string::npos;
         end = path.find_first_of(".[{", end + 1))
      kept = structure.contains(path.substr(0, end) + ".*") || structure.contains(path.substr(0, end) + "{}.*") ||
             structure.contains(path.substr(0, end) + "[].*");
    if (!kept) only.insert(path);
  }
  return only;
}

// A schema may leave what lies below a part open.
bool is_open(const json::value& schema, std::string_view path) {
  const json::value* at = &schema;
  while (!path.empty()) {
    const std::string_view name = path.substr(0, path.find_first_of(".[{"));
    path.remove_prefix(std::min(path.size(), name.size()));
    const json::value* next = kube::find_at(*at, {"properties", name});
    if (!next) return at->get_object().contains("x-kubernetes-preserve-unknown-fields");
    at = next;
    for (; path.starts_with("[]") || path.starts_with("{}"); path.remove_prefix(2)) {
      const json::value* inner = kube::find_at(*at, {path[0] == '[' ? "items" : "additionalProperties"});
      if (!inner) return at->get_object().contains("x-kubernetes-preserve-unknown-fields");
      at = inner;
    }
    if (path.starts_with(".")) path.remove_prefix(1);
  }
  return false;
}

// One struct serves the arguments of Rollouts and of templates, of which each may use one source less.
bool is_the_other_source(std::string_view kind, std::string_view path) {
  return path.find(kind == "Rollout" ? "valueFrom.secretKeyRef" : "valueFrom.podTemplateHashValue") != path.npos;
}

template <class T>
void compare(std::string_view kind, const Paths& not_read = {}) {
  BOOST_REQUIRE(schema_of(kind));
  const Paths structure = paths_of_struct<T>();
  const Paths schema = paths_of_schema(kind);
  for (const std::string& path : only_in_schema(schema, structure))
    if (!not_read.contains(path)) BOOST_ERROR(std::string(kind) + ": only the schema knows " + path);
  for (const std::string& path : structure)
    if (!path.ends_with("*") && !schema.contains(path) && !is_open(*schema_of(kind), path) &&
        !is_the_other_source(kind, path))
      BOOST_ERROR(std::string(kind) + ": only the struct knows " + path);
}

BOOST_AUTO_TEST_CASE(every_file_is_a_definition) {
  BOOST_TEST(embedded::crd_files.size() == 7u);
  for (const auto& [name, text] : embedded::crd_files) {
    const auto definition = kube::parse_yaml(text);
    BOOST_REQUIRE_MESSAGE(definition, name);
    BOOST_TEST(kube::text_at(*definition, {"kind"}) == "CustomResourceDefinition");
    const std::string plural(kube::text_at(*definition, {"spec", "names", "plural"}));
    BOOST_TEST(kube::text_at(*definition, {"metadata", "name"}) == plural + ".argoproj.io");
  }
}

BOOST_AUTO_TEST_CASE(structs_and_schemas_agree) {
  compare<Rollout>("Rollout");
  compare<AnalysisTemplate>("AnalysisTemplate");
  compare<AnalysisTemplate>("ClusterAnalysisTemplate");
  compare<AnalysisRun>("AnalysisRun");
  compare<Experiment>("Experiment");
  compare<Application>("Application");
  compare<AppProject>("AppProject", {"status", "status.jwtTokensByRole", "status.jwtTokensByRole{}.items",
                                     "status.jwtTokensByRole{}.items[].iat", "status.jwtTokensByRole{}.items[].exp",
                                     "status.jwtTokensByRole{}.items[].id"});
}

BOOST_AUTO_TEST_CASE(nothing_that_the_reference_wrote_is_unknown) {
  for (const json::value& object : trace_data("traces/objects.jsonl"))
    BOOST_TEST(kube::describe(find_unknown_fields(object)) == "", json::serialize(object));
}

BOOST_AUTO_TEST_CASE(a_stray_field_is_told_where_it_belongs) {
  const json::value object = kube::parse_json(R"({"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout",
    "metadata": {"name": "web", "anything": 1}, "colour": "blue",
    "spec": {"syncPolicy": {"automated": {"prune": true}},
             "template": {"spec": {"containers": [{"anything": 1}]}},
             "strategy": {"canary": {"steps": [{"setWeight": 10}, {"setwait": 1}]}}}})")
                                 .value();
  const kube::Mistakes found = find_unknown_fields(object);
  const kube::Mistakes expected = {
      {"colour", "is not a field of a Rollout: the API server drops it"},
      {"spec.syncPolicy", "is not a field of a Rollout: it belongs in an Application, spec.syncPolicy"},
      {"spec.strategy.canary.steps[1].setwait", "is not a field of a Rollout: the API server drops it"}};
  BOOST_TEST((found == expected), kube::describe(found));
}

BOOST_AUTO_TEST_CASE(other_kinds_are_not_ours_to_judge) {
  BOOST_TEST(
      find_unknown_fields(kube::parse_json(R"({"apiVersion": "v1", "kind": "Service", "x": 1})").value()).empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::crds
