// The `compare` metric by itself: defaults, windows, counts, evidence, what is kept, what is said.
#include <cmath>

#include <boost/test/unit_test.hpp>

#include "analysis/compare/queries.h"
#include "analysis/compare/report.h"
#include "analysis/compare/take.h"

namespace sluice::analysis::compare {
namespace {

using kube::Time;
using std::chrono::minutes;
using std::chrono::seconds;

const Time noon{std::chrono::duration_cast<kube::Duration>(seconds{1'767'268'800})};

crds::Metric error_metric() {
  crds::Metric metric;
  metric.name = "errors";
  metric.provider.prometheus.obtain().address = "http://prometheus";
  crds::Compare& compare = metric.compare.obtain();
  compare.kind = "errorRate";
  compare.total = "sum(increase(requests_total{$SELECTOR}[$RANGE]))";
  compare.good = "sum(increase(requests_total{$SELECTOR,code!~\"5..\"}[$RANGE]))";
  compare.canary = {{"hash", "new"}, {"app", "a\"b"}};
  compare.baseline = {{"hash", "old"}};
  return metric;
}
Settings error_settings() { return settings_of(error_metric(), .01); }
Settings latency_settings(std::vector<double> boundaries) {
  Settings settings = error_settings();
  settings.kind = Kind::latency;
  settings.boundaries = std::move(boundaries);
  return settings;
}

// A comparison whose windows have equal traffic; each test spoils one thing.
struct Comparison {
  Settings settings = error_settings();
  State state = initial_state(settings);
  Time end = noon;
  Pods pods;

  explicit Comparison(Settings with = error_settings()) : settings(std::move(with)), state(initial_state(settings)) {
    settings.warm_up = kube::Duration::zero();
  }
  Taken add(double canary_bad, double baseline_bad, double canary = 300, double baseline = 2700) {
    Measured measured;
    end += settings.block;
    measured.window = {end, settings.block};
    measured.canary = {canary, canary_bad, 0, {}};
    measured.baseline = {baseline, baseline_bad, 0, {}};
    return take(state, settings, measured, pods, noon);
  }
  Taken add_means(double canary, double baseline) {
    Measured measured;
    end += settings.block * state.stretch;
    measured.window = {end, settings.block * state.stretch};
    measured.canary = {1, 0, canary, {}};
    measured.baseline = {1, 0, baseline, {}};
    return take(state, settings, measured, pods, noon);
  }
};

BOOST_AUTO_TEST_SUITE(compare_metric)

BOOST_AUTO_TEST_CASE(defaults_are_those_of_the_manual) {
  const Settings settings = error_settings();
  BOOST_TEST(settings.tolerance == 1.25);
  BOOST_TEST(settings.effect == 2);
  BOOST_TEST(settings.beta == .05);
  BOOST_TEST(settings.max_factor == 9);
  BOOST_TEST(settings.least_requests == 100);
  BOOST_TEST(settings.least_blocks == 3);
  BOOST_TEST((settings.block == seconds{30} && settings.scrape == seconds{15} && settings.lag == seconds{15}));
  BOOST_TEST((settings.warm_up == seconds{60} && settings.max_duration == minutes{30}));
  crds::Metric mean = error_metric();
  mean.compare->kind = "mean";
  mean.compare->value = "x";
  BOOST_TEST(settings_of(mean, .01).tolerance == 1.05);
  BOOST_TEST(settings_of(mean, .01).effect == 1.15);
  crds::Metric odd = error_metric();
  odd.compare->block = "40s";
  odd.compare->lag = "5s";
  odd.compare->alpha = .2;
  BOOST_TEST((settings_of(odd, .01).block == seconds{45}), "a block is a multiple of the scrape interval");
  BOOST_TEST((settings_of(odd, .01).lag == seconds{5}));
  BOOST_TEST(settings_of(odd, .01).alpha == .2);
}

BOOST_AUTO_TEST_CASE(the_chance_of_a_false_alarm_is_divided_among_the_metrics_that_count) {
  crds::AnalysisRunSpec spec;
  for (const char* name : {"a", "b", "c", "dry"}) {
    spec.metrics.push_back(error_metric());
    spec.metrics.back().name = name;
  }
  spec.metrics[2].compare->alpha = .05;  // takes itself out
  spec.dry_run = {{"dry"}};
  spec.metrics.emplace_back().name = "plain";
  BOOST_TEST(alpha_of_each(spec) == .005);
}

BOOST_AUTO_TEST_CASE(windows_are_due_when_late_scrapes_are_in) {
  const Settings settings = error_settings();
  State state = initial_state(settings);
  const Time started = noon + seconds{7};
  DueWindows due = due_windows(settings, state, started, noon + seconds{44});
  BOOST_TEST(due.windows.empty());
  BOOST_TEST((due.next == noon + seconds{45}));
  due = due_windows(settings, state, started, noon + seconds{45});
  BOOST_REQUIRE(due.windows.size() == 1u);
  BOOST_TEST((due.windows[0].end == noon + seconds{30}));
  BOOST_TEST((due.next == noon + seconds{75}));
  // After an outage the missing windows are evaluated, and those that are too old are passed over.
  state.until = noon + seconds{30};
  due = due_windows(settings, state, started, noon + minutes{2} + seconds{20});
  BOOST_TEST(due.windows.size() == 3u);
  due = due_windows(settings, state, started, noon + minutes{60});
  BOOST_TEST(due.windows.size() == 10u);
  BOOST_TEST(due.passed_over == 108);
  BOOST_TEST((due.windows.back().end == noon + minutes{59} + seconds{30}));
}

BOOST_AUTO_TEST_CASE(queries_look_one_scrape_further_back_and_are_scaled) {
  const crds::Metric metric = error_metric();
  const Settings settings = error_settings();
  const std::vector<Query> queries = queries_of(*metric.compare, settings, settings.block);
  BOOST_REQUIRE(queries.size() == 4u);
  BOOST_TEST(queries[0].text == "sum(increase(requests_total{app=\"a\\\"b\",hash=\"new\"}[45s]))");
  BOOST_TEST(queries[3].text == "sum(increase(requests_total{hash=\"old\",code!~\"5..\"}[45s]))");
  const auto measured =
      read_answers(queries, {{{{}, 450}}, {{{}, 441}}, {{{}, 4050}}, {{{}, 4047}}}, settings, {noon, seconds{30}});
  BOOST_REQUIRE(measured.has_value());
  BOOST_TEST(measured->canary.total == 300);
  BOOST_TEST(std::abs(measured->canary.bad - 6) < 1e-9);
  BOOST_TEST(std::abs(measured->baseline.bad - 2) < 1e-9);
}

BOOST_AUTO_TEST_CASE(answers_that_are_no_counts_are_told_with_their_query) {
  const crds::Metric metric = error_metric();
  const Settings settings = error_settings();
  const std::vector<Query> queries = queries_of(*metric.compare, settings, settings.block);
  const double nan = std::nan("");
  const struct {
    std::vector<Answer> answers;
    const char* expected;
  } rows[] = {
      {{{{{}, nan}}, {}, {}, {}}, "nan instead of a number of the canary: query sum(increase(requests_total{app="},
      {{{{{}, -1}}, {}, {}, {}}, "-1 instead of a count of the canary"},
      {{{{{}, 1}, {{}, 2}}, {}, {}, {}}, "2 series instead of one (aggregate them) of the canary"},
      {{{{{}, 100}}, {{{}, 102}}, {}, {}}, "68 of 66.6667 requests of the canary"},
  };
  for (const auto& row : rows) {
    const auto measured = read_answers(queries, row.answers, settings, {noon, seconds{30}});
    BOOST_REQUIRE(!measured);
    BOOST_TEST(measured.error().message.starts_with(row.expected), measured.error().message);
  }
  // Rounding within one percent is clipped; an arm without series has no traffic; without good ones all are bad.
  const auto clipped = read_answers(queries, {{{{}, 300}}, {{{}, 301}}, {}, {}}, settings, {noon, seconds{30}});
  BOOST_TEST(clipped->canary.bad == 0);
  BOOST_TEST(clipped->baseline.total == 0);
  const auto outage = read_answers(queries, {{{{}, 300}}, {}, {{{}, 300}}, {}}, settings, {noon, seconds{30}});
  BOOST_TEST(outage->canary.bad == outage->canary.total);
}

BOOST_AUTO_TEST_CASE(buckets_are_read_by_their_bound) {
  crds::Metric metric = error_metric();
  metric.compare->kind = "latency";
  metric.compare->total = metric.compare->good = "";
  metric.compare->buckets = "sum by (le) (increase(latency_bucket{$SELECTOR}[$RANGE]))";
  const Settings settings = settings_of(metric, .01);
  const std::vector<Query> queries = queries_of(*metric.compare, settings, settings.block);
  BOOST_REQUIRE(queries.size() == 2u);
  const Answer good{{{{"le", "0.10"}}, 90}, {{{"le", "+Inf"}}, 150}, {{{"le", "1"}}, 135}};
  const auto measured = read_answers(queries, {good, {}}, settings, {noon, seconds{30}});
  BOOST_REQUIRE(measured.has_value());
  BOOST_TEST(measured->canary.total == 100);
  BOOST_TEST(std::abs(measured->canary.buckets.at(.1) - 60) < 1e-9);
  for (const Answer& bad : {Answer{{{{"le", "x"}}, 1}}, Answer{{{{"le", "1"}}, 1}}, Answer{{{}, 1}},
                            Answer{{{{"le", "1"}}, 5}, {{{"le", "+Inf"}}, 2}},
                            Answer{{{{"le", "1"}}, 1}, {{{"le", "1.0"}}, 1}, {{{"le", "+Inf"}}, 2}}})
    BOOST_TEST(!read_answers(queries, {bad, {}}, settings, {noon, seconds{30}}).has_value());
}

BOOST_AUTO_TEST_CASE(evidence_is_that_of_the_engines) {
  Comparison comparison;
  comparison.settings.max_factor = 9;
  BOOST_TEST((comparison.add(5, 8) == Taken::counted));
  BOOST_TEST(std::abs(log_against(comparison.state, comparison.settings) - 0.56487665057315303543) < 1e-9);
  BOOST_TEST(std::abs(log_in_favour(comparison.state, comparison.settings) + 0.13514441445677123012) < 1e-9);
  comparison.settings.clustered = false;
  comparison.settings.delta = 0;
  comparison.state = initial_state(comparison.settings);
  comparison.add(5, 8);
  BOOST_TEST(std::abs(log_against(comparison.state, comparison.settings) - 1.9689186662069377477) < 1e-9);
}

BOOST_AUTO_TEST_CASE(an_arm_with_few_large_pods_counts_for_less) {
  Comparison free;
  Comparison capped;
  capped.pods = {2, 2};
  free.add(5, 0);
  capped.add(5, 0);
  BOOST_TEST(log_against(capped.state, capped.settings) < log_against(free.state, free.settings));
  BOOST_TEST(capped.state.worst_winnings == 1);
}

BOOST_AUTO_TEST_CASE(a_canary_far_worse_fails_after_a_few_blocks_and_not_before) {
  Comparison comparison;
  int blocks = 0;
  while (verdict_of(comparison.state, comparison.settings) == Verdict::undecided && blocks < 20) {
    comparison.add(150, 8);
    ++blocks;
  }
  BOOST_TEST((verdict_of(comparison.state, comparison.settings) == Verdict::fail));
  BOOST_TEST(blocks >= 3);
  BOOST_TEST(blocks <= 4);
}

BOOST_AUTO_TEST_CASE(an_equal_canary_passes_only_with_enough_requests_and_blocks) {
  Comparison comparison;
  comparison.settings.effect = 4;
  comparison.settings.least_requests = 16'000;
  int blocks = 0;
  while (verdict_of(comparison.state, comparison.settings) == Verdict::undecided && blocks < 500) {
    comparison.add(1, 9);
    ++blocks;
  }
  BOOST_TEST((verdict_of(comparison.state, comparison.settings) == Verdict::pass));
  BOOST_TEST(blocks == 54);  // 16,000 requests of the canary
  BOOST_TEST(log_in_favour(comparison.state, comparison.settings) > std::log(20));
}

BOOST_AUTO_TEST_CASE(no_errors_are_no_evidence_unless_a_rate_is_tolerated) {
  Comparison silent;
  Comparison tolerant;
  tolerant.settings.delta = .001;
  for (int i = 0; i < 400; ++i) {
    silent.add(0, 0);
    tolerant.add(0, 0);
  }
  BOOST_TEST((verdict_of(silent.state, silent.settings) == Verdict::undecided));
  BOOST_TEST((verdict_of(tolerant.state, tolerant.settings) == Verdict::pass));
}

BOOST_AUTO_TEST_CASE(windows_without_traffic_in_warm_up_or_while_the_split_moves_do_not_count) {
  Comparison comparison;
  comparison.settings.warm_up = seconds{60};
  BOOST_TEST((comparison.add(0, 8, 0, 3000) == Taken::no_canary));
  BOOST_TEST((comparison.add(99, 8) == Taken::warm_up));  // the canary's first window ends here
  for (int i = 0; i < 3; ++i) BOOST_TEST((comparison.add(99, 8) == Taken::warm_up));
  BOOST_TEST((comparison.add(1, 8) == Taken::counted));
  BOOST_TEST((comparison.add(1, 8, 700, 2300) == Taken::share_moved));
  BOOST_TEST((comparison.add(1, 8, 1500, 1500) == Taken::share_moved));
  BOOST_TEST((comparison.add(1, 8, 1500, 1500) == Taken::counted));
  BOOST_TEST((comparison.add(1, 8, 1480, 1530) == Taken::counted));
  BOOST_TEST((comparison.add(0, 8, 3000, 0) == Taken::no_baseline));
  BOOST_TEST(comparison.state.blocks == 3);
  BOOST_TEST(comparison.state.skipped == 8);
}

BOOST_AUTO_TEST_CASE(a_split_that_never_rests_is_compared_all_the_same) {
  Comparison comparison;
  int counted = 0;
  for (int i = 0; i < 30; ++i) counted += comparison.add(1, 8, i % 2 ? 300 : 900) == Taken::counted;
  BOOST_TEST(counted >= 10);
}

BOOST_AUTO_TEST_CASE(latency_is_compared_at_every_boundary) {
  Comparison comparison(latency_settings({}));
  const auto add = [&](double canary_slow, double baseline_slow) {
    Measured measured;
    comparison.end += comparison.settings.block;
    measured.window = {comparison.end, comparison.settings.block};
    const double inf = std::numeric_limits<double>::infinity();
    measured.canary = {300, 0, 0, {{.1, 150}, {.3, 300 - canary_slow}, {inf, 300}}};
    measured.baseline = {2700, 0, 0, {{.1, 1350}, {.3, 2700 - baseline_slow}, {1, 2700}, {inf, 2700}}};
    return take(comparison.state, comparison.settings, measured, {}, noon);
  };
  BOOST_TEST((add(30, 270) == Taken::choosing));
  BOOST_TEST(comparison.state.boundaries == (std::vector<double>{.1, .3, 1}), boost::test_tools::per_element());
  BOOST_TEST((add(30, 270) == Taken::counted));
  BOOST_TEST(comparison.state.boundaries == (std::vector<double>{.1, .3}), boost::test_tools::per_element());
  for (int i = 0; i < 10; ++i) add(120, 270);
  BOOST_TEST((verdict_of(comparison.state, comparison.settings) == Verdict::fail));
  BOOST_TEST(fail_text(comparison.state, comparison.settings).find("slower than 0.3: canary") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(means_are_compared_by_their_blocks) {
  Settings settings = error_settings();
  settings.kind = Kind::mean;
  settings.tolerance = 1.05;
  settings.effect = 1.15;
  settings.least_requests = 0;
  Comparison worse(settings);
  Comparison equal(settings);
  for (int i = 0; i < 60; ++i) {
    const double wiggle = (i * 7 % 5 - 2) * .05;
    worse.add_means(1.4 + wiggle, 1 - wiggle / 2);
    equal.add_means(1 + wiggle, 1 - wiggle / 2);
  }
  BOOST_TEST((verdict_of(worse.state, worse.settings) == Verdict::fail));
  BOOST_TEST((verdict_of(equal.state, equal.settings) == Verdict::pass));
  BOOST_TEST(ratio_text(worse.state, worse.settings) == "1.40");
  // Higher is better: the same numbers are a gain.
  settings.lower_is_better = false;
  Comparison higher(settings);
  for (int i = 0; i < 60; ++i) higher.add_means(1.4 + (i * 7 % 5 - 2) * .05, 1);
  BOOST_TEST((verdict_of(higher.state, higher.settings) == Verdict::pass));
}

BOOST_AUTO_TEST_CASE(means_that_lean_on_each_other_make_longer_blocks) {
  Settings settings = error_settings();
  settings.kind = Kind::mean;
  settings.least_requests = 0;
  Comparison comparison(settings);
  for (int i = 0; i < 40; ++i) comparison.add_means(1 + .3 * std::sin(i / 6.0), 1);
  BOOST_TEST(comparison.state.stretch > 1);
}

BOOST_AUTO_TEST_CASE(a_comparison_that_is_written_and_read_between_all_blocks_is_the_same_to_the_last_bit) {
  std::vector<Settings> kinds{error_settings(), latency_settings({.1, .3})};
  kinds.push_back(error_settings());
  kinds.back().delta = .001;
  kinds.push_back(error_settings());
  kinds.back().clustered = false;
  kinds.push_back(error_settings());
  kinds.back().kind = Kind::mean;
  for (const Settings& settings : kinds) {
    Comparison straight(settings);
    Comparison resumed(settings);
    for (int i = 0; i < 50; ++i) {
      Measured measured;
      measured.window = {noon + settings.block * (i + 1), settings.block};
      measured.canary = {299.5 + i, 1.25 + i % 7, 1.1 + i % 3 * .01, {{.1, 200}, {.3, 290}, {HUGE_VAL, 299.5 + i}}};
      measured.baseline = {2702.25, 8.125, 1, {{.1, 2000}, {.3, 2690}, {HUGE_VAL, 2702.25}}};
      take(straight.state, straight.settings, measured, {}, noon);
      take(resumed.state, resumed.settings, measured, {}, noon);
      const auto read = parse_state(print_state(resumed.state, settings), settings);
      BOOST_REQUIRE(read.has_value());
      BOOST_TEST((*read == resumed.state));
      resumed.state = *read;
    }
    BOOST_TEST((straight.state == resumed.state));
    BOOST_TEST(straight.state.blocks > 40);
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_state_is_refused) {
  const Settings settings = error_settings();
  const std::string good = print_state(initial_state(settings), settings);
  BOOST_TEST(parse_state(good, settings).has_value());
  for (const std::string& bad : {std::string(), std::string("v2;1,2"), good + ",1", good.substr(0, good.size() - 2),
                                 std::string("v1;nan,0,0"), std::string("v1;1e400,0,0"), std::string("v1;a,b")})
    BOOST_TEST(!parse_state(bad, settings).has_value(), bad);
}

BOOST_AUTO_TEST_CASE(the_status_reads_as_the_manual_says) {
  Comparison comparison;
  for (int i = 0; i < 12; ++i) comparison.add(i < 10 ? 2 : 1, i == 0 ? 9 : 8);
  BOOST_TEST(
      undecided_text(comparison.state, comparison.settings, Taken::counted) ==
      "undecided: canary 0.61% (22/3600), baseline 0.30% (97/32400); evidence against 17x of 100x; for 1.0x of 20x");
  BOOST_TEST(ratio_text(comparison.state, comparison.settings) == "2.04");
  const kube::StringMap metadata = metadata_of(comparison.state, comparison.settings, "undecided");
  BOOST_TEST(metadata.get("canary") == "22/3600");
  BOOST_TEST(metadata.get("baseline") == "97/32400");
  BOOST_TEST(metadata.get("blocks") == "12");
  BOOST_TEST(!metadata.contains("errors"));
  BOOST_TEST(insufficient_text(comparison.state, comparison.settings) ==
             "insufficient data after 30m: a 2x regression needs about 25m at 100 rps x 10%");
  BOOST_TEST(undecided_text(initial_state(comparison.settings), comparison.settings, Taken::no_canary) ==
             "undecided: the canary has no traffic");
  BOOST_TEST(insufficient_text(initial_state(comparison.settings), comparison.settings) ==
             "insufficient data after 30m: the canary had no traffic");
  BOOST_TEST(ratio_text(initial_state(comparison.settings), comparison.settings) == "NaN");
  Comparison bad;
  for (int i = 0; i < 4; ++i) bad.add(150, 8);
  BOOST_TEST(fail_text(bad.state, bad.settings).starts_with("worse than 1.25x baseline: canary 50.00% (600/1200)"));
  BOOST_TEST(evidence_text(std::log(118.4)) == "118");
  BOOST_TEST(evidence_text(800) == "1e+304");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::analysis::compare
