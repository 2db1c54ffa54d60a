// Runs that the reference has really made: the same measurements lead assess() to the same status, to the last byte.
#include <algorithm>
#include <fstream>
#include <iterator>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "analysis/assess.h"
#include "analysis/job_object.h"
#include "analysis/phase.h"
#include "analysis/plan.h"
#include "analysis/verdict.h"
#include "crds/decode.h"
#include "kube/json.h"
#include "kube/patch.h"

namespace sluice::analysis {
namespace {

namespace json = boost::json;

json::array recorded_runs() {
  std::ifstream file(SLUICE_SOURCE_DIR "/test/data/analysis/recorded-runs.json");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return kube::parse_json(text)->as_array();
}

std::shared_ptr<const crds::AnalysisRun> decoded(const json::value& recorded) {
  json::object object = recorded.as_object();
  object["metadata"] = json::object{{"name", recorded.at("name")}, {"uid", recorded.at("uid")}};
  kube::Mistakes mistakes;
  auto run = crds::decode_analysis_run(object, mistakes);
  BOOST_REQUIRE_MESSAGE(mistakes.empty(), kube::describe(mistakes));
  return run;
}

// All measurements of all metrics in the order in which they ended.
std::vector<Outcome> outcomes_of(const crds::AnalysisRunStatus& status) {
  std::vector<Outcome> outcomes;
  for (const crds::MetricResult& result : status.metric_results)
    for (const crds::Measurement& measurement : result.measurements)
      outcomes.push_back({result.name, measurement, result.metadata});
  std::ranges::sort(outcomes, {}, [](const Outcome& outcome) { return *outcome.measurement.finished_at; });
  return outcomes;
}

BOOST_AUTO_TEST_SUITE(recorded_runs_tests)

BOOST_AUTO_TEST_CASE(the_same_measurements_make_the_same_status) {
  const json::array runs = recorded_runs();
  BOOST_TEST(runs.size() == 14u);
  for (const json::value& recorded : runs) {
    const auto run = decoded(recorded);
    auto going = std::make_shared<crds::AnalysisRunSpec>(*run->spec);
    going->terminate = false;
    RunPlan plan = plan_run(going);
    BOOST_TEST(plan.problem == "");
    crds::AnalysisRunStatus status;
    status = assess({plan.spec, status, plan.problem, {}, {}}, *run->status.started_at).status;
    for (Outcome& outcome : outcomes_of(run->status)) {
      if (outcome.measurement.metadata.contains("job-name")) {  // a Job is first seen running
        Outcome begun = outcome;
        begun.measurement.phase = name_of(Phase::running);
        begun.measurement.finished_at.reset();
        begun.measurement.message = "";
        status = assess({plan.spec, status, "", {begun}, {}}, *begun.measurement.started_at).status;
        BOOST_TEST(outcome.measurement.metadata.get("job-name") ==
                   job_name(run->meta.uid, outcome.metric, job_number(outcome.measurement.metadata.get("job-name"))));
      }
      plan.spec.terminate = outcome.measurement.message == "Metric Terminated";
      const kube::Time now = *outcome.measurement.finished_at;
      status = assess({plan.spec, status, "", {std::move(outcome)}, {}}, now).status;
    }
    BOOST_TEST_CONTEXT(recorded.at("trace").as_string() << " " << run->meta.name) {
      const json::value made = crds::encode_status(status);
      const auto difference = kube::merge_difference(recorded.at("status"), made);
      BOOST_TEST(!difference.has_value(), (difference ? kube::print_json(*difference) : ""));
    }
  }
}

BOOST_AUTO_TEST_CASE(the_same_values_get_the_same_verdict) {
  int judged = 0;
  for (const json::value& recorded : recorded_runs()) {
    const auto run = decoded(recorded);
    for (const crds::MetricResult& result : run->status.metric_results)
      for (const crds::Measurement& measurement : result.measurements) {
        const crds::Metric& metric = run->spec->metrics[0];
        if (!metric.provider.prometheus || measurement.message.starts_with("server_error")) continue;
        expression::List list;
        list.elements = expression::Kind::floating;
        if (measurement.value.size() > 2)
          list.items.emplace_back(std::stod(measurement.value.substr(1, measurement.value.size() - 2)));
        const Judgement judgement = judge(metric.success_condition, metric.failure_condition, list, {});
        BOOST_TEST(name_of(judgement.phase) == measurement.phase.view(), measurement.value);
        BOOST_TEST(judgement.message == measurement.message);
        ++judged;
      }
  }
  BOOST_TEST(judged >= 8);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::analysis
