// Objects as an API server sends them become structs, and their status comes back unchanged.
#include "crds/decode.h"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "crds/analysis.h"
#include "crds/app_project.h"
#include "crds/application.h"
#include "crds/experiment.h"
#include "crds/rollout.h"
#include "crds/workloads.h"

namespace sluice::crds {
namespace {

BOOST_AUTO_TEST_SUITE(decode)

json::value canary() {
  return kube::parse_json(R"({"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout",
    "metadata": {"name": "web", "namespace": "shop", "uid": "u-1", "generation": 2,
                 "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}", "note": "kept"}},
    "spec": {"replicas": 4, "selector": {"matchLabels": {"app": "web"}},
             "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"image": "web:v1"}]}},
             "strategy": {"canary": {"maxSurge": "25%", "steps": [{"setWeight": 20}, {"pause": {"duration": "1h"}}]}}},
    "status": {"phase": "Healthy", "observedGeneration": "2", "currentStepIndex": 0, "canary": {}, "blueGreen": {}}})")
      .value();
}

BOOST_AUTO_TEST_CASE(a_rollout_is_read) {
  kube::Mistakes mistakes;
  const auto rollout = decode_rollout(canary(), mistakes);
  BOOST_TEST(kube::describe(mistakes) == "");
  BOOST_TEST(rollout->meta.name == "web");
  const RolloutSpec& spec = *rollout->spec;
  BOOST_TEST(spec.replicas.value() == 4);
  BOOST_TEST(spec.pod_template->labels.get("app") == "web");
  BOOST_REQUIRE(spec.strategy.canary);
  BOOST_TEST(spec.strategy.canary->steps.size() == 2u);
  BOOST_TEST(spec.strategy.canary->steps[0].set_weight.value() == 20);
  BOOST_TEST(spec.strategy.canary->steps[1].pause->duration->text() == "1h");
  BOOST_TEST(spec.strategy.canary->max_surge->text() == "25%");
  BOOST_TEST(rollout->status.phase == "Healthy");
  BOOST_TEST(rollout->status.current_step_index.value() == 0);
}

BOOST_AUTO_TEST_CASE(the_applied_configuration_is_not_kept) {
  kube::Mistakes mistakes;
  const auto rollout = decode_rollout(canary(), mistakes);
  BOOST_TEST(rollout->meta.annotations.size() == 1u);
  BOOST_TEST(rollout->meta.annotations.get("note") == "kept");
}

BOOST_AUTO_TEST_CASE(every_mistake_is_told_with_its_path) {
  json::value object = canary();
  object.at("spec").at("replicas") = "many";
  object.at("spec").at("strategy").at("canary").at("steps").at(0).at("setWeight") = "some";
  kube::Mistakes mistakes;
  decode_rollout(object, mistakes);
  BOOST_REQUIRE(mistakes.size() == 2u);
  BOOST_TEST(mistakes[0].path == "spec.replicas");
  BOOST_TEST(mistakes[1].path == "spec.strategy.canary.steps[0].setWeight");
}

BOOST_AUTO_TEST_CASE(the_status_comes_back_unchanged) {
  kube::Mistakes mistakes;
  const auto rollout = decode_rollout(canary(), mistakes);
  BOOST_TEST((encode_status(rollout->status) == canary().at("status")));
}

BOOST_AUTO_TEST_CASE(equal_templates_and_steps_share_memory) {
  kube::Mistakes mistakes;
  json::value other = canary();
  other.at("metadata").at("name") = "other";
  const auto left = decode_rollout(canary(), mistakes);
  const auto right = decode_rollout(other, mistakes);
  BOOST_TEST(left->spec->pod_template == right->spec->pod_template);
  BOOST_TEST(&left->spec->strategy.canary->steps.all() == &right->spec->strategy.canary->steps.all());
}

BOOST_AUTO_TEST_CASE(a_new_status_keeps_the_spec_that_was_read) {
  kube::Mistakes mistakes;
  const auto before = decode_rollout(canary(), mistakes);
  json::value later = canary();
  later.at("status").at("phase") = "Paused";
  const auto after = decode_rollout(later, mistakes, before.get());
  BOOST_TEST(after->spec == before->spec);
  BOOST_TEST(after->status.phase == "Paused");
  later.at("metadata").at("generation") = 3;
  BOOST_TEST(decode_rollout(later, mistakes, before.get())->spec != before->spec);
}

BOOST_AUTO_TEST_CASE(a_pod_tells_why_it_does_not_run) {
  const json::value object = kube::parse_json(R"({"metadata": {"name": "web-1"},
    "spec": {"nodeName": "n1", "containers": [{"image": "web:v1"}, {"image": "proxy:v1"}]},
    "status": {"phase": "Pending", "conditions": [{"type": "Ready", "status": "False"}],
      "containerStatuses": [
        {"restartCount": 2, "ready": true, "state": {"running": {}}},
        {"restartCount": 1, "state": {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}}]}})")
                                 .value();
  kube::Mistakes mistakes;
  const auto pod = decode_pod(object, mistakes);
  BOOST_TEST(!pod->ready);
  BOOST_TEST(pod->restarts == 3);
  BOOST_TEST(pod->containers == 2);
  BOOST_TEST(pod->ready_containers == 1);
  BOOST_TEST(pod->reason == "ImagePullBackOff");
  BOOST_TEST(pod->message == "no such image");
}

BOOST_AUTO_TEST_CASE(an_endpoint_without_conditions_is_ready) {
  const json::value object = kube::parse_json(R"({"metadata": {"labels": {"kubernetes.io/service-name": "web"}},
    "endpoints": [{"addresses": ["10.0.0.1"], "targetRef": {"kind": "Pod", "name": "web-1"}},
                  {"addresses": ["10.0.0.2"], "conditions": {"ready": false, "serving": true, "terminating": true}}]})")
                                 .value();
  kube::Mistakes mistakes;
  const auto slice = decode_endpoint_slice(object, mistakes);
  BOOST_TEST(slice->service == "web");
  BOOST_REQUIRE(slice->endpoints.size() == 2u);
  BOOST_TEST(slice->endpoints[0].ready);
  BOOST_TEST(slice->endpoints[0].pod == "web-1");
  BOOST_TEST(!slice->endpoints[1].ready);
  BOOST_TEST(slice->endpoints[1].serving);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::crds
