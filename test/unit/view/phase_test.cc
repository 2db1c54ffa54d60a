// How a rollout is doing, as a client sees it.
#include "view/phase.h"

#include <boost/test/unit_test.hpp>

#include "view/rollout_view.h"

namespace sluice::view {
namespace {

// Healthy, and its newest generation was seen; each test spoils one thing.
crds::Rollout healthy() {
  crds::Rollout rollout;
  rollout.meta.name = "web";
  rollout.meta.generation = 3;
  rollout.status.observed_generation = "3";
  rollout.status.phase = "Healthy";
  return rollout;
}

crds::Rollout with_steps(int index) {
  crds::CanaryStep weight;
  weight.set_weight = 20;
  crds::CanaryStep pause;
  pause.pause.emplace();
  auto spec = std::make_shared<crds::RolloutSpec>();
  spec->strategy.canary.emplace().steps = crds::CanarySteps({weight, pause});
  crds::Rollout rollout = healthy();
  rollout.spec = spec;
  rollout.status.current_step_index = index;
  return rollout;
}

BOOST_AUTO_TEST_CASE(the_stored_phase_counts) { BOOST_TEST(phase_of(healthy()).text() == "Healthy"); }

BOOST_AUTO_TEST_CASE(a_new_generation_is_not_judged_by_the_old_phase) {
  crds::Rollout rollout = healthy();
  rollout.meta.generation = 4;
  BOOST_TEST(phase_of(rollout).text() == "Progressing - waiting for rollout spec update to be observed");
}

BOOST_AUTO_TEST_CASE(an_old_hash_as_generation_counts_as_observed) {
  crds::Rollout rollout = healthy();
  rollout.status.observed_generation = "7c9885cb4d";
  BOOST_TEST(phase_of(rollout).phase == "Healthy");
}

BOOST_AUTO_TEST_CASE(a_resumed_rollout_waits_for_the_controller) {
  crds::Rollout rollout = healthy();
  rollout.status.controller_pause = true;
  BOOST_TEST(phase_of(rollout).text() == "Progressing - waiting for rollout to unpause");
}

BOOST_AUTO_TEST_CASE(the_weight_of_the_last_step_before_counts) {
  BOOST_TEST(set_weight_of(with_steps(0)).value() == 20);
  BOOST_TEST(set_weight_of(with_steps(1)).value() == 20);
  BOOST_TEST(set_weight_of(with_steps(2)).value() == 100);
  BOOST_TEST(step_of(with_steps(1)) == "1/2");
}

BOOST_AUTO_TEST_CASE(an_aborted_canary_has_no_weight) {
  crds::Rollout rollout = with_steps(0);
  rollout.status.abort = true;
  BOOST_TEST(set_weight_of(rollout).value() == 0);
}

BOOST_AUTO_TEST_CASE(signs_tell_good_from_bad) {
  BOOST_TEST(pod_icon("Running") == "✔");
  BOOST_TEST(pod_icon("CrashLoopBackOff") == "✖");
  BOOST_TEST(pod_icon("ErrImagePull") == "⚠");
  BOOST_TEST(pod_icon("ContainerCreating") == "◌");
  BOOST_TEST(rollout_icon("Degraded") == "✖");
  BOOST_TEST(analysis_icon("Inconclusive") == "?");
}

}  // namespace
}  // namespace sluice::view
