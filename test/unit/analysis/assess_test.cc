// The life of a run: which metric is due, what becomes of metrics and of the run, in the words that users' tools read.
#include "analysis/assess.h"

#include <boost/test/unit_test.hpp>

namespace sluice::analysis {
namespace {

using std::chrono::seconds;

constexpr kube::Time noon{seconds{1767268800}};

crds::Metric metric(std::string name) {
  crds::Metric made;
  made.name = std::move(name);
  made.provider.prometheus.emplace().query = "up";
  return made;
}

crds::Metric job_metric(std::string name) {
  crds::Metric made;
  made.name = std::move(name);
  made.provider.job.emplace();
  return made;
}

crds::Measurement measurement(const char* phase, kube::Time started, kube::Time finished, std::string message = "") {
  crds::Measurement made;
  made.phase = phase;
  made.started_at = started;
  made.finished_at = finished;
  made.message = std::move(message);
  return made;
}

crds::Measurement unfinished(kube::Time started) {
  crds::Measurement made;
  made.phase = "Running";
  made.started_at = started;
  made.resume_at = started;
  return made;
}

// A run that is played: what assess() decides is taken over, as a server would.
struct Run {
  crds::AnalysisRunSpec spec;
  crds::AnalysisRunStatus status;
  std::vector<std::string> under_way;
  std::string problem;
  std::map<std::string, Beat> beats;
  std::vector<RunEvent> events;

  explicit Run(std::vector<crds::Metric> metrics) { spec.metrics = std::move(metrics); }

  RunDecision look(kube::Time now, std::vector<Outcome> outcomes = {}) const {
    return assess({spec, status, problem, std::move(outcomes), under_way, beats}, now);
  }
  RunDecision pass(kube::Time now, std::vector<Outcome> outcomes = {}) {
    RunDecision decision = look(now, std::move(outcomes));
    status = decision.status;
    events.insert(events.end(), decision.events.begin(), decision.events.end());
    return decision;
  }
  // One measurement of a metric that begins and ends now.
  RunDecision measure(const std::string& name, const char* phase, kube::Time now, std::string message = "") {
    return pass(now, {{name, measurement(phase, now, now, std::move(message)), {}}});
  }
};

BOOST_AUTO_TEST_SUITE(assess_tests)

BOOST_AUTO_TEST_CASE(a_new_run_starts_every_metric_and_may_wait_with_its_status) {
  Run run({metric("a"), metric("b")});
  const RunDecision first = run.pass(noon);
  BOOST_REQUIRE(first.start.size() == 2u);
  BOOST_TEST(first.start[1].metric == 1u);
  BOOST_TEST(first.start[1].number == 1);
  BOOST_TEST(first.status.phase == "Running");
  BOOST_TEST((first.status.started_at == noon));
  BOOST_TEST(first.status.run_summary.count == 2);
  BOOST_TEST(first.write_can_wait);
  BOOST_TEST(!first.wake_at.has_value());
}

BOOST_AUTO_TEST_CASE(one_good_measurement_without_interval_ends_the_run) {
  Run run({metric("a")});
  run.pass(noon);
  const RunDecision done = run.measure("a", "Successful", noon + seconds{1});
  BOOST_TEST(run.status.phase == "Successful");
  BOOST_TEST(run.status.message == "");
  BOOST_TEST((run.status.completed_at == noon + seconds{1}));
  BOOST_TEST(run.status.run_summary.successful == 1);
  BOOST_TEST(run.status.dry_run_summary.has_value());
  BOOST_TEST(!done.write_can_wait);
  BOOST_TEST(done.start.empty());
  BOOST_REQUIRE(run.events.size() == 2u);
  BOOST_TEST(run.events[0].reason == "MetricSuccessful");
  BOOST_TEST(run.events[0].message == "Metric 'a' Completed. Result: Successful");
  BOOST_TEST(run.events[1].reason == "AnalysisRunSuccessful");
  BOOST_TEST(run.events[1].message == "Analysis Completed. Result: Successful");
  BOOST_TEST(!run.events[1].warning);
}

BOOST_AUTO_TEST_CASE(a_settled_run_is_left_alone) {
  Run run({metric("a")});
  run.pass(noon);
  run.measure("a", "Failed", noon);
  const RunDecision later = run.look(noon + std::chrono::hours{1});
  BOOST_TEST((later.status == run.status));
  BOOST_TEST(later.start.empty());
  BOOST_TEST(later.events.empty());
  BOOST_TEST(!later.wake_at.has_value());
  BOOST_TEST(!later.remove);
}

// Which metric is due. Each row: a metric that was measured last at noon, and when it is measured again.
BOOST_AUTO_TEST_CASE(measurements_keep_their_distance) {
  const struct {
    const char* interval;
    int count;              // 0: absent
    const char* last;       // phase of the last measurement
    int due_after_seconds;  // -1: never again
  } rows[] = {
      {"30s", 5, "Successful", 30}, {"30s", 0, "Successful", 30},
      {"30s", 5, "Error", 10},  // an error is tried again after 10 s, whatever the interval says
      {"1s", 5, "Error", 10},       {"1h", 5, "Error", 10},
      {"", 0, "Error", 10},  // also without an interval
      {"30s", 1, "Successful", -1}, {"", 0, "Successful", -1},
      {"1h30m", 3, "Failed", 5400},
  };
  for (const auto& row : rows) {
    Run run({metric("a")});
    run.spec.metrics[0].interval = row.interval;
    run.spec.metrics[0].failure_limit = kube::IntOrString{3};
    if (row.count) run.spec.metrics[0].count = kube::IntOrString{row.count};
    run.pass(noon);
    const RunDecision after = run.measure("a", row.last, noon);
    BOOST_TEST_CONTEXT(row.interval << " " << row.count << " " << row.last) {
      BOOST_TEST(after.start.empty());
      if (row.due_after_seconds < 0) {
        BOOST_TEST(!after.wake_at.has_value());
        continue;
      }
      const kube::Time due = noon + seconds{row.due_after_seconds};
      BOOST_REQUIRE(after.wake_at.has_value());
      BOOST_TEST((*after.wake_at == due));
      BOOST_TEST(run.look(due - kube::Duration{1}).start.empty());
      const RunDecision again = run.look(due);
      BOOST_REQUIRE(again.start.size() == 1u);
      BOOST_TEST(again.start[0].number == 2);
    }
  }
}

// The status has whole seconds; what this process knows exactly counts more.
BOOST_AUTO_TEST_CASE(the_next_measurement_is_due_one_interval_after_the_last_began) {
  using std::chrono::milliseconds;
  const struct {
    const char* why;
    int due, began, ended;  // of the last measurement, in ms after noon
    const char* phase;
    int next;  // in ms after noon
  } rows[] = {
      {"on time: it stays on its grid", 300, 310, 420, "Successful", 30'300},
      {"a little late: still on its grid", 300, 350, 420, "Failed", 30'300},
      {"late: the grid moves", 300, 351, 420, "Successful", 30'351},
      {"an answer that was there before it was due", 300, 0, 420, "Successful", 30'300},
      {"longer than the interval", 300, 310, 40'000, "Successful", 70'000},
      {"an error", 300, 310, 5'450, "Error", 15'450},
  };
  for (const auto& row : rows) {
    Run run({metric("a")});
    run.spec.metrics[0].interval = "30s";
    run.spec.metrics[0].failure_limit = kube::IntOrString{3};
    run.pass(noon);
    const kube::Time ended = noon + milliseconds{row.ended};
    run.beats["a"] = {noon + milliseconds{row.due}, noon + milliseconds{row.began}, ended};
    const RunDecision after =
        run.pass(ended, {{"a", measurement(row.phase, noon + milliseconds{row.began}, ended), {}}});
    const kube::Time next = noon + milliseconds{row.next};
    BOOST_TEST_CONTEXT(row.why) {
      BOOST_REQUIRE(after.wake_at.has_value());
      BOOST_TEST((*after.wake_at == next), (*after.wake_at - noon).count());
      BOOST_TEST(run.look(next - kube::Duration{1}).start.empty());
      BOOST_REQUIRE(run.look(next + milliseconds{3}).start.size() == 1u);
      BOOST_TEST((run.look(next + milliseconds{3}).start[0].due == next));
    }
  }
}

BOOST_AUTO_TEST_CASE(what_an_earlier_life_measured_counts_by_the_status) {
  Run run({metric("a")});
  run.spec.metrics[0].interval = "30s";
  run.pass(noon);
  // Of another measurement: this process has not seen the last one.
  run.beats["a"] = {noon - seconds{30}, noon - seconds{30}, noon - seconds{30}};
  const RunDecision after = run.measure("a", "Successful", noon + std::chrono::milliseconds{700});
  BOOST_REQUIRE(after.wake_at.has_value());
  BOOST_TEST((*after.wake_at == noon + seconds{30}));
}

BOOST_AUTO_TEST_CASE(a_measurement_without_a_verdict_may_wait_for_those_under_way) {
  Run run({metric("a"), metric("b")});
  for (crds::Metric& each : run.spec.metrics) each.interval = "30s";
  run.spec.metrics[0].count = kube::IntOrString{2};
  run.pass(noon);
  BOOST_TEST(run.measure("a", "Successful", noon).write_can_wait);
  BOOST_TEST(!run.measure("a", "Successful", noon + seconds{30}).write_can_wait);  // the verdict of metric a
}

BOOST_AUTO_TEST_CASE(the_initial_delay_counts_from_the_start_of_the_run) {
  Run run({metric("a")});
  run.spec.metrics[0].initial_delay = "1m";
  const RunDecision first = run.pass(noon);
  BOOST_TEST(first.start.empty());
  BOOST_TEST((first.wake_at == noon + seconds{60}));
  BOOST_TEST(run.status.phase == "Running");
  BOOST_TEST(run.look(noon + seconds{60}).start.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_metric_that_is_being_measured_is_not_started_again) {
  Run run({metric("a")});
  run.pass(noon);
  run.under_way = {"a"};
  BOOST_TEST(run.look(noon + seconds{5}).start.empty());
}

BOOST_AUTO_TEST_CASE(an_unfinished_measurement_is_resumed_not_repeated) {
  Run run({job_metric("a")});
  run.pass(noon);
  run.pass(noon, {{"a", unfinished(noon), {}}});
  BOOST_TEST(run.status.metric_results[0].phase == "Running");
  BOOST_TEST(run.status.metric_results[0].count == 0);
  const RunDecision next = run.look(noon + seconds{1});
  BOOST_TEST(next.start.empty());
  BOOST_TEST(next.resume.size() == 1u);
  BOOST_TEST(!next.wake_at.has_value());

  crds::Measurement later = unfinished(noon);
  later.resume_at = noon + seconds{20};
  run.pass(noon, {{"a", later, {}}});
  BOOST_TEST(run.status.metric_results[0].measurements.size() == 1u);
  const RunDecision waiting = run.look(noon + seconds{1});
  BOOST_TEST(waiting.resume.empty());
  BOOST_TEST((waiting.wake_at == noon + seconds{20}));

  run.measure("a", "Successful", noon + seconds{20});
  BOOST_TEST(run.status.metric_results[0].measurements.size() == 1u);
  BOOST_TEST(run.status.phase == "Successful");
}

BOOST_AUTO_TEST_CASE(counters_follow_the_measurements) {
  Run run({metric("a")});
  run.spec.metrics[0].interval = "1s";
  run.spec.metrics[0].failure_limit = kube::IntOrString{9};
  run.spec.metrics[0].inconclusive_limit = kube::IntOrString{9};
  run.pass(noon);
  const struct {
    const char* phase;
    int count, successful, failed, inconclusive, error, consecutive_error, consecutive_success;
  } rows[] = {
      {"Successful", 1, 1, 0, 0, 0, 0, 1}, {"Successful", 2, 2, 0, 0, 0, 0, 2},   {"Error", 2, 2, 0, 0, 1, 1, 0},
      {"Error", 2, 2, 0, 0, 2, 2, 0},      {"Inconclusive", 3, 2, 0, 1, 2, 0, 0}, {"Error", 3, 2, 0, 1, 3, 1, 0},
      {"Failed", 4, 2, 1, 1, 3, 0, 0},     {"Successful", 5, 3, 1, 1, 3, 0, 1},
  };
  for (const auto& row : rows) {
    run.measure("a", row.phase, noon);
    const crds::MetricResult& result = run.status.metric_results[0];
    BOOST_TEST(result.count == row.count);
    BOOST_TEST(result.successful == row.successful);
    BOOST_TEST(result.failed == row.failed);
    BOOST_TEST(result.inconclusive == row.inconclusive);
    BOOST_TEST(result.error == row.error);
    BOOST_TEST(result.consecutive_error == row.consecutive_error);
    BOOST_TEST(result.consecutive_success == row.consecutive_success);
  }
}

struct Ending {
  const char* name;
  const char* fields;        // limits: f failure, i inconclusive, e consecutive error, s consecutive success, c count
  const char* measurements;  // S F I E, one letter each
  const char* phase;
  const char* message;
};

void set_limits(crds::Metric& metric, const std::string& fields) {
  for (std::size_t at = 0; at < fields.size();) {
    const std::size_t end = std::min(fields.find(' ', at), fields.size());
    const kube::IntOrString value{std::int64_t{std::stol(fields.substr(at + 2, end - at - 2))}};
    switch (fields[at]) {
      case 'f':
        metric.failure_limit = value;
        break;
      case 'i':
        metric.inconclusive_limit = value;
        break;
      case 'e':
        metric.consecutive_error_limit = value;
        break;
      case 's':
        metric.consecutive_success_limit = value;
        break;
      default:
        metric.count = value;
    }
    at = end + 1;
  }
}

const char* phase_of_letter(char letter) {
  switch (letter) {
    case 'S':
      return "Successful";
    case 'F':
      return "Failed";
    case 'I':
      return "Inconclusive";
    default:
      return "Error";
  }
}

BOOST_AUTO_TEST_CASE(metrics_end_by_their_limits) {
  const Ending rows[] = {
      {"the first failure", "c=3", "F", "Failed", "Metric \"a\" assessed Failed due to failed (1) > failureLimit (0)"},
      {"failures up to the limit", "c=3 f=1", "FS", "Running", ""},
      {"one failure too many", "c=3 f=1", "FSF", "Failed",
       "Metric \"a\" assessed Failed due to failed (2) > failureLimit (1)"},
      {"failures that may be", "c=3 f=1", "FSS", "Successful", ""},
      {"the first inconclusive", "c=3", "I", "Inconclusive",
       "Metric \"a\" assessed Inconclusive due to inconclusive (1) > inconclusiveLimit (0)"},
      {"inconclusive up to the limit", "c=3 i=2", "III", "Inconclusive",
       "Metric \"a\" assessed Inconclusive due to inconclusive (3) > inconclusiveLimit (2)"},
      {"four errors", "", "EEEE", "Running", ""},
      {"the fifth error in a row", "", "EEEEE", "Error",
       "Metric \"a\" assessed Error due to consecutiveErrors (5) > consecutiveErrorLimit (4)"},
      {"errors with a pause", "c=3", "EEEESEEEE", "Running", ""},
      {"no error at all", "e=0", "E", "Error",
       "Metric \"a\" assessed Error due to consecutiveErrors (1) > consecutiveErrorLimit (0)"},
      {"errors do not count", "c=2", "ESES", "Successful", ""},
      {"enough successes in a row", "c=9 s=2", "SS", "Successful", ""},
      {"successes in a row after a failure", "c=9 s=2 f=1", "SFSS", "Successful", ""},
      {"too few in a row", "c=3 s=2 f=1", "SFS", "Inconclusive",
       "Metric \"a\" assessed Inconclusive due to consecutiveSuccesses (1) < consecutiveSuccessLimit (2)"},
      {"too few in a row, failures off", "c=3 s=2 f=-1", "SFS", "Failed",
       "Metric \"a\" assessed Failed due to consecutiveSuccesses (1) < consecutiveSuccessLimit (2)"},
      {"failures off", "c=4 s=2 f=-1", "FFSS", "Successful", ""},
      {"a negative count is one measurement", "c=-1", "S", "Successful", ""},
      {"an error is no measurement of a negative count", "c=-1", "E", "Running", ""},
      {"error beats inconclusive", "i=0 e=0", "E", "Error",
       "Metric \"a\" assessed Error due to consecutiveErrors (1) > consecutiveErrorLimit (0)"},
  };
  for (const Ending& row : rows) {
    Run run({metric("a")});
    run.spec.metrics[0].interval = "1s";
    set_limits(run.spec.metrics[0], row.fields);
    run.pass(noon);
    for (const char* letter = row.measurements; *letter; ++letter) run.measure("a", phase_of_letter(*letter), noon);
    BOOST_TEST_CONTEXT(row.name) {
      BOOST_TEST(run.status.phase == row.phase);
      BOOST_TEST(run.status.message == row.message);
      BOOST_TEST(run.status.metric_results[0].phase == row.phase);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_summary_counts_metrics_by_their_phase) {
  Run run({metric("a"), metric("b"), metric("c")});
  run.pass(noon);
  run.measure("a", "Successful", noon);
  BOOST_TEST(run.status.phase == "Running");
  run.measure("b", "Failed", noon);
  BOOST_TEST(run.status.run_summary.count == 3);
  BOOST_TEST(run.status.run_summary.successful == 1);
  BOOST_TEST(run.status.run_summary.failed == 1);
}

BOOST_AUTO_TEST_CASE(the_error_text_of_the_last_measurement_is_in_the_message) {
  Run run({metric("a")});
  run.spec.metrics[0].consecutive_error_limit = kube::IntOrString{1};
  run.pass(noon);
  run.measure("a", "Error", noon, "no data");
  run.measure("a", "Error", noon, "no route");
  BOOST_TEST(run.status.message ==
             "Metric \"a\" assessed Error due to consecutiveErrors (2) > consecutiveErrorLimit (1): "
             "\"Error Message: no route\"");
  BOOST_TEST(run.status.metric_results[0].message == "no route");
  BOOST_TEST(run.events.back().warning);
}

BOOST_AUTO_TEST_CASE(a_bad_metric_ends_the_run_and_the_others_with_it) {
  Run run({metric("a"), metric("b")});
  run.spec.metrics[1].interval = "1m";
  run.pass(noon);
  run.measure("b", "Successful", noon);
  run.measure("a", "Failed", noon);
  BOOST_TEST(run.status.phase == "Failed");
  BOOST_TEST(run.status.metric_results[1].name == "b");  // in the order of the spec
  BOOST_TEST(run.status.metric_results[1].phase == "Successful");
}

BOOST_AUTO_TEST_CASE(failed_is_worse_than_error_and_the_worst_metric_gives_the_message) {
  Run run({metric("a"), metric("b")});
  run.spec.metrics[0].consecutive_error_limit = kube::IntOrString{0};
  run.pass(noon);
  run.pass(noon, {{"a", measurement("Error", noon, noon), {}}, {"b", measurement("Failed", noon, noon), {}}});
  BOOST_TEST(run.status.phase == "Failed");
  BOOST_TEST(run.status.message == "Metric \"b\" assessed Failed due to failed (1) > failureLimit (0)");
}

BOOST_AUTO_TEST_CASE(a_job_is_ended_before_a_failed_run_is_over) {
  Run run({metric("a"), job_metric("b")});
  run.pass(noon);
  run.pass(noon, {{"b", unfinished(noon), {}}});
  const RunDecision decision = run.measure("a", "Failed", noon);
  BOOST_TEST(run.status.phase == "Running");
  BOOST_REQUIRE(decision.terminate.size() == 1u);
  BOOST_TEST(decision.terminate[0] == 1u);
  run.measure("b", "Inconclusive", noon, "Metric Terminated");
  BOOST_TEST(run.status.phase == "Failed");
  BOOST_TEST(run.status.run_summary.inconclusive == 1);
}

BOOST_AUTO_TEST_CASE(a_job_that_is_being_created_is_waited_for) {
  Run run({job_metric("a")});
  run.pass(noon);
  run.under_way = {"a"};
  run.spec.terminate = true;
  BOOST_TEST(run.pass(noon).status.phase == "Running");
  run.under_way.clear();
  const RunDecision known = run.pass(noon, {{"a", unfinished(noon), {}}});
  BOOST_TEST(known.terminate.size() == 1u);
}

BOOST_AUTO_TEST_CASE(terminating_by_a_user) {
  Run idle({metric("a")});
  idle.spec.metrics[0].interval = "1m";
  idle.pass(noon);
  idle.measure("a", "Successful", noon);
  idle.spec.terminate = true;
  idle.pass(noon + seconds{5});
  BOOST_TEST(idle.status.phase == "Successful");
  BOOST_TEST(idle.status.message == "Run Terminated");

  Run fresh({metric("a")});
  fresh.spec.terminate = true;
  BOOST_TEST(fresh.pass(noon).start.empty());
  BOOST_TEST(fresh.status.phase == "Successful");

  // A Job that is cut off says nothing about the release.
  Run job({job_metric("a")});
  job.pass(noon);
  job.pass(noon, {{"a", unfinished(noon), {}}});
  job.spec.terminate = true;
  BOOST_TEST(job.look(noon).terminate.size() == 1u);
  job.measure("a", "Inconclusive", noon, "Metric Terminated");
  BOOST_TEST(job.status.phase == "Inconclusive");
}

BOOST_AUTO_TEST_CASE(a_dry_run_is_measured_but_does_not_count) {
  Run run({metric("a"), metric("b-dry")});
  run.spec.dry_run = {{"dry"}};
  run.pass(noon);
  run.measure("b-dry", "Failed", noon);
  BOOST_TEST(run.status.phase == "Running");
  BOOST_TEST(run.status.metric_results[0].dry_run);
  BOOST_TEST(run.status.metric_results[0].message == "Metric assessed Failed due to failed (1) > failureLimit (0)");
  run.measure("a", "Successful", noon);
  BOOST_TEST(run.status.phase == "Successful");
  BOOST_TEST(run.status.run_summary.count == 1);
  BOOST_TEST(run.status.dry_run_summary->failed == 1);

  Run only_dry({metric("dry")});
  only_dry.spec.dry_run = {{"dry"}};
  only_dry.pass(noon);
  only_dry.measure("dry", "Failed", noon);
  BOOST_TEST(only_dry.status.phase == "Successful");
}

BOOST_AUTO_TEST_CASE(old_measurements_are_dropped_but_still_counted) {
  for (const int kept : {10, 3}) {
    Run run({metric("a")});
    run.spec.metrics[0].interval = "1s";
    if (kept != 10) run.spec.measurement_retention = {{"a", kept}};
    run.pass(noon);
    for (int i = 0; i < 14; ++i) run.measure("a", "Successful", noon + seconds{i});
    BOOST_TEST(run.status.metric_results[0].measurements.size() == static_cast<std::size_t>(kept));
    BOOST_TEST((run.status.metric_results[0].measurements.back().finished_at == noon + seconds{13}));
    BOOST_TEST(run.status.metric_results[0].count == 14);
    BOOST_TEST(run.look(noon + seconds{20}).start[0].number == 15);
  }
}

BOOST_AUTO_TEST_CASE(a_run_that_cannot_be_measured_says_why_and_ends) {
  Run run({metric("a")});
  run.problem = "Analysis spec invalid: metrics[0]: no provider specified";
  run.pass(noon);
  BOOST_TEST(run.status.phase == "Error");
  BOOST_TEST(run.status.message == run.problem);
  BOOST_TEST(run.status.completed_at.has_value());
  BOOST_TEST(run.events.size() == 1u);
}

BOOST_AUTO_TEST_CASE(times_and_texts_fit_the_status) {
  Run run({metric("a")});
  run.spec.metrics[0].interval = "1m";
  run.pass(noon + std::chrono::milliseconds{700});
  run.measure("a", "Error", noon + std::chrono::milliseconds{1900}, std::string(5000, 'x'));
  const crds::Measurement& seen = run.status.metric_results[0].measurements[0];
  BOOST_TEST((run.status.started_at == noon));
  BOOST_TEST((seen.finished_at == noon + seconds{1}));
  BOOST_TEST(seen.message.size() <= 1024u);
  BOOST_TEST(seen.message.ends_with("… (5000 bytes)"));
}

BOOST_AUTO_TEST_CASE(a_status_never_grows_beyond_what_a_server_takes) {
  Run run({metric("a"), metric("b")});
  for (crds::Metric& each : run.spec.metrics) {
    each.interval = "1s";
    each.consecutive_error_limit = kube::IntOrString{5000};
  }
  run.spec.measurement_retention = {{".", 1000}};
  run.pass(noon);
  for (int i = 0; i < 500; ++i)
    for (const char* name : {"a", "b"}) run.measure(name, "Error", noon, std::string(900, 'x'));
  const auto& results = run.status.metric_results;
  const std::size_t kept = results[0].measurements.size() + results[1].measurements.size();
  BOOST_TEST(kept < 500u);
  BOOST_TEST(kept > 450u);
  BOOST_TEST(results[0].error == 500);
}

BOOST_AUTO_TEST_CASE(a_finished_run_is_removed_when_its_time_is_over) {
  const struct {
    const char* phase;
    std::optional<int> completion, failure, success;
    int removed_after;  // seconds; -1 for never
  } rows[] = {
      {"Successful", 100, 10, 20, 20}, {"Successful", 100, 10, {}, 100}, {"Failed", 100, 10, 20, 10},
      {"Failed", 100, {}, 20, 100},    {"Inconclusive", {}, 10, 20, 10}, {"Successful", {}, 10, {}, -1},
  };
  for (const auto& row : rows) {
    Run run({metric("a")});
    run.spec.ttl_strategy = crds::TtlStrategy{row.completion, row.failure, row.success};
    run.pass(noon);
    run.measure("a", row.phase, noon);
    const RunDecision settled = run.look(noon);
    BOOST_TEST(!settled.remove);
    if (row.removed_after < 0) {
      BOOST_TEST(!settled.wake_at.has_value());
      continue;
    }
    const kube::Time end = noon + seconds{row.removed_after};
    BOOST_TEST((settled.wake_at == end));
    BOOST_TEST(!run.look(end - kube::Duration{1}).remove);
    BOOST_TEST(run.look(end).remove);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::analysis
