// What an idle Rollout costs to keep.
#include <malloc.h>
#include <memory>
#include <string>
#include <vector>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "crds/decode.h"
#include "crds/rollout.h"
#include "kube/json.h"

namespace sluice::crds {
namespace {

// A canary that has come to rest, as the reference leaves it behind; every name is one of its own.
std::string idle_rollout(int number) {
  std::string text = R"({"apiVersion":"argoproj.io/v1alpha1","kind":"Rollout","metadata":{"name":"web-#",
    "namespace":"shop-#","uid":"3a09a37e-d14d-4dc5-9019-46bdd85b#","resourceVersion":"15738#","generation":3,
    "creationTimestamp":"2026-11-21T13:55:26Z","annotations":{"rollout.argoproj.io/revision":"2",
    "kubectl.kubernetes.io/last-applied-configuration":"a long text that nobody reads"}},
    "spec":{"replicas":10,"selector":{"matchLabels":{"app":"web-#"}},
    "strategy":{"canary":{"canaryService":"web-#-canary","stableService":"web-#-stable","maxSurge":1,"maxUnavailable":0,
    "steps":[{"setWeight":20},{"pause":{}},{"setWeight":50},{"pause":{"duration":"3s"}},{"setWeight":80},{"pause":{}}]}},
    "template":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"app","image":"web:v1"}]}}},
    "status":{"HPAReplicas":10,"availableReplicas":10,"blueGreen":{},"canary":{},"conditions":[
    {"lastTransitionTime":"2026-11-21T13:55:28Z","lastUpdateTime":"2026-11-21T13:55:28Z","message":"Rollout has minimum availability","reason":"AvailableReason","status":"True","type":"Available"},
    {"lastTransitionTime":"2026-11-21T13:55:53Z","lastUpdateTime":"2026-11-21T13:55:53Z","message":"Rollout is paused","reason":"RolloutPaused","status":"False","type":"Paused"},
    {"lastTransitionTime":"2026-11-21T13:55:57Z","lastUpdateTime":"2026-11-21T13:55:57Z","message":"RolloutCompleted","reason":"RolloutCompleted","status":"True","type":"Completed"},
    {"lastTransitionTime":"2026-11-21T13:55:57Z","lastUpdateTime":"2026-11-21T13:55:57Z","message":"Rollout is healthy","reason":"RolloutHealthy","status":"True","type":"Healthy"},
    {"lastTransitionTime":"2026-11-21T13:55:53Z","lastUpdateTime":"2026-11-21T13:55:57Z","message":"ReplicaSet \"web-#-cc8fcbc87\" has successfully progressed.","reason":"NewReplicaSetAvailable","status":"True","type":"Progressing"}],
    "currentPodHash":"cc8fcbc87","currentStepHash":"5c9cb76b5b","currentStepIndex":6,"duration":{"completionStatus":"Promoted",
    "finishedAt":"2026-11-21T13:55:57Z","rolloutStartedAt":"2026-11-21T13:55:30Z","totalManualPauseDurationSeconds":4},
    "observedGeneration":"3","phase":"Healthy","readyReplicas":10,"replicas":10,"selector":"app=web-#","stableRS":"cc8fcbc87",
    "updatedReplicas":10}})";
  for (std::size_t at = text.find('#'); at != std::string::npos; at = text.find('#', at))
    text.replace(at, 1, std::to_string(1000 + number));
  return text;
}

BOOST_AUTO_TEST_CASE(an_idle_rollout_costs_little_memory) {
  constexpr int count = 2000;
  std::vector<std::shared_ptr<const Rollout>> kept;
  kept.reserve(count);
  kube::Mistakes mistakes;
  kept.push_back(decode_rollout(kube::parse_json(idle_rollout(0)).value(), mistakes));
  const std::size_t before = mallinfo2().uordblks;
  for (int number = 1; number < count; ++number)
    kept.push_back(decode_rollout(kube::parse_json(idle_rollout(number)).value(), mistakes));
  const std::size_t each = (mallinfo2().uordblks - before) / (count - 1);
  BOOST_TEST(kube::describe(mistakes) == "");
  BOOST_TEST_MESSAGE("bytes of an idle Rollout: " << each);
  BOOST_TEST(each <= 2048u);
}

}  // namespace
}  // namespace sluice::crds
