// Comparisons of latency and of means by simulation: false alarms, and how soon a slowdown is found.
#include <algorithm>
#include <cmath>

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "test/sequential/random.h"
#include "test/sequential/rollouts.h"

namespace sluice::sequential_test {
namespace {

using analysis::compare::Arm;
using analysis::compare::Kind;
using analysis::compare::Measured;
using analysis::compare::Settings;
using analysis::compare::State;
using analysis::compare::Verdict;

const kube::Time epoch{std::chrono::hours{24}};

double below(double z) { return std::erfc(-z / std::sqrt(2.0)) / 2; }

// Buckets of log-normal latencies whose median is `slowdown`; the bounds are near the baseline's p50, p90 and p99.
Arm latency_arm(Random& random, double requests, double slowdown) {
  constexpr double sigma = .8;
  Arm arm;
  double before = 0;
  double count = 0;
  for (const double bound : {1.0, 2.75, 6.5, HUGE_VAL}) {
    const double part = std::isinf(bound) ? 1 : below((std::log(bound) - std::log(slowdown)) / sigma);
    count += random.poisson(requests * (part - before));
    before = part;
    arm.buckets[bound] = count;
  }
  arm.total = count;
  return arm;
}

double found_slow(double rps, double slowdown, int blocks, int runs, std::uint64_t seed) {
  int failed = 0;
  for (int run = 0; run < runs; ++run) {
    Random random(seed * 1'000'003 + static_cast<std::uint64_t>(run));
    Settings settings = default_settings();
    settings.kind = Kind::latency;
    settings.delta = .005;
    settings.boundaries = {1.0, 2.75, 6.5};
    State state = analysis::compare::initial_state(settings);
    for (int i = 1; i <= blocks; ++i) {
      Measured measured;
      measured.window = {epoch + settings.block * i, settings.block};
      measured.canary = latency_arm(random, rps * .1 * 30, slowdown);
      measured.baseline = latency_arm(random, rps * .9 * 30, 1);
      take(state, settings, measured, {}, epoch);
      if (verdict_of(state, settings) != Verdict::fail) continue;
      ++failed;
      break;
    }
  }
  return static_cast<double>(failed) / runs;
}

enum class Law { normal, student, log_normal };

// A block's mean about 1 with this standard deviation.
double noise(Random& random, Law law, double deviation) {
  if (law == Law::normal) return deviation * random.normal();
  if (law == Law::student) {  // three degrees of freedom, whose standard deviation is sqrt(3)
    double squares = 0;
    for (int i = 0; i < 3; ++i) squares += std::pow(random.normal(), 2);
    return deviation * random.normal() / std::sqrt(squares / 3) / std::sqrt(3.0);
  }
  const double sigma = std::sqrt(std::log1p(deviation * deviation));
  return std::exp(sigma * random.normal() - sigma * sigma / 2) - 1;
}

struct Share {
  double failed = 0;
  double passed = 0;
};

Share compare_means(Law law, double shift, int blocks, int runs, std::uint64_t seed) {
  Share share;
  for (int run = 0; run < runs; ++run) {
    Random random(seed * 1'000'003 + static_cast<std::uint64_t>(run));
    Settings settings = default_settings();
    settings.kind = Kind::mean;
    settings.tolerance = 1.05;
    settings.effect = 1.15;
    settings.least_requests = 0;
    State state = analysis::compare::initial_state(settings);
    for (int i = 1; i <= blocks; ++i) {
      Measured measured;
      measured.window = {epoch + settings.block * i, settings.block};
      measured.canary = {1, 0, (1 + shift) * (1 + noise(random, law, .11)), {}};
      measured.baseline = {1, 0, 1 + noise(random, law, .037), {}};
      take(state, settings, measured, {}, epoch);
      const Verdict verdict = verdict_of(state, settings);
      if (verdict == Verdict::undecided) continue;
      (verdict == Verdict::fail ? share.failed : share.passed) += 1.0 / runs;
      break;
    }
  }
  return share;
}

BOOST_AUTO_TEST_SUITE(latency_and_means)

BOOST_AUTO_TEST_CASE(a_canary_that_is_not_slower_is_not_failed) {
  for (const double rps : {10.0, 100.0, 1000.0}) {
    BOOST_TEST(found_slow(rps, 1, 120, 200, 1) <= .01, rps);
    BOOST_TEST(found_slow(rps, .9, 120, 100, 2) <= .01, rps);
  }
}

BOOST_AUTO_TEST_CASE(a_slowdown_is_found_within_ten_minutes) {
  const struct {
    double rps, slowdown, least;
  } rows[] = {{10, 1.5, .2}, {100, 1.5, .8}, {1000, 1.5, .97}, {10, 2, .97}, {100, 2, .99}};
  for (const auto& row : rows) {
    const double found = found_slow(row.rps, row.slowdown, 20, 300, 3);
    fmt::print("latency, {}x as slow at {} rps x 10 %: found {:.0f} % in 600 s\n", row.slowdown, row.rps, 100 * found);
    BOOST_TEST(found >= row.least, row.rps << " " << row.slowdown << ": " << found);
  }
}

BOOST_AUTO_TEST_CASE(means_within_the_tolerance_are_not_failed) {
  for (const Law law : {Law::normal, Law::student, Law::log_normal})
    for (const double shift : {0.0, .05})
      BOOST_TEST(compare_means(law, shift, 240, 300, 4).failed <= .015, static_cast<int>(law) << " " << shift);
}

BOOST_AUTO_TEST_CASE(means_that_are_worse_are_found_and_seldom_passed) {
  for (const Law law : {Law::normal, Law::student}) {
    const Share worse = compare_means(law, .3, 40, 500, 5);
    fmt::print("mean, 30 % worse: found {:.0f} % in 40 blocks\n", 100 * worse.failed);
    BOOST_TEST(worse.failed >= .95);
    BOOST_TEST(compare_means(law, .15, 40, 500, 6).passed <= .02);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::sequential_test
