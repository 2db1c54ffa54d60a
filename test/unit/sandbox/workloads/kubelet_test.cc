// Pods on simulated nodes.
#include <boost/test/unit_test.hpp>

#include "test/unit/sandbox/workloads/running_cluster.h"

namespace sluice::sandbox {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Nodes : RunningCluster {
  std::string waiting_reason() {
    const json::value pod = all("pods")[0];
    return std::string(
        pod.at("status").at("containerStatuses").at(0).at("state").at("waiting").at("reason").as_string());
  }
};

BOOST_FIXTURE_TEST_SUITE(kubelet, Nodes)

BOOST_AUTO_TEST_CASE(a_pod_is_shown_as_being_created_before_it_runs) {
  make_set("replicasets", "web", 1);
  run_for(milliseconds(100));
  BOOST_TEST(kube::text_at(all("pods")[0], {"status", "phase"}) == "Pending");
  BOOST_TEST(waiting_reason() == "ContainerCreating");
  BOOST_TEST(condition(all("pods")[0], "PodScheduled") == "True");
}

BOOST_AUTO_TEST_CASE(an_image_that_cannot_be_pulled_is_never_ready) {
  make_set("replicasets", "web", 1, R"("image":"does-not-exist:v1")");
  run_for(seconds(600));
  BOOST_TEST(ready_pods() == 0);
  BOOST_TEST(kube::text_at(all("pods")[0], {"status", "phase"}) == "Pending");
  BOOST_TEST(waiting_reason() == "ImagePullBackOff");
}

BOOST_AUTO_TEST_CASE(a_bad_command_is_restarted_and_never_ready) {
  make_set("replicasets", "web", 1, R"("image":"web:v1","command":["/bad-command"])");
  run_for(seconds(33));
  BOOST_TEST(ready_pods() == 0);
  BOOST_TEST(waiting_reason() == "CrashLoopBackOff");
  BOOST_TEST(all("pods")[0].at("status").at("containerStatuses").at(0).at("restartCount").as_int64() == 2);
}

BOOST_AUTO_TEST_CASE(an_annotation_delays_readiness_but_not_the_start) {
  make_set("replicasets", "web", 1, R"("image":"web:v1")", R"("sluice.test/ready-after":"20")");
  run_for(seconds(19));
  BOOST_TEST(kube::text_at(all("pods")[0], {"status", "phase"}) == "Running");
  BOOST_TEST(ready_pods() == 0);
  run_for(seconds(1));
  BOOST_TEST(ready_pods() == 1);
}

BOOST_AUTO_TEST_CASE(readiness_gates_hold_a_pod_and_open_it) {
  post(path("pods"), R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"gated"},
      "spec":{"readinessGates":[{"conditionType":"lb"}],"containers":[{"name":"app","image":"web:v1"}]}})");
  run_for(seconds(3));
  BOOST_TEST(condition(one("pods", "gated"), "ContainersReady") == "True");
  BOOST_TEST(condition(one("pods", "gated"), "Ready", "reason") == "ReadinessGatesNotReady");
  json::value status = one("pods", "gated").at("status");
  status.at("conditions").as_array().push_back(json::object{{"type", "lb"}, {"status", "True"}});
  json::object body;
  body["status"] = status;
  merge(path("pods", "gated") + "/status", json::serialize(body));
  run_for(milliseconds(1));
  BOOST_TEST(condition(one("pods", "gated"), "Ready") == "True");
  BOOST_TEST(condition(one("pods", "gated"), "lb") == "True");
}

BOOST_AUTO_TEST_CASE(a_deleted_pod_serves_until_its_pre_stop_sleep_is_over) {
  make_set("replicasets", "web", 1,
           R"("image":"web:v1","lifecycle":{"preStop":{"exec":{"command":["sh","-c","sleep 5"]}}})");
  run_for(seconds(3));
  scale("replicasets", "web", 0);
  run_for(milliseconds(4900));
  BOOST_REQUIRE(all("pods").size() == 1u);
  BOOST_TEST(!kube::text_at(all("pods")[0], {"metadata", "deletionTimestamp"}).empty());
  run_for(milliseconds(200));
  BOOST_TEST(all("pods").empty());
}

BOOST_AUTO_TEST_CASE(a_pod_that_never_ran_is_gone_at_once) {
  make_set("replicasets", "web", 1,
           R"("image":"web:error","lifecycle":{"preStop":{"exec":{"command":["sleep","5"]}}})");
  run_for(seconds(3));
  scale("replicasets", "web", 0);
  run_for(milliseconds(1));
  BOOST_TEST(all("pods").empty());
}

BOOST_AUTO_TEST_CASE(a_pod_that_no_node_takes_waits_until_one_does) {
  const auto cordon = [&](bool is_cordoned) {
    for (int number = 1; number <= 4; ++number)
      merge("/api/v1/nodes/sandbox-node-" + std::to_string(number),
            is_cordoned ? R"({"spec":{"unschedulable":true}})" : R"({"spec":{"unschedulable":null}})");
  };
  cordon(true);
  make_set("replicasets", "web", 1);
  run_for(seconds(60));
  BOOST_TEST(kube::text_at(all("pods")[0], {"status", "phase"}) == "Pending");
  BOOST_TEST(condition(all("pods")[0], "PodScheduled", "reason") == "Unschedulable");
  cordon(false);
  run_for(milliseconds(500));
  BOOST_TEST(waiting_reason() == "ContainerCreating");
  run_for(seconds(2));
  BOOST_TEST(ready_pods() == 1);
}

BOOST_AUTO_TEST_CASE(a_pod_may_be_broken_and_mended_by_an_annotation) {
  make_set("replicasets", "web", 1);
  run_for(seconds(3));
  const std::string pod = path("pods", kube::text_at(all("pods")[0], {"metadata", "name"}));
  merge(pod, R"({"metadata":{"annotations":{"sluice.test/broken":"true"}}})");
  run_for(milliseconds(1));
  BOOST_TEST(ready_pods() == 0);
  BOOST_TEST(kube::text_at(all("pods")[0], {"status", "phase"}) == "Running");
  merge(pod, R"({"metadata":{"annotations":{"sluice.test/broken":null}}})");
  run_for(milliseconds(1));
  BOOST_TEST(ready_pods() == 1);
}

BOOST_AUTO_TEST_CASE(a_flapping_pod_is_ready_between_its_crashes) {
  make_set("replicasets", "web", 1, R"("image":"web:v1")",
           R"("sluice.test/ready-after":"3","sluice.test/crashes-after":"5")");
  run_for(milliseconds(7500));
  BOOST_TEST(ready_pods() == 1);
  run_for(seconds(1));  // crashed at 8 s
  BOOST_TEST(ready_pods() == 0);
  BOOST_TEST(waiting_reason() == "CrashLoopBackOff");
  run_for(seconds(10));  // there again at 18 s
  BOOST_TEST(ready_pods() == 1);
  run_for(seconds(5));  // crashed at 23 s, and now 20 s long
  BOOST_TEST(ready_pods() == 0);
  BOOST_TEST(all("pods")[0].at("status").at("containerStatuses").at(0).at("restartCount").as_int64() == 1);
  run_for(seconds(19));
  BOOST_TEST(ready_pods() == 0);
  run_for(seconds(2));
  BOOST_TEST(ready_pods() == 1);
}

BOOST_AUTO_TEST_CASE(transition_times_of_conditions_that_stay_are_kept) {
  make_set("replicasets", "web", 1, R"("image":"web:v1")", R"("sluice.test/ready-after":"20")");
  run_for(seconds(1));
  const std::string scheduled = condition(all("pods")[0], "PodScheduled", "lastTransitionTime");
  const std::string unready = condition(all("pods")[0], "Ready", "lastTransitionTime");
  run_for(seconds(30));
  BOOST_TEST(condition(all("pods")[0], "PodScheduled", "lastTransitionTime") == scheduled);
  BOOST_TEST(condition(all("pods")[0], "Ready", "lastTransitionTime") != unready);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::sandbox
