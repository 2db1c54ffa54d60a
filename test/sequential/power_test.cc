// What is planned before a rollout, against the table of the formula and the simulated rates.
#include "analysis/sequential/power.h"

#include <cmath>

#include <boost/test/unit_test.hpp>

namespace sluice::sequential_test {
namespace {

using namespace analysis::sequential;

Plan plan_of(double rps, double share, double ratio) {
  Plan plan;
  plan.canary_requests = rps * share * 30;
  plan.baseline_requests = rps * (1 - share) * 30;
  plan.base_rate = .003;
  plan.true_ratio = ratio;
  return plan;
}

BOOST_AUTO_TEST_SUITE(power)

BOOST_AUTO_TEST_CASE(the_formula_gives_the_rates_of_the_table) {
  const struct {
    double rps, share, ratio, expected;
  } rows[] = {{10, .1, 6.7, .65}, {100, .05, 3, .46},  {100, .1, 2, .20},
              {100, .1, 3, .86},  {1000, .05, 2, .71}, {1000, .1, 2, .86}};
  for (const auto& row : rows) {
    const double got = power_of(Side::fail, plan_of(row.rps, row.share, row.ratio)).probability_within(20);
    BOOST_TEST(std::abs(got - row.expected) <= .01, row.rps << " x " << row.share << ": " << got);
  }
}

BOOST_AUTO_TEST_CASE(more_time_more_traffic_and_larger_effects_are_never_worse) {
  double before = 0;
  for (const double blocks : {1.0, 5.0, 20.0, 80.0, 320.0}) {
    const double now = power_of(Side::fail, plan_of(100, .1, 2)).probability_within(blocks);
    BOOST_TEST(now >= before);
    before = now;
  }
  BOOST_TEST(power_of(Side::fail, plan_of(1000, .1, 2)).typical_blocks <
             power_of(Side::fail, plan_of(100, .1, 2)).typical_blocks);
  BOOST_TEST(power_of(Side::fail, plan_of(100, .1, 3)).typical_blocks <
             power_of(Side::fail, plan_of(100, .1, 2)).typical_blocks);
}

BOOST_AUTO_TEST_CASE(what_is_promised_is_kept) {
  const Plan plan = plan_of(100, .1, 2);
  const double ratio = ratio_caught(plan, 20, .8);
  Plan caught = plan;
  caught.true_ratio = ratio;
  BOOST_TEST(power_of(Side::fail, caught).probability_within(20) >= .8);
  caught.true_ratio = ratio * .95;
  BOOST_TEST(power_of(Side::fail, caught).probability_within(20) < .8);
  const Power power = power_of(Side::fail, plan);
  const double blocks = blocks_for(power, .8);
  BOOST_TEST(power.probability_within(blocks) >= .8);
  BOOST_TEST(power.probability_within(blocks - 2) < .8);
}

BOOST_AUTO_TEST_CASE(a_harmless_canary_is_never_planned_to_fail) {
  BOOST_TEST(std::isinf(power_of(Side::fail, plan_of(100, .1, 1)).typical_blocks));
  BOOST_TEST(std::isinf(blocks_for(power_of(Side::fail, plan_of(100, .1, .5)), .8)));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::sequential_test
