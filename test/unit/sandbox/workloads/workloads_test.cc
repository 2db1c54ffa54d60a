// The workloads as a whole: they end and begin without losing anything.
#include "sandbox/workloads/workloads.h"

#include <optional>

#include <boost/test/unit_test.hpp>

#include "test/unit/sandbox/workloads/running_cluster.h"

namespace sluice::sandbox {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Restarts : Cluster {
  kube::Log log{kube::LogLevel::error, kube::LogFormat::text, [this] { return clock.now(); }, [](std::string_view) {}};
  std::optional<Workloads> workloads;
  void start() { workloads.emplace(api, clock, io.get_executor(), log); }
  std::string pods() { return json::serialize(get("/api/v1/namespaces/default/pods").body.at("items")); }
};

BOOST_FIXTURE_TEST_CASE(nothing_happens_after_the_end_of_the_workloads, Restarts) {
  start();
  post(RunningCluster::path("replicasets"), RunningCluster::set_body("replicasets", "web", 2, R"("image":"web:v1")"));
  clock.run_for(milliseconds(500));
  workloads.reset();
  const std::uint64_t version = api.version();
  clock.run_for(seconds(60));
  BOOST_TEST(api.version() == version);
}

BOOST_FIXTURE_TEST_CASE(workloads_that_begin_later_go_on_where_the_others_ended, Restarts) {
  start();
  post(RunningCluster::path("replicasets"), RunningCluster::set_body("replicasets", "web", 2, R"("image":"web:v1")"));
  clock.run_for(milliseconds(500));
  workloads.reset();
  clock.run_for(seconds(10));
  start();
  clock.run_for(seconds(5));
  const json::value set = get(RunningCluster::path("replicasets", "web")).body;
  BOOST_TEST(kube::number_at(set, {"status", "readyReplicas"}) == 2);
  BOOST_TEST(kube::number_at(set, {"status", "replicas"}) == 2);
}

BOOST_FIXTURE_TEST_CASE(workloads_that_begin_on_a_settled_cluster_write_nothing, Restarts) {
  start();
  post(RunningCluster::path("deployments"), RunningCluster::set_body("deployments", "web", 2, R"("image":"web:v1")"));
  post(RunningCluster::path("services"), R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"web"},
      "spec":{"selector":{"app":"web"},"ports":[{"port":80}]}})");
  clock.run_for(milliseconds(10'500));
  workloads.reset();
  const std::string before = pods();
  const std::uint64_t version = api.version();
  start();
  clock.run_for(seconds(60));
  BOOST_TEST(pods() == before);
  BOOST_TEST(api.version() == version);
}

BOOST_FIXTURE_TEST_CASE(a_deleted_namespace_ends_with_everything_in_it, RunningCluster) {
  post("/api/v1/namespaces", R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"shop"}})");
  post("/apis/apps/v1/namespaces/shop/deployments",
       set_body("deployments", "web", 3,
                R"("image":"web:v1","lifecycle":{"preStop":{"exec":{"command":["sleep","3"]}}})"));
  run_for(seconds(5));
  BOOST_TEST(get("/api/v1/namespaces/shop/pods").body.at("items").as_array().size() == 3u);
  remove("/api/v1/namespaces/shop");
  run_for(seconds(2));
  BOOST_TEST(get("/api/v1/namespaces/shop").text({"status", "phase"}) == "Terminating");
  run_for(seconds(3));
  BOOST_TEST(get("/api/v1/namespaces/shop").status == 404u);
}

BOOST_FIXTURE_TEST_CASE(there_are_ready_nodes_for_the_pods, RunningCluster) {
  const json::value nodes = get("/api/v1/nodes").body;
  BOOST_TEST(nodes.at("items").as_array().size() == 4u);
  BOOST_TEST(condition(nodes.at("items").at(0), "Ready") == "True");
  make_set("replicasets", "web", 1);
  run_for(seconds(3));
  const std::string node(kube::text_at(all("pods")[0], {"spec", "nodeName"}));
  BOOST_TEST(get("/api/v1/nodes/" + node).status == 200u);
}

}  // namespace
}  // namespace sluice::sandbox
