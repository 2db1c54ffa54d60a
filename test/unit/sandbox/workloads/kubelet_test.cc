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
