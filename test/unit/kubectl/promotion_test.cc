// What `promote` writes, case by case.
#include "kubectl/promotion.h"

#include <functional>

#include <boost/test/unit_test.hpp>

namespace sluice::kubectl {
namespace {

// Paused by the controller at the first of two steps.
crds::Rollout paused_at_first_step() {
  crds::CanaryStep weight;
  weight.set_weight = 20;
  crds::CanaryStep pause;
  pause.pause.emplace();
  auto spec = std::make_shared<crds::RolloutSpec>();
  spec->strategy.canary.emplace().steps = crds::CanarySteps({weight, pause});
  crds::Rollout rollout;
  rollout.spec = spec;
  rollout.status.current_step_index = 1;
  rollout.status.controller_pause = true;
  rollout.status.pause_conditions.push_back({"CanaryPauseStep", {}});
  rollout.status.current_pod_hash = "new";
  rollout.status.stable_rs = "old";
  return rollout;
}

crds::Rollout with_spec(crds::Rollout rollout, const std::function<void(crds::RolloutSpec&)>& change) {
  auto spec = std::make_shared<crds::RolloutSpec>(*rollout.spec);
  change(*spec);
  rollout.spec = spec;
  return rollout;
}

BOOST_AUTO_TEST_CASE(a_pause_is_ended) {
  const Promotion promotion = plan_promotion(paused_at_first_step(), PromoteMode::one_step);
  BOOST_TEST(promotion.status == R"({"status":{"pauseConditions":null}})");
  BOOST_TEST(promotion.spec == "");
}

BOOST_AUTO_TEST_CASE(without_a_pause_the_next_step_is_taken) {
  crds::Rollout rollout = paused_at_first_step();
  rollout.status.pause_conditions.clear();
  rollout.status.current_step_index = 0;
  BOOST_TEST(plan_promotion(rollout, PromoteMode::one_step).status ==
             R"({"status":{"pauseConditions":null,"currentStepIndex":1}})");
}

BOOST_AUTO_TEST_CASE(the_index_never_passes_the_last_step) {
  crds::Rollout rollout = paused_at_first_step();
  rollout.status.pause_conditions.clear();
  rollout.status.current_step_index = 2;
  BOOST_TEST(plan_promotion(rollout, PromoteMode::one_step).status ==
             R"({"status":{"pauseConditions":null,"currentStepIndex":2}})");
}

BOOST_AUTO_TEST_CASE(an_inconclusive_analysis_is_stepped_over) {
  crds::Rollout rollout = paused_at_first_step();
  rollout.status.current_step_index = 0;
  rollout.status.canary.current_step_analysis_run_status = crds::AnalysisRunSummary{"run", "Inconclusive", ""};
  BOOST_TEST(plan_promotion(rollout, PromoteMode::one_step).status ==
             R"({"status":{"pauseConditions":null,"controllerPause":false,"currentStepIndex":1}})");
}

BOOST_AUTO_TEST_CASE(a_manual_pause_is_taken_back_too) {
  const crds::Rollout rollout = with_spec(paused_at_first_step(), [](crds::RolloutSpec& spec) { spec.paused = true; });
  BOOST_TEST(plan_promotion(rollout, PromoteMode::one_step).spec == R"({"spec":{"paused":false}})");
}

BOOST_AUTO_TEST_CASE(full_promotes_what_is_not_stable_yet) {
  BOOST_TEST(plan_promotion(paused_at_first_step(), PromoteMode::full).status == R"({"status":{"promoteFull":true}})");
}

BOOST_AUTO_TEST_CASE(full_writes_nothing_when_all_is_stable) {
  crds::Rollout rollout = paused_at_first_step();
  rollout.status.stable_rs = rollout.status.current_pod_hash;
  BOOST_TEST(plan_promotion(rollout, PromoteMode::full).status == "");
}

BOOST_AUTO_TEST_CASE(steps_of_a_blue_green_rollout_cannot_be_skipped) {
  const crds::Rollout rollout = with_spec(paused_at_first_step(), [](crds::RolloutSpec& spec) {
    spec.strategy.canary.reset();
    spec.strategy.blue_green.emplace();
  });
  BOOST_TEST(plan_promotion(rollout, PromoteMode::skip_current_step).refusal != "");
  BOOST_TEST(plan_promotion(rollout, PromoteMode::one_step).status == R"({"status":{"pauseConditions":null}})");
}

}  // namespace
}  // namespace sluice::kubectl
