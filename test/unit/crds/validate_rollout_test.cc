// Every rule for Rollouts, one row each: what is spoiled, and what is told.
#include "crds/validate_rollout.h"

#include <map>
#include <memory>
#include <string>

#include <boost/test/unit_test.hpp>

#include "crds/analysis.h"
#include "crds/decode.h"
#include "crds/rollout.h"
#include "crds/workloads.h"
#include "spoiled.h"
#include "trace_data.h"

namespace sluice::crds {
namespace {

BOOST_AUTO_TEST_SUITE(validate)

struct Row {
  std::string_view patch;
  std::string_view told;  // "" for a valid Rollout
};

constexpr std::string_view blue_green = R"({"metadata": {"name": "web"}, "spec": {
  "selector": {"matchLabels": {"app": "web"}},
  "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "web:v1"}]}},
  "strategy": {"blueGreen": {"activeService": "a", "previewService": "b"}}}})";

constexpr std::string_view canary = R"({"metadata": {"name": "web"}, "spec": {
  "selector": {"matchLabels": {"app": "web"}},
  "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "web:v1"}]}},
  "strategy": {"canary": {"steps": [{"setWeight": 20}, {"pause": {}}]}}}})";

constexpr std::string_view routed = R"({"metadata": {"name": "web"}, "spec": {
  "selector": {"matchLabels": {"app": "web"}},
  "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "web:v1"}]}},
  "strategy": {"canary": {"canaryService": "c", "stableService": "s", "steps": [{"setWeight": 20}],
    "trafficRouting": {"plugins": {"argoproj-labs/gatewayAPI": {"httpRoute": "web"}}}}}}})";

std::string told_about(std::string_view valid, std::string_view patch) {
  kube::Mistakes unread;
  const auto rollout = decode_rollout(spoiled(valid, patch), unread);
  BOOST_TEST(kube::describe(unread) == "");
  return kube::describe(validate_rollout(*rollout));
}

template <std::size_t N>
void check(std::string_view valid, const Row (&rows)[N]) {
  for (const Row& row : rows) BOOST_TEST(told_about(valid, row.patch) == row.told, std::string(row.patch));
}

BOOST_AUTO_TEST_CASE(any_rollout) {
  const Row rows[] = {
      {R"({})", ""},
      {R"({"spec":{"replicas":0}})", ""},
      {R"({"spec":{"replicas":-1}})", "spec.replicas: Invalid value: -1: must be greater than or equal to 0"},
      {R"({"spec":{"selector":null}})", "spec.selector: Required value: Rollout has missing field '.spec.selector'"},
      {R"({"spec":{"selector":{"matchLabels":null}}})",
       "spec.selector: Invalid value: empty selector is invalid for deployment"},
      {R"({"spec":{"template":{"metadata":{"labels":{"app":"other"}}}}})",
       "spec.template.metadata.labels: Invalid value: {\"app\":\"other\"}: `selector` does not match template "
       "`labels`"},
      {R"({"spec":{"minReadySeconds":-1}})",
       "spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0"},
      {R"({"spec":{"revisionHistoryLimit":-1}})",
       "spec.revisionHistoryLimit: Invalid value: -1: must be greater than or equal to 0"},
      {R"({"spec":{"minReadySeconds":600}})",
       "spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds"},
      {R"({"spec":{"minReadySeconds":30,"progressDeadlineSeconds":30}})",
       "spec.progressDeadlineSeconds: Invalid value: 30: must be greater than minReadySeconds"},
      {R"({"spec":{"strategy":null}})",
       "spec.strategy.strategy: Required value: Rollout has missing field '.spec.strategy.canary or "
       ".spec.strategy.blueGreen'"},
      {R"({"spec":{"strategy":{"canary":{}}}})",
       "spec.strategy.strategy: Invalid value: \"blueGreen: true canary: true\": Multiple Strategies can not be "
       "listed"},
      {R"({"spec":{"analysis":{"successfulRunHistoryLimit":-1}}})",
       "spec.analysis.successfulRunHistoryLimit: Invalid value: -1: must be greater than or equal to 0"},
  };
  check(blue_green, rows);
}

BOOST_AUTO_TEST_CASE(blue_green_rollouts) {
  const Row rows[] = {
      {R"({"spec":{"strategy":{"blueGreen":{"previewService":null}}}})", ""},
      {R"({"spec":{"strategy":{"blueGreen":{"previewService":"a"}}}})",
       "spec.strategy.activeService: Invalid value: \"a\": This rollout uses the same service for the active and "
       "preview services, but two different services are required."},
      {R"({"spec":{"revisionHistoryLimit":1,"strategy":{"blueGreen":{"scaleDownDelayRevisionLimit":2}}}})",
       "spec.strategy.scaleDownDelayRevisionLimit: Invalid value: 2: This rollout's revision history limit can not be "
       "smaller than the rollout's scale down limit"},
      {R"({"spec":{"strategy":{"blueGreen":{"autoPromotionSeconds":-5}}}})",
       "spec.strategy.blueGreen.autoPromotionSeconds: Invalid value: -5: must be greater than or equal to 0"},
      {R"({"spec":{"strategy":{"blueGreen":{"previewReplicaCount":-5}}}})",
       "spec.strategy.blueGreen.previewReplicaCount: Invalid value: -5: must be greater than or equal to 0"},
      {R"({"spec":{"strategy":{"blueGreen":{"activeMetadata":{"labels":{"a":"b"}}}}}})", ""},
  };
  check(blue_green, rows);
}

BOOST_AUTO_TEST_CASE(canaries) {
  const Row rows[] = {
      {R"({})", ""},
      {R"({"spec":{"strategy":{"canary":{"maxSurge":0,"maxUnavailable":1}}}})", ""},
      {R"({"spec":{"strategy":{"canary":{"maxSurge":0,"maxUnavailable":0}}}})",
       "spec.strategy.maxSurge: Invalid value: 0: MaxSurge and MaxUnavailable both can not be zero"},
      {R"({"spec":{"strategy":{"canary":{"maxSurge":"0%","maxUnavailable":"0"}}}})",
       "spec.strategy.maxSurge: Invalid value: \"0%\": MaxSurge and MaxUnavailable both can not be zero"},
      {R"({"spec":{"strategy":{"canary":{"maxSurge":"some"}}}})",
       "spec.strategy.canary.maxSurge: Invalid value: \"some\": must be a whole number, or a percentage such as 25%"},
      {R"({"spec":{"strategy":{"canary":{"canaryService":"a","stableService":"a"}}}})",
       "spec.strategy.stableService: Invalid value: \"a\": This rollout uses the same service for the stable and "
       "canary "
       "services, but two different services are required."},
      {R"({"spec":{"strategy":{"canary":{"scaleDownDelaySeconds":30}}}})",
       "spec.strategy.scaleDownDelaySeconds: Invalid value: 30: Canary scaleDownDelaySeconds can only be used with "
       "traffic routing"},
      {R"({"spec":{"strategy":{"canary":{"trafficRouting":{}}}}})",
       "spec.strategy.canary.trafficRouting: Required value: name a router, such as plugins: argoproj-labs/gatewayAPI"},
      {R"({"spec":{"strategy":{"canary":{"analysis":{"startingStep":3}}}}})",
       "spec.strategy.canary.analysis.startingStep: Invalid value: 3: must be between 0 and the 2 steps"},
  };
  check(canary, rows);
}

BOOST_AUTO_TEST_CASE(defect_28_an_amount_that_is_none_is_refused) {
  const Row canaries[] = {
      {R"({"spec":{"strategy":{"canary":{"maxSurge":"25","maxUnavailable":"10%"}}}})", ""},
      {R"({"spec":{"strategy":{"canary":{"maxSurge":"2 pods"}}}})",
       "spec.strategy.canary.maxSurge: Invalid value: \"2 pods\": must be a whole number, or a percentage such as 25%"},
      {R"({"spec":{"strategy":{"canary":{"maxUnavailable":"-5%"}}}})",
       "spec.strategy.canary.maxUnavailable: Invalid value: \"-5%\": must be a whole number, or a percentage such as "
       "25%"},
      {R"({"spec":{"strategy":{"canary":{"maxUnavailable":-1}}}})",
       "spec.strategy.canary.maxUnavailable: Invalid value: -1: must be a whole number, or a percentage such as 25%"},
  };
  check(canary, canaries);
  const Row blue_greens[] = {
      {R"({"spec":{"strategy":{"blueGreen":{"maxUnavailable":"10%"}}}})", ""},
      {R"({"spec":{"strategy":{"blueGreen":{"maxUnavailable":"few"}}}})",
       "spec.strategy.blueGreen.maxUnavailable: Invalid value: \"few\": must be a whole number, or a percentage such "
       "as "
       "25%"},
  };
  check(blue_green, blue_greens);
}

BOOST_AUTO_TEST_CASE(steps) {
  const Row rows[] = {
      {R"([{"pause":{"duration":10}},{"pause":{"duration":"10"}},{"pause":{"duration":"1h30m"}}])", ""},
      {R"([{"setWeight":101}])",
       "spec.strategy.steps[0].setWeight: Invalid value: 101: SetWeight needs to be between 0 and 100"},
      {R"([{"pause":{}},{"setWeight":-1}])",
       "spec.strategy.steps[1].setWeight: Invalid value: -1: SetWeight needs to be between 0 and 100"},
      {R"([{}])",
       "spec.strategy.steps[0]: Invalid value: Step must have one of the following set: experiment, setWeight, "
       "setCanaryScale, plugin or pause"},
      {R"([{"setWeight":1,"pause":{}}])",
       "spec.strategy.steps[0]: Invalid value: Step must have one of the following set: experiment, setWeight, "
       "setCanaryScale, plugin or pause"},
      {R"([{"pause":{"duration":-1}}])",
       "spec.strategy.steps[0].pause.duration: Invalid value: -1: Duration needs to be greater than 0"},
      {R"([{"pause":{"duration":"1d"}}])",
       "spec.strategy.steps[0].pause.duration: Invalid value: \"1d\": Duration needs to be greater than 0"},
      {R"([{"setCanaryScale":{"replicas":1}},{"setCanaryScale":{"weight":1}}])",
       "spec.strategy.trafficRouting: Required value: SetCanaryScale requires TrafficRouting to be set"},
      {R"([{"analysis":{"templates":[{"templateName":"t"}],"args":[{"name":"a","valueFrom":{"fieldRef":
          {"fieldPath":"metadata.labels['x']"}}}]}}])",
       ""},
      {R"([{"analysis":{"templates":[{"templateName":"t"}],"args":[{"name":"a","valueFrom":{"fieldRef":
          {"fieldPath":"metadata.labels.x"}}}]}}])",
       "spec.strategy.steps[0].analyses: Invalid value: \"metadata.labels.x\": Analyses arguments must refer to valid "
       "object metadata supported by downwardAPI"},
      {R"([{"plugin":{"name":"p"}}])",
       "spec.strategy.canary.steps[0].plugin: Forbidden: step plugins are not run by this version; use an analysis "
       "step "
       "with a Job"},
  };
  for (const Row& row : rows) {
    const std::string patch = R"({"spec":{"strategy":{"canary":{"steps":)" + std::string(row.patch) + "}}}}";
    BOOST_TEST(told_about(canary, patch) == row.told, patch);
  }
}

BOOST_AUTO_TEST_CASE(routed_canaries) {
  const Row rows[] = {
      {R"({})", ""},
      {R"({"spec":{"strategy":{"canary":{"steps":[{"setCanaryScale":{"weight":150}}],"scaleDownDelaySeconds":5}}}})",
       ""},
      {R"({"spec":{"strategy":{"canary":{"stableService":null}}}})",
       "spec.strategy.stableService: Invalid value: \"\": Canary service and Stable service must to be set to use "
       "Traffic Routing"},
      {R"({"spec":{"strategy":{"canary":{"steps":[{"setCanaryScale":{"weight":-1}}]}}}})",
       "spec.strategy.steps[0].setCanaryScale.weight: Invalid value: -1: must be greater than or equal to 0"},
      {R"({"spec":{"strategy":{"canary":{"trafficRouting":{"plugins":{"other/router":{}}}}}}})",
       "spec.strategy.canary.trafficRouting.plugins.other/router: Forbidden: this version drives "
       "argoproj-labs/gatewayAPI only"},
      {R"({"spec":{"strategy":{"canary":{"dynamicStableScale":true,"scaleDownDelaySeconds":1}}}})",
       "spec.strategy.dynamicStableScale: Invalid value: true: Canary dynamicStableScale cannot be used with "
       "scaleDownDelaySeconds"},
      {R"({"spec":{"strategy":{"canary":{"replicaProgressThreshold":{"type":"Percent","value":101}}}}})",
       "spec.strategy.canary.replicaProgressThreshold.value: Invalid value: 101: must be between 0 and 100 when the "
       "type is Percent"},
      {R"({"spec":{"strategy":{"canary":{"minPodsPerReplicaSet":-1}}}})",
       "spec.strategy.canary.minPodsPerReplicaSet: Invalid value: -1: must be greater than or equal to 0"},
      {R"({"spec":{"workloadRef":{"apiVersion":"apps/v1","kind":"StatefulSet","name":"web","scaleDown":"often"}}})",
       "spec.workloadRef: Invalid value: \"StatefulSet\": workload of type apps/StatefulSet is not supported; "
       "spec.workloadRef.scaleDown: Invalid value: \"often\": must be one of never, onsuccess and progressively; "
       "spec.template: Internal error: template must be empty for workload reference rollout"},
      {R"({"spec":{"strategy":{"canary":{"pingPong":{"pingService":"p","pongService":"p"}}}}})",
       "spec.strategy.pingPong.pingService: Invalid value: \"p\": This rollout uses the same service for the ping and "
       "pong services, but two different services are required."},
      {R"({"spec":{"strategy":{"canary":{"trafficRouting":{"maxTrafficWeight":1000}}}}})", ""},
      {R"({"spec":{"strategy":{"canary":{"trafficRouting":{"maxTrafficWeight":1000,
          "istio":{"virtualService":{"name":"v"}}}}}}})",
       "spec.strategy.trafficRouting.maxTrafficWeight: Invalid value: 1000: the weights of Istio and ALB always sum to "
       "100"},
  };
  check(routed, rows);
}

BOOST_AUTO_TEST_CASE(routes_made_by_steps) {
  const Row rows[] = {
      {R"({"setHeaderRoute":{"name":"h","match":[{"headerName":"x","headerValue":{"exact":"1"}}]}})", ""},
      {R"({"setHeaderRoute":{"name":"h","match":[{"headerName":"x","headerValue":{}}]}})",
       "spec.strategy.steps[0].setHeaderRoute.match[0]: Invalid value: StringMatch value missed, match value must have "
       "one of the following: exact, regex, prefix"},
      {R"({"setHeaderRoute":{"name":"h","match":[{"headerName":"x","headerValue":{"exact":"1","regex":"2"}}]}})",
       "spec.strategy.steps[0].setHeaderRoute.match[0]: Invalid value: StringMatch match value must have exactly one "
       "of "
       "the following: exact, regex, prefix"},
      {R"({"setHeaderRoute":{"name":"other"}})",
       "spec.strategy.steps[0].setHeaderRoute: Invalid value: \"other\": Steps define a route that does not exist in "
       "spec.strategy.canary.trafficRouting.managedRoutes"},
      {R"({"setMirrorRoute":{"name":"h","match":[{"headers":{"x":{}}}]}})",
       "spec.strategy.steps[0].setMirrorRoute.match[0]: Invalid value: StringMatch value missed, match value must have "
       "one of the following: exact, regex, prefix"},
  };
  for (const Row& row : rows) {
    const std::string patch = R"({"spec":{"strategy":{"canary":{"trafficRouting":{"managedRoutes":[{"name":"h"}]},)"
                              R"("steps":[)" +
                              std::string(row.patch) + "]}}}}";
    BOOST_TEST(told_about(routed, patch) == row.told, patch);
  }
}

BOOST_AUTO_TEST_CASE(edge_68_pod_templates) {
  const Row rows[] = {
      {R"({"containers":null})", "spec.template.spec.containers: Required value"},
      {R"({"containers":[{"image":"a"}]})", "spec.template.spec.containers[0].name: Required value"},
      {R"({"containers":[{"name":"a"}]})", "spec.template.spec.containers[0].image: Required value"},
      {R"({"containers":[{"name":"a","image":"i"},{"name":"a","image":"i"}]})",
       "spec.template.spec.containers[1].name: Duplicate value: \"a\""},
      {R"({"restartPolicy":"Never"})",
       "spec.template.spec.restartPolicy: Unsupported value: \"Never\": supported values: \"Always\""},
      {R"({"activeDeadlineSeconds":1})",
       "spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicaSet is not Supported"},
      {R"({"containers":[{"name":"a","image":"i","ports":[{"containerPort":70000}]}]})",
       "spec.template.spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, "
       "inclusive"},
      {R"({"containers":[{"name":"a","image":"i","volumeMounts":[{"name":"v","mountPath":"/v"}]}]})",
       "spec.template.spec.containers[0].volumeMounts[0].name: Not found: \"v\""},
      {R"({"volumes":[{"name":"v"}],
           "containers":[{"name":"a","image":"i","volumeMounts":[{"name":"v","mountPath":"/v"}]}]})",
       ""},
      {R"({"containers":[{"name":"a","image":"i","resources":{"limits":{"cpu":"1"},"requests":{"cpu":"2"}}}]})",
       "spec.template.spec.containers[0].resources.requests: Invalid value: \"2\": must be less than or equal to cpu "
       "limit of 1"},
      {R"({"containers":[{"name":"a","image":"i","securityContext":{"privileged":true}}]})", ""},
  };
  for (const Row& row : rows) {
    const std::string patch = R"({"spec":{"template":{"spec":)" + std::string(row.patch) + "}}}";
    BOOST_TEST(told_about(canary, patch) == row.told, patch);
  }
}

BOOST_AUTO_TEST_CASE(all_mistakes_are_told_at_once_and_the_first_is_that_of_the_reference) {
  kube::Mistakes unread;
  const auto rollout =
      decode_rollout(spoiled(canary, R"({"spec":{"replicas":-1,"strategy":{"canary":{"maxSurge":0,"maxUnavailable":0,
                          "steps":[{"setWeight":150},{"plugin":{"name":"p"}}]}}}})"),
                     unread);
  BOOST_TEST(invalid_spec_message("web", validate_rollout(*rollout)) ==
             "The Rollout \"web\" is invalid: "
             "spec.replicas: Invalid value: -1: must be greater than or equal to 0; "
             "spec.strategy.maxSurge: Invalid value: 0: MaxSurge and MaxUnavailable both can not be zero; "
             "spec.strategy.steps[0].setWeight: Invalid value: 150: SetWeight needs to be between 0 and 100; "
             "spec.strategy.canary.steps[1].plugin: Forbidden: step plugins are not run by this version; use an "
             "analysis step with a Job");
}

// What the reference took is taken here, unless it needs a field that this version does not act on.
BOOST_AUTO_TEST_CASE(recorded_rollouts_are_valid_or_refused) {
  int valid = 0;
  for (const json::value& object : trace_data("traces/objects.jsonl")) {
    if (object.at("kind") != "Rollout") continue;
    if (kube::text_at(object, {"metadata", "namespace"}) == "invalid-spec-then-fixed") continue;
    kube::Mistakes mistakes;
    const auto rollout = decode_rollout(object, mistakes);
    mistakes = validate_rollout(*rollout);
    valid += mistakes.empty();
    std::erase_if(mistakes, [](const kube::Mistake& mistake) { return mistake.message.starts_with("Forbidden"); });
    BOOST_TEST(kube::describe(mistakes) == "", json::serialize(object.at("spec")));
  }
  BOOST_TEST(valid > 20);
}

// What the reference said about invalid Rollouts is the first that is said here.
BOOST_AUTO_TEST_CASE(recorded_messages_are_reproduced) {
  const RolloutReferences nothing{[](const std::string&) { return nullptr; },
                                  [](const std::string&, bool) { return nullptr; }};
  int reproduced = 0;
  for (const json::value& row : trace_data("traces/invalid_rollouts.jsonl")) {
    kube::Mistakes mistakes;
    const auto rollout = decode_rollout(row.at("rollout"), mistakes);
    mistakes = validate_rollout(*rollout);
    if (mistakes.empty()) mistakes = validate_references(*rollout, nothing);
    BOOST_REQUIRE(!mistakes.empty());
    mistakes.resize(1);
    BOOST_TEST(invalid_spec_message("web", mistakes) == std::string(row.at("message").as_string()));
    ++reproduced;
  }
  BOOST_TEST(reproduced == 4);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::crds
