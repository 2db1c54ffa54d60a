// Deployments on a cluster that runs.
#include <boost/test/unit_test.hpp>

#include "test/unit/sandbox/workloads/running_cluster.h"

namespace sluice::sandbox {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

BOOST_FIXTURE_TEST_SUITE(deployments, RunningCluster)

BOOST_AUTO_TEST_CASE(a_deployment_of_three_becomes_ready) {
  make_set("deployments", "web", 3);
  run_for(seconds(3));
  BOOST_TEST(ready_pods() == 3);
  const json::value deployment = one("deployments", "web");
  for (const char* count : {"replicas", "updatedReplicas", "readyReplicas", "availableReplicas"})
    BOOST_TEST(kube::number_at(deployment, {"status", count}) == 3, count);
  BOOST_TEST(!kube::find_at(deployment, {"status", "unavailableReplicas"}));
  BOOST_TEST(kube::number_at(deployment, {"status", "observedGeneration"}) ==
             kube::number_at(deployment, {"metadata", "generation"}));
  BOOST_TEST(condition(deployment, "Available") == "True");
  BOOST_TEST(condition(deployment, "Progressing", "reason") == "NewReplicaSetAvailable");
  BOOST_TEST(kube::text_at(deployment, {"metadata", "annotations", "deployment.kubernetes.io/revision"}) == "1");
  const json::value set = all("replicasets")[0];
  const std::string hash(kube::text_at(set, {"metadata", "labels", "pod-template-hash"}));
  BOOST_TEST(kube::text_at(set, {"metadata", "name"}) == "web-" + hash);
  BOOST_TEST(kube::text_at(set, {"spec", "selector", "matchLabels", "pod-template-hash"}) == hash);
  BOOST_TEST(log_lines.empty());
}

BOOST_AUTO_TEST_CASE(a_new_template_is_rolled_out_without_losing_capacity) {
  make_set("deployments", "web", 4);
  run_for(seconds(3));
  merge(path("deployments", "web"), R"({"spec":{"template":{"metadata":{"labels":{"version":"2"}}}}})");
  int fewest = 4;
  for (int step = 0; step < 200; ++step) {
    run_for(milliseconds(100));
    fewest = std::min(fewest, ready_pods());
  }
  BOOST_TEST(fewest >= 3);  // 25 % of 4 may be unavailable
  BOOST_TEST(ready_pods("version=2") == 4);
  BOOST_TEST(all("pods").size() == 4u);
  BOOST_TEST(all("replicasets").size() == 2u);
  BOOST_TEST(kube::text_at(one("deployments", "web"),
                           {"metadata", "annotations", "deployment.kubernetes.io/revision"}) == "2");
}

BOOST_AUTO_TEST_CASE(a_template_that_comes_back_uses_its_old_set) {
  make_set("deployments", "web", 1);
  run_for(seconds(3));
  merge(path("deployments", "web"), R"({"spec":{"template":{"metadata":{"labels":{"version":"2"}}}}})");
  run_for(seconds(10));
  merge(path("deployments", "web"), R"({"spec":{"template":{"metadata":{"labels":{"version":null}}}}})");
  run_for(seconds(10));
  BOOST_TEST(all("replicasets").size() == 2u);
  BOOST_TEST(ready_pods("version=2") == 0);
  BOOST_TEST(ready_pods() == 1);
  BOOST_TEST(kube::text_at(one("deployments", "web"),
                           {"metadata", "annotations", "deployment.kubernetes.io/revision"}) == "3");
}

BOOST_AUTO_TEST_CASE(a_bad_image_stops_the_update_and_misses_the_deadline) {
  make_set("deployments", "web", 4);
  merge(path("deployments", "web"), R"({"spec":{"progressDeadlineSeconds":30}})");
  run_for(seconds(3));
  merge(path("deployments", "web"),
        R"({"spec":{"template":{"spec":{"containers":[{"name":"app","image":"does-not-exist:2"}]}}}})");
  run_for(seconds(29));
  BOOST_TEST(condition(one("deployments", "web"), "Progressing") == "True");
  run_for(seconds(5));
  BOOST_TEST(condition(one("deployments", "web"), "Progressing", "reason") == "ProgressDeadlineExceeded");
  BOOST_TEST(condition(one("deployments", "web"), "Available") == "True");
  BOOST_TEST(ready_pods() == 3);
}

BOOST_AUTO_TEST_CASE(recreate_never_runs_two_versions) {
  make_set("deployments", "web", 2);
  merge(path("deployments", "web"), R"({"spec":{"strategy":{"type":"Recreate"}}})");
  run_for(seconds(3));
  merge(path("deployments", "web"), R"({"spec":{"template":{"metadata":{"labels":{"version":"2"}}}}})");
  for (int step = 0; step < 100; ++step) {
    run_for(milliseconds(50));
    const std::size_t newest = all("pods", "version=2").size();
    BOOST_REQUIRE((newest == 0 || newest == all("pods").size()));
  }
  BOOST_TEST(ready_pods("version=2") == 2);
}

BOOST_AUTO_TEST_CASE(a_paused_deployment_makes_no_new_set_but_follows_its_size) {
  make_set("deployments", "web", 1);
  run_for(seconds(3));
  merge(path("deployments", "web"), R"({"spec":{"paused":true,"template":{"metadata":{"labels":{"version":"2"}}}}})");
  run_for(seconds(3));
  BOOST_TEST(all("replicasets").size() == 1u);
  merge(path("deployments", "web"), R"({"spec":{"paused":false}})");
  run_for(seconds(5));
  BOOST_TEST(ready_pods("version=2") == 1);
}

BOOST_AUTO_TEST_CASE(old_sets_beyond_the_limit_are_forgotten) {
  make_set("deployments", "web", 1);
  merge(path("deployments", "web"), R"({"spec":{"revisionHistoryLimit":1}})");
  for (int version = 2; version <= 4; ++version) {
    run_for(seconds(10));
    merge(path("deployments", "web"),
          fmt::format(R"({{"spec":{{"template":{{"metadata":{{"labels":{{"version":"{}"}}}}}}}}}})", version));
  }
  run_for(seconds(10));
  BOOST_TEST(all("replicasets").size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_settled_deployment_writes_nothing) {
  make_set("deployments", "web", 2);
  run_for(seconds(10));
  const std::uint64_t version = api.version();
  run_for(seconds(3600));
  BOOST_TEST(api.version() == version);
  for (const std::string& line : log_lines) BOOST_ERROR(line);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::sandbox
