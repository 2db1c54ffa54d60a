// Creating, reading, replacing and deleting objects.
#include <boost/test/unit_test.hpp>

#include "test/unit/sandbox/calls.h"

namespace sluice::sandbox {
namespace {

const std::string maps = "/api/v1/namespaces/default/configmaps";
const std::string sets = "/apis/apps/v1/namespaces/default/replicasets";

BOOST_AUTO_TEST_CASE(a_created_object_gets_its_identity) {
  Cluster cluster;
  const Answered made = cluster.post(maps, R"({"metadata":{"name":"a"},"data":{"x":"y"}})");
  BOOST_TEST(made.status == 201u);
  BOOST_TEST(made.text({"kind"}) == "ConfigMap");
  BOOST_TEST(made.text({"metadata", "namespace"}) == "default");
  BOOST_TEST(made.text({"metadata", "uid"}).size() == 36u);
  BOOST_TEST(made.text({"metadata", "creationTimestamp"}) == "2026-01-01T00:00:00Z");
  BOOST_TEST(made.text({"metadata", "resourceVersion"}) == std::to_string(cluster.api.version()));
  BOOST_TEST(cluster.get(maps + "/a").text({"data", "x"}) == "y");
}

BOOST_AUTO_TEST_CASE(a_name_is_made_from_its_beginning) {
  Cluster cluster;
  const Answered made = cluster.post(maps, R"({"metadata":{"generateName":"a-"}})");
  BOOST_TEST(made.status == 201u);
  BOOST_TEST(made.text({"metadata", "name"}).size() == 7u);
  BOOST_TEST(made.text({"metadata", "name"}).substr(0, 2) == "a-");
}

BOOST_AUTO_TEST_CASE(refusals_are_worded_as_a_real_server_does) {
  Cluster cluster;
  cluster.post(maps, R"({"metadata":{"name":"a"}})");
  BOOST_TEST(cluster.get(maps + "/b").message() == R"(configmaps "b" not found)");
  BOOST_TEST(cluster.get(sets + "/b").message() == R"(replicasets.apps "b" not found)");
  BOOST_TEST(cluster.post(maps, R"({"metadata":{"name":"a"}})").message() == R"(configmaps "a" already exists)");
  BOOST_TEST(cluster.post("/api/v1/namespaces/x/configmaps", R"({"metadata":{"name":"a"}})").message() ==
             R"(namespaces "x" not found)");
  const Answered nameless = cluster.post(maps, R"({"metadata":{}})");
  BOOST_TEST(nameless.status == 422u);
  BOOST_TEST(nameless.message() ==
             R"(ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required)");
  BOOST_TEST(cluster.put(maps + "/a", R"({"metadata":{"name":"b"}})").message() ==
             "the name of the object (b) does not match the name on the URL (a)");
  BOOST_TEST(cluster.get("/apis/nope.io/v1/foos").status == 404u);
  BOOST_TEST(cluster.get("/apis/apps/v1/foos").message() == "the server could not find the requested resource");
}

BOOST_AUTO_TEST_CASE(a_write_from_an_old_version_conflicts) {
  Cluster cluster;
  const Answered made = cluster.post(maps, R"({"metadata":{"name":"a"}})");
  const std::string version = made.text({"metadata", "resourceVersion"});
  const std::string body = R"({"metadata":{"name":"a","resourceVersion":")" + version + R"("},"data":{"k":"v"}})";
  BOOST_TEST(cluster.put(maps + "/a", body).status == 200u);
  const Answered stale = cluster.put(maps + "/a", body);
  BOOST_TEST(stale.status == 409u);
  BOOST_TEST(stale.reason() == "Conflict");
  BOOST_TEST(cluster.merge(maps + "/a", body).status == 409u);
  BOOST_TEST(cluster.merge(maps + "/a", R"({"data":{"k":"w"}})").status == 200u);
}

BOOST_AUTO_TEST_CASE(a_write_that_changes_nothing_takes_no_version) {
  Cluster cluster;
  cluster.post(maps, R"({"metadata":{"name":"a"},"data":{"k":"v"}})");
  const std::uint64_t before = cluster.api.version();
  BOOST_TEST(cluster.merge(maps + "/a", R"({"data":{"k":"v"}})").status == 200u);
  BOOST_TEST(cluster.api.version() == before);
}

BOOST_AUTO_TEST_CASE(generation_counts_changes_of_the_specification_only) {
  Cluster cluster;
  cluster.post(sets, R"({"metadata":{"name":"a"},"spec":{"replicas":1,"selector":{"matchLabels":{"a":"b"}},
    "template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i"}]}}}})");
  BOOST_TEST(cluster.merge(sets + "/a", R"({"metadata":{"labels":{"x":"y"}}})").number({"metadata", "generation"}) ==
             1);
  BOOST_TEST(cluster.merge(sets + "/a", R"({"spec":{"replicas":2}})").number({"metadata", "generation"}) == 2);
  const Answered status = cluster.merge(sets + "/a/status", R"({"spec":{"replicas":9},"status":{"replicas":2}})");
  BOOST_TEST(status.number({"metadata", "generation"}) == 2);
  BOOST_TEST(status.number({"spec", "replicas"}) == 2);
  BOOST_TEST(status.number({"status", "replicas"}) == 2);
  BOOST_TEST(cluster.merge(sets + "/a", R"({"status":{"replicas":7}})").number({"status", "replicas"}) == 2);
}

BOOST_AUTO_TEST_CASE(a_finalizer_holds_an_object_back) {
  Cluster cluster;
  cluster.post(maps, R"({"metadata":{"name":"a","finalizers":["x.io/y"]}})");
  const Answered held = cluster.remove(maps + "/a");
  BOOST_TEST(held.status == 200u);
  BOOST_TEST(held.text({"metadata", "deletionTimestamp"}) == "2026-01-01T00:00:00Z");
  BOOST_TEST(cluster.post(maps, R"({"metadata":{"name":"a"}})").message() ==
             R"(object is being deleted: configmaps "a" already exists)");
  BOOST_TEST(cluster.merge(maps + "/a", R"({"metadata":{"finalizers":["x.io/y","x.io/z"]}})").status == 422u);
  BOOST_TEST(cluster.merge(maps + "/a", R"({"metadata":{"finalizers":null}})").status == 200u);
  BOOST_TEST(cluster.get(maps + "/a").status == 404u);
}

BOOST_AUTO_TEST_CASE(preconditions_of_a_deletion_are_checked) {
  Cluster cluster;
  const Answered made = cluster.post(maps, R"({"metadata":{"name":"a"}})");
  BOOST_TEST(cluster.remove(maps + "/a", R"({"preconditions":{"uid":"x"}})").status == 409u);
  BOOST_TEST(cluster.remove(maps + "/a", R"({"preconditions":{"resourceVersion":"1"}})").status == 409u);
  const Answered gone =
      cluster.remove(maps + "/a", R"({"preconditions":{"uid":")" + made.text({"metadata", "uid"}) + R"("}})");
  BOOST_TEST(gone.status == 200u);
  BOOST_TEST(gone.text({"status"}) == "Success");
  BOOST_TEST(gone.text({"details", "uid"}) == made.text({"metadata", "uid"}));
}

BOOST_AUTO_TEST_CASE(a_scheduled_pod_has_its_grace) {
  Cluster cluster;
  const std::string pods = "/api/v1/namespaces/default/pods";
  const std::string spec = R"("spec":{"nodeName":"n","containers":[{"name":"c","image":"i"}]}})";
  cluster.post(pods, R"({"metadata":{"name":"a"},)" + spec);
  const Answered held = cluster.remove(pods + "/a");
  BOOST_TEST(held.text({"metadata", "deletionTimestamp"}) == "2026-01-01T00:00:30Z");
  BOOST_TEST(held.number({"metadata", "deletionGracePeriodSeconds"}) == 30);
  BOOST_TEST(cluster.remove(pods + "/a", R"({"gracePeriodSeconds":0})").status == 200u);
  BOOST_TEST(cluster.get(pods + "/a").status == 404u);
}

BOOST_AUTO_TEST_CASE(a_deletion_can_wait_for_dependents) {
  Cluster cluster;
  cluster.post(maps, R"({"metadata":{"name":"a"}})");
  const Answered held = cluster.remove(maps + "/a", R"({"propagationPolicy":"Foreground"})");
  BOOST_TEST(json::serialize(held.body.at("metadata").at("finalizers")) == R"(["foregroundDeletion"])");
}

BOOST_AUTO_TEST_CASE(a_dry_run_changes_nothing) {
  Cluster cluster;
  const std::uint64_t before = cluster.api.version();
  BOOST_TEST(cluster.post(maps + "?dryRun=All", R"({"metadata":{"name":"a"}})").status == 201u);
  BOOST_TEST(cluster.get(maps + "/a").status == 404u);
  BOOST_TEST(cluster.api.version() == before);
}

BOOST_AUTO_TEST_CASE(a_deleted_namespace_takes_its_contents_along) {
  Cluster cluster;
  cluster.post("/api/v1/namespaces", R"({"metadata":{"name":"team"}})");
  const std::string team = "/api/v1/namespaces/team/configmaps";
  BOOST_TEST(cluster.get("/api/v1/namespaces/team/serviceaccounts/default").status == 200u);
  cluster.post(team, R"({"metadata":{"name":"a"}})");
  cluster.post(team, R"({"metadata":{"name":"b","finalizers":["x.io/y"]}})");
  BOOST_TEST(cluster.remove("/api/v1/namespaces/team").text({"status", "phase"}) == "Terminating");
  BOOST_TEST(cluster.get(team + "/a").status == 404u);
  BOOST_TEST(cluster.get("/api/v1/namespaces/team").status == 200u);
  const Answered late = cluster.post(team, R"({"metadata":{"name":"c"}})");
  BOOST_TEST(late.status == 403u);
  BOOST_TEST(late.message() == R"(configmaps "c" is forbidden: unable to create new content in namespace team because )"
                               "it is being terminated");
  cluster.merge(team + "/b", R"({"metadata":{"finalizers":null}})");
  BOOST_TEST(cluster.get("/api/v1/namespaces/team").status == 404u);
}

BOOST_AUTO_TEST_CASE(listeners_hear_every_change_in_order_even_when_they_write) {
  Cluster cluster;
  std::vector<std::uint64_t> heard;
  cluster.api.listen([&](const Change& change) {
    if (change.type == kube::WatchType::added && change.key.name == "a")
      cluster.post(maps, R"({"metadata":{"name":"b"}})");
  });
  cluster.api.listen([&](const Change& change) { heard.push_back(change.version); });
  cluster.post(maps, R"({"metadata":{"name":"a"}})");
  BOOST_REQUIRE(heard.size() == 2u);
  BOOST_TEST(heard[0] < heard[1]);
}

}  // namespace
}  // namespace sluice::sandbox
