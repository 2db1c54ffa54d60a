// The expected winnings of one block under the null, added up over all outcomes: never above 0.
#include <cmath>

#include <boost/test/unit_test.hpp>

#include "analysis/sequential/share_engine.h"

namespace sluice::sequential_test {
namespace {

using analysis::sequential::Block;
using analysis::sequential::ShareFailTest;

std::vector<double> poisson(double mean) {
  std::vector<double> weights;
  const int most = static_cast<int>(mean + 14 * std::sqrt(mean) + 30);
  for (int k = 0; k <= most; ++k) weights.push_back(std::exp(k * std::log(mean) - mean - std::lgamma(k + 1.0)));
  return weights;
}

// The expectation of f over independent Poisson counts of the two arms.
template <class F>
double expectation(double canary_mean, double baseline_mean, F f) {
  const std::vector<double> canary = poisson(canary_mean);
  const std::vector<double> baseline = poisson(baseline_mean);
  double sum = 0;
  for (std::size_t x = 0; x < canary.size(); ++x)
    for (std::size_t y = 0; y < baseline.size(); ++y)
      sum += canary[x] * baseline[y] * f(static_cast<double>(x), static_cast<double>(y));
  return sum;
}

BOOST_AUTO_TEST_SUITE(exactness)

BOOST_AUTO_TEST_CASE(the_fail_side_is_fair_or_worse_under_its_null) {
  double worst = -1;
  for (const double share : {.02, .05, .1, .25, .5, .8})
    for (const double requests : {300.0, 1000.0, 3000.0})
      for (const double rate : {.0005, .003, .02})
        for (const double tolerance : {1.0, 1.25, 2.0})
          for (const double factor : {1.0, 4.0, 9.0, 99.0})
            for (const double delta : {0.0, .0005}) {
              const double canary = requests * share;
              const double baseline = requests - canary;
              const double expected =
                  expectation(canary * (tolerance * rate + delta), baseline * rate, [&](double x, double y) {
                    return winnings(ShareFailTest{tolerance, delta, factor}, Block{canary, x, baseline, y});
                  });
              worst = std::max(worst, expected);
              BOOST_TEST(expected <= 1e-12, share << " " << requests << " " << rate << " " << tolerance << " " << factor
                                                  << " " << delta << ": " << expected);
            }
  BOOST_TEST_MESSAGE("largest expectation " << worst);
}

BOOST_AUTO_TEST_CASE(the_pass_side_is_fair_under_its_null) {
  for (const double share : {.02, .05, .1, .25, .5, .8})
    for (const double requests : {300.0, 1000.0, 3000.0})
      for (const double rate : {.0005, .003, .02})
        for (const double effect : {1.5, 2.0, 5.0}) {
          const double canary = requests * share;
          const double baseline = requests - canary;
          const double expected = expectation(canary * effect * rate, baseline * rate, [&](double x, double y) {
            return analysis::sequential::pass_winnings(effect, Block{canary, x, baseline, y});
          });
          BOOST_TEST(expected <= 1e-12, share << " " << requests << " " << rate << " " << effect << ": " << expected);
        }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::sequential_test
