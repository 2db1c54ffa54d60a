// ReplicaSets on a cluster that runs.
#include <boost/test/unit_test.hpp>

#include "test/unit/sandbox/workloads/running_cluster.h"

namespace sluice::sandbox {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

BOOST_FIXTURE_TEST_SUITE(replica_sets, RunningCluster)

BOOST_AUTO_TEST_CASE(a_set_of_three_gets_three_ready_pods) {
  make_set("replicasets", "web", 3);
  run_for(milliseconds(900));
  BOOST_TEST(all("pods").size() == 3u);
  BOOST_TEST(ready_pods() == 0);
  run_for(milliseconds(1200));
  BOOST_TEST(ready_pods() == 3);
  const json::value set = one("replicasets", "web");
  for (const char* count : {"replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas"})
    BOOST_TEST(kube::number_at(set, {"status", count}) == 3, count);
  BOOST_TEST(kube::number_at(set, {"status", "observedGeneration"}) == 1);
  const json::value pod = all("pods")[0];
  BOOST_TEST(kube::text_at(pod, {"status", "phase"}) == "Running");
  BOOST_TEST(!kube::text_at(pod, {"spec", "nodeName"}).empty());
  BOOST_TEST(!kube::text_at(pod, {"status", "podIP"}).empty());
  BOOST_TEST(std::string(kube::text_at(pod, {"metadata", "name"})).size() == std::string("web-").size() + 5);
  BOOST_TEST(log_lines.empty());
}

BOOST_AUTO_TEST_CASE(a_set_that_has_settled_writes_nothing) {
  make_set("replicasets", "web", 3);
  run_for(seconds(5));
  const std::uint64_t version = api.version();
  run_for(seconds(3600));
  BOOST_TEST(api.version() == version);
  for (const std::string& line : log_lines) BOOST_ERROR(line);
}

BOOST_AUTO_TEST_CASE(scaling_down_takes_pods_that_are_not_ready_first) {
  make_set("replicasets", "web", 2);
  run_for(seconds(3));
  std::vector<std::string> ready;
  for (const json::value& pod : all("pods")) ready.emplace_back(kube::text_at(pod, {"metadata", "name"}));
  scale("replicasets", "web", 4);
  run_for(milliseconds(100));
  scale("replicasets", "web", 2);
  run_for(milliseconds(100));
  std::vector<std::string> left;
  for (const json::value& pod : all("pods")) left.emplace_back(kube::text_at(pod, {"metadata", "name"}));
  BOOST_TEST((left == ready));
}

BOOST_AUTO_TEST_CASE(a_large_set_is_made_and_unmade_in_several_passes) {
  make_set("replicasets", "web", 600);
  run_for(seconds(3));
  BOOST_TEST(kube::number_at(one("replicasets", "web"), {"status", "availableReplicas"}) == 600);
  scale("replicasets", "web", 1);
  run_for(seconds(3));
  BOOST_TEST(all("pods").size() == 1u);
}

BOOST_AUTO_TEST_CASE(scaling_to_zero_leaves_a_status_of_zeros) {
  make_set("replicasets", "web", 2);
  run_for(seconds(3));
  scale("replicasets", "web", 0);
  run_for(seconds(1));
  BOOST_TEST(all("pods").empty());
  const json::value set = one("replicasets", "web");
  BOOST_TEST(kube::number_at(set, {"status", "replicas"}, -1) == 0);
  BOOST_TEST(!kube::find_at(set, {"status", "readyReplicas"}));
  BOOST_TEST(kube::number_at(set, {"status", "observedGeneration"}) == 2);
}

BOOST_AUTO_TEST_CASE(a_deleted_pod_is_replaced) {
  make_set("replicasets", "web", 1);
  run_for(seconds(3));
  const std::string first(kube::text_at(all("pods")[0], {"metadata", "name"}));
  remove(path("pods", first));
  run_for(seconds(3));
  const std::vector<json::value> pods = all("pods");
  BOOST_REQUIRE(pods.size() == 1u);
  BOOST_TEST(kube::text_at(pods[0], {"metadata", "name"}) != first);
  BOOST_TEST(ready_pods() == 1);
}

BOOST_AUTO_TEST_CASE(pods_are_available_after_min_ready_seconds) {
  make_set("replicasets", "web", 1);
  merge(path("replicasets", "web"), R"({"spec":{"minReadySeconds":10}})");
  run_for(seconds(4));
  BOOST_TEST(kube::number_at(one("replicasets", "web"), {"status", "readyReplicas"}) == 1);
  BOOST_TEST(kube::number_at(one("replicasets", "web"), {"status", "availableReplicas"}) == 0);
  run_for(seconds(9));
  BOOST_TEST(kube::number_at(one("replicasets", "web"), {"status", "availableReplicas"}) == 1);
}

BOOST_AUTO_TEST_CASE(an_orphan_that_is_selected_is_adopted) {
  post(path("pods"), R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"alone","labels":{"app":"web"}},
                         "spec":{"containers":[{"name":"app","image":"web:v1"}]}})");
  run_for(seconds(3));
  make_set("replicasets", "web", 2);
  run_for(seconds(3));
  BOOST_TEST(all("pods").size() == 2u);
  const json::value pod = one("pods", "alone");
  BOOST_TEST(pod.at("metadata").at("ownerReferences").at(0).at("name").as_string() == "web");
}

BOOST_AUTO_TEST_CASE(a_pod_that_is_not_selected_any_more_is_released_and_replaced) {
  make_set("replicasets", "web", 1);
  run_for(seconds(3));
  const std::string first(kube::text_at(all("pods")[0], {"metadata", "name"}));
  merge(path("pods", first), R"({"metadata":{"labels":{"app":"debug"}}})");
  run_for(seconds(3));
  BOOST_TEST(all("pods").size() == 2u);
  BOOST_TEST(!kube::find_at(one("pods", first), {"metadata", "ownerReferences"}));
}

BOOST_AUTO_TEST_CASE(a_refused_pod_becomes_a_condition_and_is_tried_again) {
  // The account of a template is looked up when a pod is made of it.
  const Answered made = post(path("replicasets"), R"({"apiVersion":"apps/v1","kind":"ReplicaSet",
      "metadata":{"name":"web"},"spec":{"replicas":1,"selector":{"matchLabels":{"app":"web"}},
      "template":{"metadata":{"labels":{"app":"web"}},
      "spec":{"serviceAccountName":"missing","containers":[{"name":"a","image":"b"}]}}}})");
  BOOST_REQUIRE(made.status == 201u);
  run_for(seconds(1));
  BOOST_TEST(condition(one("replicasets", "web"), "ReplicaFailure") == "True");
  post("/api/v1/namespaces/default/serviceaccounts",
       R"({"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"missing"}})");
  run_for(seconds(10));
  BOOST_TEST(condition(one("replicasets", "web"), "ReplicaFailure") == "");
  BOOST_TEST(ready_pods() == 1);
}

BOOST_AUTO_TEST_CASE(the_same_seed_gives_the_same_cluster) {
  RunningCluster other;
  for (RunningCluster* cluster : {static_cast<RunningCluster*>(this), &other}) {
    cluster->make_set("replicasets", "web", 5);
    cluster->run_for(milliseconds(1500));
  }
  BOOST_TEST(json::serialize(json::value_from(all("pods"))) == json::serialize(json::value_from(other.all("pods"))));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::sandbox
