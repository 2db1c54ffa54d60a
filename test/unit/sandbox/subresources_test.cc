// Scale, eviction, reviews, tables, protobuf bodies.
#include <boost/test/unit_test.hpp>

#include "sandbox/protobuf.h"
#include "test/unit/sandbox/calls.h"

namespace sluice::sandbox {
namespace {

const std::string core = "/api/v1/namespaces/default/";
const std::string rollouts = "/apis/argoproj.io/v1alpha1/namespaces/default/rollouts";
const std::string sets = "/apis/apps/v1/namespaces/default/replicasets";
const std::string table = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

Answered make_set(Cluster& cluster) {
  return cluster.post(sets, R"({"metadata":{"name":"a"},"spec":{"replicas":1,"selector":{"matchLabels":{"a":"b"}},
    "template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i"}]}}}})");
}

void make_ready_pod(Cluster& cluster, const std::string& name) {
  cluster.post(core + "pods",
               R"({"metadata":{"name":")" + name +
                   R"(","labels":{"a":"b"}},"spec":{"nodeName":"n","containers":[{"name":"c","image":"i"}]}})");
  cluster.merge(core + "pods/" + name + "/status",
                R"({"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}})");
}

std::string cells_of(const Answered& answer) { return kube::print_json(answer.body.at("rows").at(0).at("cells")); }

BOOST_AUTO_TEST_CASE(a_scale_shows_and_sets_the_number) {
  Cluster cluster;
  make_set(cluster);
  const Answered read = cluster.get(sets + "/a/scale");
  BOOST_TEST(read.text({"kind"}) == "Scale");
  BOOST_TEST(read.number({"spec", "replicas"}) == 1);
  BOOST_TEST(read.text({"status", "selector"}) == "a=b");
  const Answered scaled = cluster.merge(sets + "/a/scale", R"({"spec":{"replicas":7}})");
  BOOST_TEST(scaled.number({"spec", "replicas"}) == 7);
  BOOST_TEST(cluster.get(sets + "/a").number({"metadata", "generation"}) == 2);
  BOOST_TEST(cluster.put(sets + "/a/scale", R"({"metadata":{"name":"a"},"spec":{"replicas":3}})").status == 200u);
  BOOST_TEST(cluster.get(sets + "/a").number({"spec", "replicas"}) == 3);
  BOOST_TEST(cluster.merge(sets + "/a/scale", R"({"spec":{"replicas":-1}})").status == 422u);
  BOOST_TEST(cluster.merge(sets + "/a/scale", R"({"metadata":{"resourceVersion":"1"},"spec":{"replicas":4}})").status ==
             409u);
}

BOOST_AUTO_TEST_CASE(an_eviction_respects_a_disruption_budget) {
  Cluster cluster;
  make_ready_pod(cluster, "a");
  cluster.post("/apis/policy/v1/namespaces/default/poddisruptionbudgets",
               R"({"metadata":{"name":"p"},"spec":{"minAvailable":1,"selector":{"matchLabels":{"a":"b"}}}})");
  const std::string body = R"({"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"a"}})";
  const Answered refused = cluster.post(core + "pods/a/eviction", body);
  BOOST_TEST(refused.status == 429u);
  BOOST_TEST(refused.message() == "Cannot evict pod as it would violate the pod's disruption budget.");
  BOOST_TEST(kube::text_at(refused.body.at("details").at("causes").at(0), {"message"}) ==
             "The disruption budget p needs 1 healthy pods and has 1 currently");
  make_ready_pod(cluster, "b");
  BOOST_TEST(cluster.post(core + "pods/a/eviction", body).status == 201u);
  BOOST_TEST(!cluster.get(core + "pods/a").text({"metadata", "deletionTimestamp"}).empty());
}

BOOST_AUTO_TEST_CASE(everybody_may_do_everything) {
  Cluster cluster;
  const Answered review = cluster.post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
                                       R"({"spec":{"resourceAttributes":{"verb":"create","resource":"pods"}}})");
  BOOST_TEST(review.status == 201u);
  BOOST_TEST(review.body.at("status").at("allowed").as_bool());
  BOOST_TEST(cluster.post("/apis/authentication.k8s.io/v1/selfsubjectreviews", "{}")
                 .text({"status", "userInfo", "username"}) == "tester");
}

BOOST_AUTO_TEST_CASE(tables_show_what_kubectl_prints) {
  Cluster cluster;
  make_ready_pod(cluster, "a");
  make_set(cluster);
  cluster.clock.run_for(std::chrono::minutes(3));
  const Answered pods = cluster.call("GET", core + "pods", "", "", table);
  BOOST_TEST(pods.text({"kind"}) == "Table");
  BOOST_TEST(pods.body.at("columnDefinitions").at(2).at("name").as_string() == "Status");
  BOOST_TEST(cells_of(pods) == R"(["a","0/1","Running","0","3m","<none>","n","<none>","<none>"])");
  BOOST_TEST(pods.body.at("rows").at(0).at("object").at("kind").as_string() == "PartialObjectMetadata");
  BOOST_TEST(cells_of(cluster.call("GET", sets + "/a", "", "", table)) == R"(["a",1,0,0,"3m","c","i","a=b"])");
  cluster.post(rollouts,
               R"({"apiVersion":"argoproj.io/v1alpha1","kind":"Rollout","metadata":{"name":"r"},"spec":{"replicas":4,
    "selector":{"matchLabels":{"a":"b"}},"strategy":{"canary":{}},
    "template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i"}]}}}})");
  BOOST_TEST(cells_of(cluster.call("GET", rollouts, "", "", table)) == R"(["r",4,null,null,null,"0s",null,null])");
}

BOOST_AUTO_TEST_CASE(events_have_two_forms) {
  Cluster cluster;
  cluster.post(core + "events",
               R"({"metadata":{"name":"e"},"involvedObject":{"kind":"Pod","name":"p","namespace":"default"},
    "reason":"r","message":"m","type":"Normal","count":2})");
  const std::string other = "/apis/events.k8s.io/v1/namespaces/default/events";
  const Answered read = cluster.get(other + "/e");
  BOOST_TEST(read.text({"regarding", "name"}) == "p");
  BOOST_TEST(read.text({"note"}) == "m");
  BOOST_TEST(read.number({"deprecatedCount"}) == 2);
  cluster.post(other,
               R"({"metadata":{"name":"f"},"regarding":{"kind":"Pod","name":"q","namespace":"default"},"reason":"r",
    "note":"n","type":"Normal","action":"a","reportingController":"c","reportingInstance":"i","eventTime":"2026-01-01T00:00:00.000000Z"})");
  BOOST_TEST(cluster.get(core + "events/f").text({"message"}) == "n");
  BOOST_TEST(cluster.get(core + "events?fieldSelector=involvedObject.name%3Dq").body.at("items").as_array().size() ==
             1u);
}

// A length-delimited field.
std::string field(int number, const std::string& bytes) {
  return std::string(1, static_cast<char>(number << 3 | 2)) + static_cast<char>(bytes.size()) + bytes;
}
std::string number_field(int number, int value) {
  return std::string(1, static_cast<char>(number << 3)) + static_cast<char>(value);
}

BOOST_AUTO_TEST_CASE(bodies_in_protobuf_are_read) {
  const std::string metadata =
      field(1, "web") + field(3, "default") + field(8, "") + field(11, field(1, "k") + field(2, "v"));
  const std::string port =
      field(1, "http") + field(2, "TCP") + number_field(3, 80) + field(4, number_field(1, 1) + field(3, "x"));
  const std::string spec = field(1, port) + field(2, field(1, "app") + field(2, "web")) + field(4, "ClusterIP");
  const std::string body = std::string("k8s\0", 4) + field(1, field(1, "v1") + field(2, "Service")) +
                           field(2, field(1, metadata) + field(2, spec));
  const auto read = decode_protobuf(body);
  BOOST_REQUIRE(read);
  BOOST_TEST(*read == json::parse(R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"web","namespace":"default",
    "labels":{"k":"v"}},"spec":{"ports":[{"name":"http","protocol":"TCP","port":80,"targetPort":"x"}],
    "selector":{"app":"web"},"type":"ClusterIP"}})"));
  Cluster cluster;
  const Answered made = cluster.call("POST", core + "services", body, "application/vnd.kubernetes.protobuf");
  BOOST_REQUIRE_MESSAGE(made.status == 201u, made.message());
  BOOST_TEST(made.text({"spec", "selector", "app"}) == "web");
  for (std::size_t length = 0; length < body.size(); ++length)
    decode_protobuf(std::string_view(body).substr(0, length));  // any beginning ends in an answer, not in a crash
}

}  // namespace
}  // namespace sluice::sandbox
