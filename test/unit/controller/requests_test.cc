// The patches that carry out a decision, as the API server gets them.
#include "controller/requests.h"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

namespace sluice::controller {
namespace {

namespace json = boost::json;

const kube::ObjectKey shop{"default", "shop"};

WriteRequest made(const Effect& effect, const std::string& route = "") {
  const auto request = request_for(effect, shop, {route, kube::resources::http_routes});
  BOOST_REQUIRE_MESSAGE(request.has_value(), (request.has_error() ? request.error().message : ""));
  return *request;
}

BOOST_AUTO_TEST_CASE(scaling_carries_its_precondition_and_annotations) {
  const WriteRequest request = made(ScaleReplicaSet{
      "shop-1", {"uid-1", "7"}, 1, 3, {{"rollout.argoproj.io/desired-replicas", "3"}}, {"scale-down-deadline"}});
  BOOST_TEST(request.body ==
             R"({"metadata":{"uid":"uid-1","resourceVersion":"7","annotations":)"
             R"({"rollout.argoproj.io/desired-replicas":"3","scale-down-deadline":null}},"spec":{"replicas":3}})");
  BOOST_TEST((request.key == kube::ObjectKey{"default", "shop-1"}));
  BOOST_TEST(request.resource.plural == "replicasets");
}

BOOST_AUTO_TEST_CASE(a_new_replica_set_has_the_hash_in_its_template) {
  CreateReplicaSet make;
  make.name = "shop-abc";
  make.hash = "abc";
  make.replicas = 1;
  make.labels = {{"app", "shop"}, {"rollouts-pod-template-hash", "abc"}};
  make.selector.match_labels = {{"app", "shop"}, {"rollouts-pod-template-hash", "abc"}};
  make.pod_template = crds::make_pod_template(json::parse(R"({"metadata":{"labels":{"app":"shop"}},"spec":{}})"));
  make.owner = {"argoproj.io/v1alpha1", "Rollout", "shop", "u", true, true};
  const json::value body = json::parse(made(make).body);
  BOOST_TEST(body.at_pointer("/spec/template/metadata/labels/rollouts-pod-template-hash").as_string() == "abc");
  BOOST_TEST(body.at_pointer("/spec/selector/matchLabels/rollouts-pod-template-hash").as_string() == "abc");
  BOOST_TEST(body.at_pointer("/metadata/ownerReferences/0/controller").as_bool());
  BOOST_TEST(body.at_pointer("/spec/replicas").to_number<int>() == 1);
}

BOOST_AUTO_TEST_CASE(a_service_keeps_the_rest_of_its_selector) {
  BOOST_TEST(
      made(SwitchService{"web", {"", "9"}, "abc", "shop"}).body ==
      R"({"metadata":{"resourceVersion":"9","annotations":{"argo-rollouts.argoproj.io/managed-by-rollouts":"shop"}},)"
      R"("spec":{"selector":{"rollouts-pod-template-hash":"abc"}}})");
}

BOOST_AUTO_TEST_CASE(a_route_that_changed_since_the_decision_is_a_conflict) {
  const std::string route = R"({"metadata":{"name":"r","resourceVersion":"8"},"spec":{"rules":[]}})";
  const auto request = request_for(
      SetRouteWeights{"HTTPRoute", {"default", "r"}, {"", "7"}, {traffic::Split::of_canary(5), {}}, nullptr}, shop,
      {route, kube::resources::http_routes});
  BOOST_REQUIRE(request.has_error());
  BOOST_TEST((request.error().fault == kube::Fault::conflict));
}

BOOST_AUTO_TEST_CASE(deletions_name_the_object_that_was_seen) {
  const WriteRequest request = made(DeleteReplicaSet{"shop-1", {"uid-1", "7"}});
  BOOST_TEST((request.verb == Verb::remove));
  BOOST_TEST(request.remove.uid == "uid-1");
  BOOST_TEST(request.remove.resource_version == "7");
  BOOST_TEST(request.absent_is_fine);
}

BOOST_AUTO_TEST_CASE(the_rollout_itself_is_annotated_by_name) {
  const WriteRequest request = made(PatchRolloutMetadata{{"", "3"}, {{"rollout.argoproj.io/revision", "2"}}, 1});
  BOOST_TEST((request.key == shop));
  BOOST_TEST(request.body ==
             R"({"metadata":{"resourceVersion":"3","annotations":{"rollout.argoproj.io/revision":"2"}},)"
             R"("spec":{"replicas":1}})");
}

BOOST_AUTO_TEST_CASE(edge_11_only_the_difference_of_a_status_is_sent) {
  crds::RolloutStatus before;
  before.phase = "Progressing";
  before.message = "more replicas need to be updated";
  before.replicas = 3;
  crds::RolloutStatus after = before;
  after.phase = "Healthy";
  after.message = "";
  BOOST_TEST(status_patch(before, after, {"u", "7"}) ==
             R"({"metadata":{"uid":"u","resourceVersion":"7"},"status":{"message":null,"phase":"Healthy"}})");
  BOOST_TEST(status_patch(after, after, {"u", "7"}) == "");
}

}  // namespace
}  // namespace sluice::controller
