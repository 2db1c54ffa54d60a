// Owner garbage collection on a cluster that runs.
#include <boost/test/unit_test.hpp>

#include "test/unit/sandbox/workloads/running_cluster.h"

namespace sluice::sandbox {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Owners : RunningCluster {
  static std::string map_path(std::string_view name = {}) {
    return "/api/v1/namespaces/default/configmaps" + (name.empty() ? "" : "/" + std::string(name));
  }
  // A ConfigMap; `owners` are owner references.
  std::string make_map(std::string_view name, std::string_view owners = "") {
    const Answered made = post(map_path(), fmt::format(R"({{"apiVersion":"v1","kind":"ConfigMap",
        "metadata":{{"name":"{}","ownerReferences":[{}]}}}})",
                                                       name, owners));
    BOOST_REQUIRE_MESSAGE(made.status == 201u, made.message());
    return made.text({"metadata", "uid"});
  }
  static std::string owner(std::string_view name, std::string_view uid, bool blocks = true) {
    return fmt::format(R"({{"apiVersion":"v1","kind":"ConfigMap","name":"{}","uid":"{}","blockOwnerDeletion":{}}})",
                       name, uid, blocks);
  }
  bool is_there(std::string_view name) { return get(map_path(name)).status == 200; }
};

BOOST_FIXTURE_TEST_SUITE(collector, Owners)

BOOST_AUTO_TEST_CASE(dependents_follow_their_owner_to_the_last_generation) {
  const std::string root = make_map("root");
  const std::string child = make_map("child", owner("root", root));
  make_map("grandchild", owner("child", child));
  run_for(seconds(1));
  remove(map_path("root"), R"({"propagationPolicy":"Background"})");
  BOOST_TEST(!is_there("root"));
  BOOST_TEST(is_there("child"));
  run_for(seconds(1));
  BOOST_TEST(!is_there("child"));
  BOOST_TEST(!is_there("grandchild"));
}

BOOST_AUTO_TEST_CASE(one_of_two_owners_is_enough) {
  const std::string first = make_map("first");
  const std::string second = make_map("second");
  make_map("child", owner("first", first) + "," + owner("second", second));
  remove(map_path("first"));
  run_for(seconds(1));
  const json::value child = get(map_path("child")).body;
  BOOST_REQUIRE(child.at("metadata").at("ownerReferences").as_array().size() == 1u);
  BOOST_TEST(child.at("metadata").at("ownerReferences").at(0).at("name").as_string() == "second");
  remove(map_path("second"));
  run_for(seconds(1));
  BOOST_TEST(!is_there("child"));
}

BOOST_AUTO_TEST_CASE(an_owner_is_known_by_its_uid_not_by_its_name) {
  make_map("root");
  make_map("child", owner("root", "00000000-0000-0000-0000-000000000000"));
  run_for(seconds(1));
  BOOST_TEST(!is_there("child"));
  BOOST_TEST(is_there("root"));
}

BOOST_AUTO_TEST_CASE(an_owner_in_another_namespace_does_not_count) {
  post("/api/v1/namespaces", R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"far"}})");
  const std::string uid =
      post("/api/v1/namespaces/far/configmaps", R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"root"}})")
          .text({"metadata", "uid"});
  make_map("child", owner("root", uid));
  run_for(seconds(1));
  BOOST_TEST(!is_there("child"));
}

BOOST_AUTO_TEST_CASE(in_the_foreground_the_owner_waits_for_its_dependents) {
  const std::string root = make_map("root");
  make_map("child", owner("root", root));
  merge(map_path("child"), R"({"metadata":{"finalizers":["test/hold"]}})");
  remove(map_path("root"), R"({"propagationPolicy":"Foreground"})");
  run_for(seconds(1));
  BOOST_TEST(is_there("root"));
  BOOST_TEST(!get(map_path("child")).text({"metadata", "deletionTimestamp"}).empty());
  merge(map_path("child"), R"({"metadata":{"finalizers":null}})");
  run_for(seconds(1));
  BOOST_TEST(!is_there("child"));
  BOOST_TEST(!is_there("root"));
}

BOOST_AUTO_TEST_CASE(in_the_foreground_only_blocking_dependents_are_waited_for) {
  const std::string root = make_map("root");
  make_map("child", owner("root", root, false));
  merge(map_path("child"), R"({"metadata":{"finalizers":["test/hold"]}})");
  remove(map_path("root"), R"({"propagationPolicy":"Foreground"})");
  run_for(seconds(1));
  BOOST_TEST(!is_there("root"));
  BOOST_TEST(is_there("child"));
}

BOOST_AUTO_TEST_CASE(orphans_stay_without_an_owner) {
  const std::string root = make_map("root");
  make_map("child", owner("root", root));
  remove(map_path("root"), R"({"propagationPolicy":"Orphan"})");
  run_for(seconds(1));
  BOOST_TEST(!is_there("root"));
  const json::value child = get(map_path("child")).body;
  BOOST_TEST(!kube::find_at(child, {"metadata", "ownerReferences"}));
}

BOOST_AUTO_TEST_CASE(a_deleted_deployment_takes_its_sets_and_pods_along) {
  make_set("deployments", "web", 2);
  run_for(seconds(3));
  BOOST_TEST(all("replicasets").size() == 1u);
  remove(path("deployments", "web"), R"({"propagationPolicy":"Foreground"})");
  run_for(seconds(1));
  for (const char* plural : {"deployments", "replicasets", "pods"}) BOOST_TEST(all(plural).empty(), plural);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::sandbox
