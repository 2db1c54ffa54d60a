// What is planned for a canary, and how it is said.
#include "kubectl/exposure.h"

#include <cmath>
#include <limits>

#include <boost/test/unit_test.hpp>

namespace sluice::kubectl {
namespace {

ExposureQuestion question_of(double rps, double share) {
  ExposureQuestion question;
  question.rps = rps;
  question.shares = {share};
  question.base_rate = .003;
  question.effects = {2, 3};
  crds::Metric metric;
  metric.compare.obtain().kind = "errorRate";
  question.settings = analysis::compare::settings_of(metric, .01);
  return question;
}

BOOST_AUTO_TEST_SUITE(exposure)

BOOST_AUTO_TEST_CASE(times_are_those_of_the_formula) {
  const ExposurePlan plan = plan_exposure(question_of(100, .1));
  BOOST_REQUIRE(plan.rows.size() == 3u);
  BOOST_TEST(std::abs(plan.rows[0].typical - 1487) < 15);  // 2x
  BOOST_TEST(std::abs(plan.rows[1].typical - 419) < 5);    // 3x
  BOOST_TEST(plan.rows[1].sure == 570);
  BOOST_TEST(plan.rows[1].canary_requests == 5700);
  BOOST_TEST(std::abs(plan.rows[2].typical - 1408) < 15);  // a pass
  BOOST_TEST(plan.promised[0] < 2.1);
  // No verdict comes before the least number of blocks.
  ExposureQuestion large = question_of(1e6, .5);
  large.effects = {100};
  BOOST_TEST(plan_exposure(large).rows[0].sure >= 90);
}

BOOST_AUTO_TEST_CASE(too_little_traffic_is_told_in_words) {
  ExposureQuestion question = question_of(.5, .01);
  question.duration = 120;
  const ExposurePlan plan = plan_exposure(question);
  BOOST_TEST(std::isinf(plan.promised[0]));
  const std::string text = exposure_text(plan);
  BOOST_TEST(text.find("At 1 % the gate promises nothing within its 2m: raise the share") != std::string::npos, text);
  BOOST_TEST(text.find("~0 %") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_table_of_the_plan) {
  const std::string text = exposure_text(plan_exposure(question_of(100, .1)));
  BOOST_TEST(
      text ==
          "100 requests/s, 0.3 % of them bad in the stable version; alpha 1 %, beta 5 %, tolerance 1.25x, blocks of "
          "30s\n\n"
          "SHARE  CANARY     VERDICT               TYPICALLY AFTER  80 % SURE AFTER  CANARY REQUESTS  WITHIN 30m\n"
          "10 %   2x as bad  fails                 25m              34m              20k              ~70 %\n"
          "10 %   3x as bad  fails                 7m               10m              5700             ~100 %\n"
          "10 %   healthy    passes (2x excluded)  23m              28m              17k              ~90 %\n"
          "\n"
          "At 10 % the gate finds regressions of 2.1x and more within its 30m.\n"
          "These are times for errors that come one by one; where they come in bursts, expect 2 to 3 times as "
          "long.\n",
      text);
}

BOOST_AUTO_TEST_CASE(times_read_well) {
  BOOST_TEST(exposure_time(90) == "90s");
  BOOST_TEST(exposure_time(1500) == "25m");
  BOOST_TEST(exposure_time(15120) == "4.2h");
  BOOST_TEST(exposure_time(std::numeric_limits<double>::infinity()) == "never");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::kubectl
