// Whole lives of runs that compare the canary with the stable version: verdicts, lost looks, restarts, endings by hand.
#include <cmath>
#include <fstream>
#include <iterator>

#include <boost/test/unit_test.hpp>

#include "analysis/phase.h"
#include "kube/yaml.h"
#include "test/simulation/analysis_world.h"

namespace sluice::analysis {
namespace {

using kube::Time;
using std::chrono::minutes;
using std::chrono::seconds;

std::string decoded(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      plain += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      plain += text[i] == '+' ? ' ' : text[i];
    }
  }
  return plain;
}
std::string field(const std::string& form, const std::string& name) {
  const std::size_t at = form.find(name + "=") + name.size() + 1;
  return decoded(std::string_view(form).substr(at, form.find('&', at) - at));
}

kube::HttpResponse vector_of(double value) {
  kube::HttpResponse response;
  response.status = 200;
  response.body = R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,")" +
                  std::to_string(value) + R"("]}]}})";
  return response;
}
kube::HttpResponse no_series() {
  kube::HttpResponse response;
  response.status = 200;
  response.body = R"({"status":"success","data":{"resultType":"vector","result":[]}})";
  return response;
}

// An arm of the traffic that Prometheus has seen. Bad requests differ from block to block, the same at every asking.
struct TrafficArm {
  double rps = 0;
  double bad = 0;  // fraction
  bool has_series = true;
};

struct CompareWorld : AnalysisWorld {
  TrafficArm canary{10, .003};
  TrafficArm baseline{90, .003};
  double guard = 0;
  bool is_up = true;
  int asked_guard = 0;
  std::vector<std::string> queries;

  CompareWorld() {
    backend = [this](const kube::HttpRequest& request) { return answer(request); };
  }

  kube::Result<kube::HttpResponse> answer(const kube::HttpRequest& request) {
    if (!is_up) return kube::Error{kube::Fault::unavailable, "prometheus: connection refused"};
    const std::string query = field(request.body, "query");
    queries.push_back(query);
    if (query == "guard") {
      ++asked_guard;
      return vector_of(guard);
    }
    const TrafficArm& arm = query.find("hash=\"new\"") != std::string::npos ? canary : baseline;
    if (!arm.has_series) return no_series();
    // increase(m[45s]) of 30 s: the raw difference, extrapolated.
    double block = std::stod(field(request.body, "time")) / 30;
    const double total = std::round(arm.rps * 30);
    const double wave = 1 + .5 * std::sin(block * 12.9898 + (&arm == &canary ? 1 : 0));
    const double bad = std::round(total * arm.bad * wave);
    return vector_of((query.find("code!~") == std::string::npos ? total : total - bad) * 1.5);
  }

  static std::string errors(const std::string& more = "", const std::string& metric = "",
                            const std::string& prometheus = "", const std::string& name = "errors") {
    return R"({"name":")" + name + R"(",)" + metric + R"("provider":{"prometheus":{"address":"http://prometheus")" +
           prometheus + R"(}},"compare":{"kind":"errorRate",)" + more +
           R"("total":"total{$SELECTOR}[$RANGE]","good":"total{$SELECTOR,code!~\"5..\"}[$RANGE]",)"
           R"("canary":{"hash":"{{args.canary}}"},"baseline":{"hash":"old"}}})";
  }
  void compare(const std::string& metrics) {
    make_run(R"({"args":[{"name":"canary","value":"new"}],"metrics":[)" + metrics + "]}");
  }
  const crds::MetricResult& result() {
    shown = run();
    return shown->status.metric_results.at(0);
  }
  const crds::Measurement& measurement() { return result().measurements.back(); }
  std::shared_ptr<const crds::AnalysisRun> shown;
};

BOOST_FIXTURE_TEST_SUITE(compare_runs, CompareWorld, *boost::unit_test::timeout(120))

BOOST_AUTO_TEST_CASE(a_far_worse_canary_fails_within_minutes_and_says_why) {
  canary.bad = .3;
  compare(errors());
  BOOST_REQUIRE(run_until_over(minutes{6}));
  const crds::MetricResult& failed = result();
  BOOST_TEST(shown->status.phase == "Failed");
  BOOST_TEST(failed.measurements.size() == 1u);
  BOOST_TEST(failed.failed == 1);
  BOOST_TEST(failed.measurements[0].message.starts_with("worse than 1.25x baseline: canary "), failed.message);
  BOOST_TEST(failed.measurements[0].metadata.get("verdict") == "fail");
  BOOST_TEST(!failed.measurements[0].metadata.contains("state"));
  BOOST_TEST(shown->status.message ==
             "Metric \"errors\" assessed Failed due to failed (1) > failureLimit (0): \"Error Message: " +
                 failed.measurements[0].message + "\"");
  BOOST_TEST(queries[0] == "total{hash=\"new\"}[45s]");
  BOOST_TEST(std::string(failed.metadata.get("ResolvedCompareQueries")).find(R"(code!~"5.."}[45s])") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_equal_canary_passes_and_costs_one_write_a_block) {
  canary.rps = baseline.rps = 200;
  compare(errors());
  const int before = life->transport.writes();
  BOOST_REQUIRE(run_until_over(minutes{30}));
  const crds::Measurement& passed = measurement();
  BOOST_TEST(shown->status.phase == "Successful");
  BOOST_TEST(passed.message.starts_with("2x regression excluded: canary "), passed.message);
  BOOST_TEST(passed.metadata.get("verdict") == "pass");
  const int windows = static_cast<int>((*passed.finished_at - *passed.started_at) / seconds{30}) + 1;
  BOOST_TEST(life->transport.writes() - before <= windows + 2);
  BOOST_TEST(queries.size() <= static_cast<std::size_t>(windows) * 4);
}

BOOST_AUTO_TEST_CASE(what_is_known_stands_in_the_status_while_it_lasts) {
  compare(errors());
  clock.run_for(minutes{10});
  const crds::Measurement& running = measurement();
  BOOST_TEST(shown->status.phase == "Running");
  BOOST_TEST(running.phase == "Running");
  BOOST_TEST(running.message.starts_with("undecided: canary "), running.message);
  BOOST_TEST(running.metadata.get("verdict") == "undecided");
  BOOST_TEST(running.metadata.get("state").starts_with("v1;"));
  BOOST_TEST((running.resume_at && *running.resume_at > clock.now()));
  BOOST_TEST(shown->status.metric_results[0].count == 0);
}

BOOST_AUTO_TEST_CASE(too_little_traffic_ends_inconclusive_after_the_longest_time) {
  canary.rps = 1;
  baseline.rps = 9;
  compare(errors(R"("maxDuration":"5m",)"));
  BOOST_REQUIRE(run_until_over(minutes{6}));
  BOOST_TEST((*run()->status.completed_at - *run()->status.started_at <= minutes{5} + seconds{2}));
  BOOST_TEST(measurement().message.starts_with("insufficient data after 5m: "), measurement().message);
  BOOST_TEST(shown->status.phase == "Inconclusive");
}

BOOST_AUTO_TEST_CASE(the_author_decides_what_too_little_means) {
  const struct {
    const char* word;
    const char* phase;
  } rows[] = {
      {"Successful", "Successful"}, {"Failed", "Failed"}, {"Inconclusive", "Inconclusive"}, {"Wait", "Running"}};
  canary.rps = 1;
  baseline.rps = 9;
  for (const auto& row : rows)
    make_run(R"({"args":[{"name":"canary","value":"new"}],"metrics":[)" +
                 errors(R"("maxDuration":"2m","onInsufficient":")" + std::string(row.word) + "\",") + "]}",
             std::string("run-") + static_cast<char>(std::tolower(row.word[0])) + std::to_string(&row - rows));
  clock.run_for(minutes{4});
  for (const auto& row : rows)
    BOOST_TEST(run(std::string("run-") + static_cast<char>(std::tolower(row.word[0])) + std::to_string(&row - rows))
                   ->status.phase == row.phase);
}

BOOST_AUTO_TEST_CASE(a_backend_that_is_away_for_a_while_costs_no_evidence) {
  // The same comparison without the outage.
  canary.bad = .012;
  compare(errors());
  make_run(
      R"({"args":[{"name":"canary","value":"new"}],"metrics":[)" + errors("", R"("consecutiveErrorLimit":100,)") + "]}",
      "patient");
  clock.run_for(minutes{5});
  const std::string before(run("patient")->status.metric_results[0].measurements[0].metadata.get("evidenceAgainst"));
  is_up = false;
  clock.run_for(seconds{150});
  const auto away = run("patient");
  const crds::Measurement& kept = away->status.metric_results[0].measurements[0];
  BOOST_TEST(away->status.metric_results[0].consecutive_error > 4);
  BOOST_TEST(kept.metadata.get("evidenceAgainst") == before);
  BOOST_TEST(kept.message.starts_with("look skipped, error "), kept.message);
  BOOST_TEST(kept.message.ends_with("prometheus: connection refused"));
  // The impatient one has ended in an error, not in a failure of the release.
  BOOST_TEST(run()->status.phase == "Error");
  BOOST_TEST(run()->status.message.starts_with(
      "Metric \"errors\" assessed Error due to consecutiveErrors (5) > consecutiveErrorLimit (4)"));
  is_up = true;
  BOOST_REQUIRE(run_until_over(minutes{30}, "patient"));
  BOOST_TEST(run("patient")->status.phase == "Failed");
  // The missing windows were asked for afterwards: the evidence is that of a world without the outage.
  CompareWorld calm;
  calm.canary.bad = .012;
  calm.compare(errors());
  BOOST_REQUIRE(calm.run_until_over(minutes{30}));
  const auto ended = run("patient");
  BOOST_TEST(ended->status.metric_results[0].measurements[0].message == calm.measurement().message);
}

BOOST_AUTO_TEST_CASE(a_canary_without_series_is_waited_for_and_a_missing_baseline_is_an_error) {
  canary.has_series = false;
  compare(errors());
  clock.run_for(minutes{4});
  BOOST_TEST(measurement().message == "undecided: the canary has no traffic");
  baseline.has_series = false;
  BOOST_REQUIRE(run_until_over(minutes{3}));
  BOOST_TEST(run()->status.phase == "Error");
  BOOST_TEST(measurement().message.starts_with("no data for baseline {hash=\"old\"}: query total{hash=\"old\"}"),
             measurement().message);
}

BOOST_AUTO_TEST_CASE(a_guard_ends_it_at_once) {
  compare(errors("", R"("interval":"10s","failureCondition":"result[0] > 0.3",)", R"(,"query":"guard")"));
  clock.run_for(seconds{95});
  BOOST_TEST(asked_guard >= 7);
  guard = .5;
  BOOST_REQUIRE(run_until_over(seconds{15}));
  BOOST_TEST(run()->status.phase == "Failed");
  BOOST_TEST(measurement().message == "hard guard: failureCondition result[0] > 0.3 holds for [0.5]");
}

BOOST_AUTO_TEST_CASE(who_ends_it_early_gets_no_failure) {
  compare(errors());
  clock.run_for(minutes{5});
  patch_run(R"({"spec":{"terminate":true}})");
  BOOST_REQUIRE(run_until_over(seconds{5}));
  BOOST_TEST(run()->status.phase == "Successful");
  BOOST_TEST(measurement().message == "Metric Terminated");
  BOOST_TEST(measurement().metadata.get("verdict") == "undecided");
}

BOOST_AUTO_TEST_CASE(after_a_pass_it_can_watch_on_for_a_failure) {
  canary.rps = baseline.rps = 200;
  compare(errors(R"("stopOnPass":false,)"));
  clock.run_for(minutes{40});
  BOOST_TEST(run()->status.phase == "Running");
  BOOST_TEST(measurement().metadata.get("verdict") == "pass");
  BOOST_TEST(measurement().message.ends_with("; watching on for a failure"));
  canary.bad = .4;
  BOOST_REQUIRE(run_until_over(minutes{60}));
  BOOST_TEST(run()->status.phase == "Failed");
}

BOOST_AUTO_TEST_CASE(several_comparisons_share_the_chance_of_a_false_alarm) {
  canary.bad = .3;
  compare(errors() + "," + errors("", "", "", "second"));
  BOOST_REQUIRE(run_until_over(minutes{10}));
  BOOST_TEST(measurement().message.find("x >= 200x after") != std::string::npos, measurement().message);
}

BOOST_AUTO_TEST_CASE(a_mistake_ends_the_run_before_anything_is_asked) {
  compare(errors(R"("tolerance":3,"alpha":0.9,)"));
  BOOST_REQUIRE(run_until_over(seconds{5}));
  BOOST_TEST(run()->status.phase == "Error");
  BOOST_TEST(run()->status.message.find("metrics[0].compare.minimumEffect: Invalid value: 2") != std::string::npos);
  BOOST_TEST(run()->status.message.find("metrics[0].compare.alpha: Invalid value: 0.9") != std::string::npos);
  BOOST_TEST(queries.empty());
}

BOOST_AUTO_TEST_CASE(the_example_fails_a_bad_canary) {
  std::ifstream file(SLUICE_SOURCE_DIR "/examples/canary-compare/analysis-template.yaml");
  const auto documents = kube::parse_yaml_documents(std::string(std::istreambuf_iterator<char>(file), {}));
  BOOST_REQUIRE(documents.has_value());
  json::object spec = documents->at(0).at("spec").as_object();
  spec["args"] = json::array{json::object{{"name", "canary-hash"}, {"value", "new"}},
                             json::object{{"name", "stable-hash"}, {"value", "old"}},
                             json::object{{"name", "prometheus"}, {"value", "http://prometheus:9090"}}};
  make_run(json::serialize(spec));
  clock.run_for(minutes{20});
  BOOST_TEST(run()->status.phase == "Running");
  canary.bad = .5;
  BOOST_REQUIRE(run_until_over(minutes{30}));
  BOOST_TEST(run()->status.phase == "Failed");
}

// Killed before or after every single write of a status, the comparison ends with the same evidence to the last digit.
BOOST_AUTO_TEST_CASE(a_controller_that_dies_at_every_write_changes_nothing) {
  canary.bad = .05;
  compare(errors());
  BOOST_REQUIRE(run_until_over(minutes{30}));
  const crds::Measurement undisturbed = measurement();
  BOOST_TEST(undisturbed.phase == "Failed");
  for (const bool after : {false, true}) {
    CompareWorld other;
    other.canary.bad = .05;
    bool dead = false;
    const auto watch = [&] {
      const auto kill = [&](const kube::ApiRequest& request) {
        if (!WatchedTransport::is_write(request)) return;
        other.life->transport.cut = true;
        dead = true;
      };
      (after ? other.life->transport.after : other.life->transport.before) = kill;
    };
    other.compare(errors());
    int deaths = 0;
    watch();
    for (int i = 0; i < 400 && !is_completed(phase_of(other.run()->status.phase)); ++i) {
      other.clock.run_for(seconds{15});
      if (dead) {
        dead = false;
        ++deaths;
        other.kill();
        other.start();
      } else if (i % 3 == 0) {
        watch();  // in between a write gets through, so that there is progress
      }
    }
    BOOST_TEST(deaths >= 3);
    const crds::Measurement& ended = other.measurement();
    BOOST_TEST(ended.phase == "Failed");
    BOOST_TEST(ended.metadata.get("blocks") == undisturbed.metadata.get("blocks"));
    BOOST_TEST(ended.metadata.get("evidenceAgainst") == undisturbed.metadata.get("evidenceAgainst"));
    BOOST_TEST(ended.message == undisturbed.message);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::analysis
