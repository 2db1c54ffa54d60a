// What the comparison promises, by simulated rollouts: false aborts at any traffic, share and looking interval, and
// power.
//
// The sizes are those of the acceptance table. SLUICE_ROLLOUTS=N runs every cell N times instead, and
// SLUICE_ROLLOUTS_TABLE=FILE keeps one line per cell; `make bench` does both.
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "test/sequential/rollouts.h"

namespace sluice::sequential_test {
namespace {

using analysis::compare::Settings;

// Runs cells, numbers them, keeps count of all rollouts and prints what came out.
class Bench {
 public:
  Bench() {
    if (const char* runs = std::getenv("SLUICE_ROLLOUTS")) runs_ = std::atoi(runs);
    if (const char* file = std::getenv("SLUICE_ROLLOUTS_TABLE")) table_ = std::fopen(file, "a");
  }
  ~Bench() {
    if (table_) std::fclose(table_);
  }

  Tally run(const Cell& cell, int runs, bool until_fail) {
    const Tally tally = simulate_all(cell, ++number_, runs_ > 0 ? runs_ : runs, until_fail);
    rollouts += tally.runs;
    const std::string line =
        fmt::format("{}\t{:g}\t{:g}\t{:g}\t{:g}\t{}\t{}\t{}\t{:.0f}\t{}\t{:.0f}\n", cell.name, cell.rps, cell.share,
                    cell.ratio, static_cast<double>(cell.settings.block.count()) / 1e6, cell.blocks_per_look,
                    tally.runs, tally.failed, tally.median_fail, tally.passed, tally.median_pass);
    if (table_) std::fputs(line.c_str(), table_);
    return tally;
  }
  int rollouts = 0;

 private:
  int runs_ = 0;
  std::uint64_t number_ = 0;
  std::FILE* table_ = nullptr;
};
Bench& bench() {
  static Bench one;
  return one;
}

Cell cell_of(std::string name, double rps, double share, double ratio) {
  Cell cell;
  cell.name = std::move(name);
  cell.rps = rps;
  cell.share = share;
  cell.ratio = ratio;
  cell.settings = default_settings();
  return cell;
}

// Twelve cells of traffic and share; none fails more often than the bound, and together they keep alpha.
void expect_alpha(const std::string& name, double ratio, Errors errors, double burst, double bound) {
  int failed = 0;
  int runs = 0;
  double worst = 0;
  for (const double rps : {10.0, 100.0, 1000.0})
    for (const double share : {.05, .1, .5, .8}) {
      Cell cell = cell_of(name, rps, share, ratio);
      cell.errors = errors;
      cell.burst = burst;
      const Tally tally = bench().run(cell, 500, true);
      BOOST_TEST(tally.fail_rate() <= bound, name << " at " << rps << " rps x " << share << ": " << tally.fail_rate());
      failed += tally.failed;
      runs += tally.runs;
      worst = std::max(worst, tally.fail_rate());
    }
  BOOST_TEST(failed <= runs * .01, name << ": " << failed << " of " << runs);
  fmt::print("{}: {} of {} rollouts failed falsely ({:.2f} %), worst cell {:.2f} %\n", name, failed, runs,
             100.0 * failed / runs, 100 * worst);
}

BOOST_AUTO_TEST_SUITE(acceptance)

BOOST_AUTO_TEST_CASE(independent_errors_at_the_edge_of_what_is_tolerated) {
  expect_alpha("independent, 1.25x", 1.25, Errors::independent, 4, .026);
}

BOOST_AUTO_TEST_CASE(short_bursts_at_the_edge_of_what_is_tolerated) {
  expect_alpha("bursts of 4 s, 1.25x", 1.25, Errors::bursts, 4, .026);
}

BOOST_AUTO_TEST_CASE(long_bursts_with_equal_versions) {
  expect_alpha("bursts of 15 s, equal", 1, Errors::bursts, 15, .026);
}

BOOST_AUTO_TEST_CASE(rates_that_wander_per_pod_with_equal_versions) {
  expect_alpha("gamma per pod, equal", 1, Errors::gamma, 4, .026);
}

BOOST_AUTO_TEST_CASE(any_looking_interval) {
  int failed = 0;
  int runs = 0;
  for (const int seconds : {15, 60, 120})
    for (const int looks : {1, 4})
      for (const double rps : {10.0, 100.0, 1000.0}) {
        Cell cell = cell_of(fmt::format("block {} s, look every {} blocks", seconds, looks), rps, .1, 1.25);
        cell.settings.block = std::chrono::seconds{seconds};
        cell.blocks_per_look = looks;
        const Tally tally = bench().run(cell, 300, true);
        BOOST_TEST(tally.fail_rate() <= .03, cell.name << " at " << rps << " rps: " << tally.fail_rate());
        failed += tally.failed;
        runs += tally.runs;
      }
  BOOST_TEST(failed <= runs * .01);
  fmt::print("any looking interval, 1.25x: {} of {} rollouts failed falsely ({:.2f} %)\n", failed, runs,
             100.0 * failed / runs);
}

BOOST_AUTO_TEST_CASE(an_outage_that_is_scraped_at_different_times_by_the_arms) {
  for (const double rps : {100.0, 1000.0}) {
    Cell cell = cell_of("skewed outage, equal", rps, .1, 1);
    cell.errors = Errors::skewed_outage;
    const Tally tally = bench().run(cell, 500, true);
    BOOST_TEST(tally.fail_rate() <= .016, rps << " rps: " << tally.fail_rate());
  }
}

BOOST_AUTO_TEST_CASE(a_share_that_climbs) {
  Cell cell = cell_of("steps 5-10-25-50-75, bursts of 4 s, 1.25x", 100, .1, 1.25);
  cell.errors = Errors::bursts;
  cell.steps = {.05, .1, .25, .5, .75};
  BOOST_TEST(bench().run(cell, 500, true).fail_rate() <= .026);
}

BOOST_AUTO_TEST_CASE(a_canary_that_is_twice_as_bad_is_seldom_passed) {
  for (const Errors errors : {Errors::independent, Errors::bursts})
    for (const double rps : {10.0, 100.0, 1000.0})
      for (const double share : {.1, .5}) {
        Cell cell =
            cell_of(errors == Errors::bursts ? "passes, bursts of 4 s, 2x" : "passes, independent, 2x", rps, share, 2);
        cell.errors = errors;
        const Tally tally = bench().run(cell, 400, false);
        BOOST_TEST(tally.pass_rate() <= .08, cell.name << " " << rps << " x " << share << ": " << tally.pass_rate());
      }
}

BOOST_AUTO_TEST_CASE(a_healthy_canary_passes_within_the_time_of_the_table) {
  const struct {
    double rps, share, least, median;
  } rows[] = {{100, .1, .97, 1470}, {100, .5, .97, 390}, {1000, .1, .97, 1380}, {1000, .5, .97, 330}};
  for (const auto& row : rows) {
    const Tally tally = bench().run(cell_of("passes, independent, equal", row.rps, row.share, 1), 200, false);
    BOOST_TEST(tally.pass_rate() >= row.least, row.rps << " x " << row.share << ": " << tally.pass_rate());
    BOOST_TEST(std::abs(tally.median_pass - row.median) <= 90,
               row.rps << " x " << row.share << ": " << tally.median_pass);
  }
}

BOOST_AUTO_TEST_CASE(regressions_are_found_as_often_as_the_table_says) {
  const struct {
    double rps, share, ratio;
    Errors errors;
    double expected;  // within 600 s
    double least;
  } rows[] = {
      {100, .1, 3, Errors::independent, .85, .81},  {100, .1, 6.7, Errors::independent, 1, .99},
      {1000, .1, 2, Errors::independent, .75, .70}, {10, .1, 6.7, Errors::independent, .64, .59},
      {100, .05, 3, Errors::independent, .46, .41}, {1000, .05, 2, Errors::independent, .61, .56},
      {10, .1, 50, Errors::independent, 1, .99},    {100, .1, 3, Errors::bursts, .39, .34},
      {1000, .1, 2, Errors::bursts, .21, .16},      {1000, .1, 3, Errors::bursts, .95, .91},
      {100, .05, 3, Errors::bursts, .16, .11},      {1000, .05, 3, Errors::bursts, .81, .76},
  };
  for (const auto& row : rows) {
    Cell cell = cell_of(row.errors == Errors::bursts ? "power, bursts of 4 s" : "power, independent", row.rps,
                        row.share, row.ratio);
    cell.errors = row.errors;
    cell.seconds = 600;
    const Tally tally = bench().run(cell, 1000, true);
    fmt::print("{}x at {} rps x {:.0f} %, {}: found {:.1f} % in 600 s (table {:.0f} %)\n", row.ratio, row.rps,
               row.share * 100, cell.name, 100 * tally.fail_rate(), 100 * row.expected);
    BOOST_TEST(tally.fail_rate() >= row.least, tally.fail_rate());
    BOOST_TEST(tally.fail_rate() <= row.expected + .06, tally.fail_rate());
  }
}

BOOST_AUTO_TEST_CASE(the_ratio_engine_keeps_alpha_when_errors_are_independent) {
  for (const double rps : {10.0, 100.0, 1000.0}) {
    Cell cell = cell_of("ratio engine, independent, 1.25x", rps, .1, 1.25);
    cell.settings.clustered = false;
    BOOST_TEST(bench().run(cell, 500, true).fail_rate() <= .026);
  }
}

// The simulator must be able to catch a test that does not hold its promise.
BOOST_AUTO_TEST_CASE(the_ratio_engine_is_broken_by_bursts) {
  Cell cell = cell_of("negative control: ratio engine, bursts of 4 s, equal", 1000, .1, 1);
  cell.errors = Errors::bursts;
  cell.settings.clustered = false;
  const Tally tally = bench().run(cell, 500, true);
  BOOST_TEST(tally.fail_rate() >= .25, tally.fail_rate());
}

BOOST_AUTO_TEST_CASE(zz_the_number_of_rollouts) {
  fmt::print("{} simulated rollouts in all\n", bench().rollouts);
  BOOST_TEST(bench().rollouts >= 10'000);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::sequential_test
