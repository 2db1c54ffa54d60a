// The hashes are those that the reference gives: its vectors, and every template and list of steps that was recorded.
#include "crds/pod_template_hash.h"

#include <string>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "crds/canary_step.h"
#include "crds/decode.h"
#include "crds/pod_template_text.h"
#include "crds/rollout.h"
#include "kube/json.h"
#include "trace_data.h"

namespace sluice::crds {
namespace {

BOOST_AUTO_TEST_SUITE(pod_template_hashes)

json::value parse(std::string_view text) { return kube::parse_json(text).value(); }

std::string hash_of(std::string_view text) { return make_pod_template(parse(text))->hash; }

constexpr std::string_view small =
    R"({"metadata":{"labels":{"foo":"bar"}},"spec":{"containers":[{"name":"container-name","image":"foo/bar",
        "resources":{"limits":{"cpu":"2000m","memory":"8192M"},"requests":{"cpu":"0.15","memory":"8192M"}}}]}})";

BOOST_AUTO_TEST_CASE(the_vector_of_the_reference) { BOOST_TEST(hash_of(small) == "6f496f9f78"); }

BOOST_AUTO_TEST_CASE(ar_4696_the_vector_of_older_libraries) {
  BOOST_TEST(older_pod_template_hash(*make_pod_template(parse(small))) == "6c5667f666");
}

BOOST_AUTO_TEST_CASE(edge_03_equal_quantities_have_one_hash) {
  std::string spelled(small);
  spelled.replace(spelled.find("2000m"), 5, "2");
  spelled.replace(spelled.find("0.15"), 4, "150m");
  BOOST_TEST(hash_of(spelled) == "6f496f9f78");
}

BOOST_AUTO_TEST_CASE(a_collision_count_changes_the_hash) {
  const auto made = make_pod_template(parse(small));
  BOOST_TEST(pod_template_hash(*made) == "6f496f9f78");
  BOOST_TEST(pod_template_hash(*made, 1) != "6f496f9f78");
  BOOST_TEST(pod_template_hash(*made, 1) != pod_template_hash(*made, 2));
}

BOOST_AUTO_TEST_CASE(every_recorded_template) {
  int hashed = 0;
  for (const json::value& row : trace_data("traces/template_hashes.jsonl")) {
    if (row.at("found").as_string() != "by hash") continue;
    // An Experiment's templates carry the label of the Rollout's ReplicaSet, which their own hash leaves out.
    const auto made = with_label(*make_pod_template(row.at("template")), hash_label, "");
    BOOST_TEST(made->hash == std::string(row.at("hash").as_string()), made->text);
    ++hashed;
  }
  BOOST_TEST(hashed >= 13);
}

BOOST_AUTO_TEST_CASE(defect_43_every_recorded_list_of_steps) {
  for (const json::value& row : trace_data("traces/step_hashes.jsonl")) {
    json::value rollout = parse(R"({"spec": {"strategy": {"canary": {}}}})");
    if (!row.at("steps").is_null())
      rollout.at("spec").at("strategy").at("canary").as_object()["steps"] = row.at("steps");
    kube::Mistakes mistakes;
    const auto read = decode_rollout(rollout, mistakes);
    BOOST_TEST(read->spec->strategy.canary->steps.hash() == std::string(row.at("hash").as_string()),
               json::serialize(row.at("steps")));
  }
}

BOOST_AUTO_TEST_CASE(the_vectors_for_steps) {
  CanaryStep pause;
  pause.pause.emplace();
  BOOST_TEST(CanarySteps().hash() == "5ffbfbbd64");
  BOOST_TEST(CanarySteps({pause}).hash() == "6b9b86fbd5");
  BOOST_TEST(CanarySteps({pause, pause}).hash() == "79c9b9f6bf");
}

BOOST_AUTO_TEST_CASE(members_are_written_as_go_does) {
  struct Row {
    std::string_view read;
    std::string_view written;
  };
  const Row rows[] = {
      {R"({})", R"({"metadata":{},"spec":{"containers":null}})"},
      {R"({"metadata":{"creationTimestamp":null,"labels":{}}})", R"({"metadata":{},"spec":{"containers":null}})"},
      {R"({"metadata":{"labels":{"b":"<&>","a":"\u2028"}},"spec":{"containers":[]}})",
       R"({"metadata":{"labels":{"a":"\u2028","b":"\u003c\u0026\u003e"}},"spec":{"containers":[]}})"},
      {R"({"spec":{"containers":[{"image":"i","unknown":1,"name":"n"}],"hostNetwork":false,"priority":0}})",
       R"({"metadata":{},"spec":{"containers":[{"name":"n","image":"i","resources":{}}],"priority":0}})"},
      {R"({"spec":{"containers":[{"name":"n","livenessProbe":{"httpGet":{"port":"http"}},
          "env":[{"name":"E","valueFrom":{"resourceFieldRef":{"resource":"limits.cpu"}}}]}]}})",
       R"({"metadata":{},"spec":{"containers":[{"name":"n","env":[{"name":"E","valueFrom":{"resourceFieldRef":)"
       R"({"resource":"limits.cpu","divisor":"0"}}}],"resources":{},"livenessProbe":{"httpGet":{"port":"http"}}}]}})"},
      {R"({"spec":{"volumes":[{"emptyDir":{"sizeLimit":"1024Mi"},"name":"v"},{"configMap":{"name":"c"},"name":"w"}]}})",
       R"({"metadata":{},"spec":{"volumes":[{"name":"v","emptyDir":{"sizeLimit":"1Gi"}},)"
       R"({"name":"w","configMap":{"name":"c"}}],"containers":null}})"},
  };
  for (const Row& row : rows) BOOST_TEST(canonical_pod_template(parse(row.read)) == row.written);
}

// Written by Go's own types: every member set, every member empty, and structs without members.
BOOST_AUTO_TEST_CASE(every_member_of_every_type_is_written_as_go_does) {
  for (const json::value& row : trace_data("pod_templates/every_field.jsonl"))
    BOOST_TEST(canonical_pod_template(row.at("template")) == std::string(row.at("text").as_string()));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::crds
