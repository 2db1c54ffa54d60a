// Reading the steps of a canary at an index.
#include "controller/steps.h"

#include <boost/test/unit_test.hpp>

#include "model_cluster.h"

namespace sluice::controller::test {
namespace {

crds::CanaryStep scale_step(crds::SetCanaryScale scale) {
  crds::CanaryStep step;
  step.set_canary_scale = scale;
  return step;
}

crds::PauseStep pause_of(kube::IntOrString duration) {
  crds::PauseStep pause;
  pause.duration = std::move(duration);
  return pause;
}

BOOST_AUTO_TEST_SUITE(steps)

BOOST_AUTO_TEST_CASE(the_weight_is_that_of_the_last_step_that_sets_one) {
  const crds::CanarySteps steps({pause_step(), weight_step(20), pause_step(), weight_step(60)});
  const int wanted[] = {0, 20, 20, 60, 100, 100};
  for (int index = 0; index < 6; ++index) BOOST_TEST(weight_at(steps, index, 100) == wanted[index]);
  BOOST_TEST(weight_at({}, 0, 100) == 100);
}

BOOST_AUTO_TEST_CASE(a_scale_lasts_until_it_is_cancelled) {
  const crds::CanarySteps steps({scale_step({.replicas = 3}), weight_step(20),
                                 scale_step({.match_traffic_weight = true}), scale_step({.weight = 50})});
  BOOST_TEST(*canary_scale_at(steps, 0)->replicas == 3);
  BOOST_TEST(*canary_scale_at(steps, 1)->replicas == 3);
  BOOST_TEST(!canary_scale_at(steps, 2));
  BOOST_TEST(*canary_scale_at(steps, 3)->weight == 50);
  BOOST_TEST(!canary_scale_at(steps, 4));
}

BOOST_AUTO_TEST_CASE(an_index_stays_within_the_steps) {
  const crds::CanarySteps steps({weight_step(20)});
  crds::RolloutStatus status;
  BOOST_TEST(step_index(status, steps) == 0);
  status.current_step_index = 7;
  BOOST_TEST(step_index(status, steps) == 1);
  status.current_step_index = -1;
  BOOST_TEST(step_index(status, steps) == 0);
  BOOST_TEST(!step_at(steps, 1));
}

BOOST_AUTO_TEST_CASE(durations_are_seconds_or_go_durations) {
  using kube::seconds;
  BOOST_TEST((duration_of(pause_of({std::int64_t{90}})) == seconds(90)));
  BOOST_TEST((duration_of(pause_of({std::string("90")})) == seconds(90)));
  BOOST_TEST((duration_of(pause_of({std::string("1h30m")})) == seconds(5400)));
  BOOST_TEST((duration_of(pause_of({std::int64_t{0}})) == seconds(0)));
  BOOST_TEST(!duration_of(pause_of({std::string("soon")})).has_value());
  BOOST_TEST(!duration_of(crds::PauseStep{}).has_value());
  BOOST_TEST((*duration_of(pause_of({std::int64_t{9'000'000'000'000'000'000}})) > seconds(1)));
}

BOOST_AUTO_TEST_CASE(events_name_steps_as_the_reference_does) {
  BOOST_TEST(text_of(weight_step(20)) == "setWeight: 20");
  BOOST_TEST(text_of(pause_step()) == "pause");
  BOOST_TEST(text_of(pause_step(30)) == "pause: 30");
  BOOST_TEST(text_of(analysis_step("success")) == "analysis");
  BOOST_TEST(text_of(scale_step({.weight = 25})) == "setCanaryScale{weight: 25}");
  BOOST_TEST(text_of(scale_step({.replicas = 3})) == "setCanaryScale{replicas: 3}");
  BOOST_TEST(text_of(scale_step({.match_traffic_weight = true})) == "setCanaryScale{matchTrafficWeight: true}");
  BOOST_TEST(text_of({}) == "invalid");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::controller::test
