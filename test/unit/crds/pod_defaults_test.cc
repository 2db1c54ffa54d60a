// Templates mean the same when only what the API server or the controller adds is different.
#include "crds/pod_defaults.h"

#include <map>
#include <string>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "crds/pod_template_hash.h"
#include "kube/json.h"
#include "trace_data.h"

namespace sluice::crds {
namespace {

BOOST_AUTO_TEST_SUITE(pod_defaults)

PodTemplatePointer parse(std::string_view text) { return make_pod_template(kube::parse_json(text).value()); }

// Both templates are written as one container of a pod, so that a row shows only what is compared.
bool same(std::string_view live, std::string_view desired) {
  const auto pod = [](std::string_view container) {
    return parse(R"({"metadata":{"labels":{"app":"web"}},"spec":{"containers":[)" + std::string(container) + "]}}");
  };
  return same_template(*pod(live), *pod(desired));
}

BOOST_AUTO_TEST_CASE(what_the_server_adds_makes_no_difference) {
  struct Row {
    std::string_view live;
    std::string_view desired;
    bool same;
  };
  const Row rows[] = {
      {R"({"image":"a:1","imagePullPolicy":"IfNotPresent"})", R"({"image":"a:1"})", true},
      {R"({"image":"a","imagePullPolicy":"Always"})", R"({"image":"a"})", true},
      {R"({"image":"h:5000/a","imagePullPolicy":"Always"})", R"({"image":"h:5000/a"})", true},
      {R"({"image":"a@sha256:12","imagePullPolicy":"IfNotPresent"})", R"({"image":"a@sha256:12"})", true},
      {R"({"image":"a:1"})", R"({"image":"a:2"})", false},
      {R"({"image":"a:1"})", R"({"image":"a:1","imagePullPolicy":"Always"})", false},
      {R"({"ports":[{"containerPort":80,"protocol":"TCP"}]})", R"({"ports":[{"containerPort":80}]})", true},
      {R"({"ports":[{"containerPort":80,"protocol":"UDP"}]})", R"({"ports":[{"containerPort":80}]})", false},
      {R"({"livenessProbe":{"httpGet":{"path":"/","port":1,"scheme":"HTTP"},"timeoutSeconds":1,"periodSeconds":10,
          "successThreshold":1,"failureThreshold":3}})",
       R"({"livenessProbe":{"httpGet":{"port":1},"timeoutSeconds":0}})", true},
      {R"({"resources":{"limits":{"cpu":"2"}}})", R"({"resources":{"limits":{"cpu":"2000m"}}})", true},
      {R"({"resources":{"limits":{"cpu":"2"}}})", R"({"resources":{"limits":{"cpu":"1"}}})", false},
  };
  for (const Row& row : rows) BOOST_TEST(same(row.live, row.desired) == row.same, std::string(row.desired));
}

BOOST_AUTO_TEST_CASE(a_volume_without_a_source_is_an_empty_directory) {
  BOOST_TEST(same_template(*parse(R"({"spec":{"volumes":[{"name":"v","emptyDir":{}}]}})"),
                           *parse(R"({"spec":{"volumes":[{"name":"v"}]}})")));
}

BOOST_AUTO_TEST_CASE(a_grace_period_of_zero_is_kept) {
  BOOST_TEST(!same_template(*parse(R"({"spec":{"terminationGracePeriodSeconds":30}})"),
                            *parse(R"({"spec":{"terminationGracePeriodSeconds":0}})")));
}

BOOST_AUTO_TEST_CASE(edge_02_what_the_controller_adds_makes_no_difference) {
  const auto desired = parse(R"({"metadata":{"labels":{"app":"web"}},"spec":{"serviceAccountName":"a"}})");
  const auto live = parse(R"({"metadata":{"labels":{"app":"web","role":"canary","rollouts-pod-template-hash":"abc"}},
    "spec":{"serviceAccountName":"a","serviceAccount":"a","affinity":{"podAntiAffinity":{
      "preferredDuringSchedulingIgnoredDuringExecution":[{"weight":1,"podAffinityTerm":{"labelSelector":
        {"matchExpressions":[{"key":"rollouts-pod-template-hash","operator":"In","values":["b"]}]}}}]}}}})");
  BOOST_TEST(!same_template(*live, *desired));
  Metadata injected;
  injected.labels.set("role", "canary");
  BOOST_TEST(same_template(*live, *desired, injected));
}

BOOST_AUTO_TEST_CASE(the_affinity_of_a_user_counts) {
  const auto desired = parse(R"({"spec":{}})");
  const auto live = parse(R"({"spec":{"affinity":{"podAntiAffinity":{
      "requiredDuringSchedulingIgnoredDuringExecution":[{"topologyKey":"zone"}]}}}})");
  BOOST_TEST(!same_template(*live, *desired));
}

// The ReplicaSets that the reference took for a Rollout's template are those that are the same here, and no others.
BOOST_AUTO_TEST_CASE(recorded_replica_sets_are_found_again) {
  std::map<std::string, PodTemplatePointer> live;
  for (const json::value& object : trace_data("traces/objects.jsonl")) {
    if (object.at("kind") != "ReplicaSet") continue;
    const std::string hash(kube::text_at(object, {"metadata", "labels", "rollouts-pod-template-hash"}));
    if (!hash.empty()) live[hash] = make_pod_template(object.at("spec").at("template"));
  }
  int found = 0;
  for (const json::value& row : trace_data("traces/template_hashes.jsonl")) {
    const std::string hash(row.at("hash").as_string());
    const auto desired = make_pod_template(row.at("template"));
    BOOST_REQUIRE(live.contains(hash));
    BOOST_TEST(same_template(*live[hash], *desired), desired->text);
    BOOST_TEST(same_template(*keep_meaning(to_json(*live[hash])), *desired), desired->text);
    for (const auto& [other, pod_template] : live) {
      if (pod_template->images == desired->images) continue;
      BOOST_TEST(!same_template(*pod_template, *desired));
      BOOST_TEST(!same_template(*keep_meaning(to_json(*pod_template)), *desired));
    }
    ++found;
  }
  BOOST_TEST(found >= 15);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::crds
