// Every rule for analysis templates, one row each.
#include "crds/validate_analysis.h"

#include <string>

#include <boost/test/unit_test.hpp>

#include "crds/analysis.h"
#include "crds/decode.h"
#include "spoiled.h"
#include "trace_data.h"

namespace sluice::crds {
namespace {

BOOST_AUTO_TEST_SUITE(analysis_templates)

struct Row {
  std::string_view patch;  // of the only metric
  std::string_view told;
};

std::string told_about(const json::value& object) {
  kube::Mistakes unread;
  const auto read = decode_analysis_template(object, unread);
  BOOST_TEST(kube::describe(unread) == "");
  return kube::describe(validate_analysis_template(*read));
}

json::value with_metric(std::string_view patch) {
  json::value object = kube::parse_json(R"({"metadata":{"name":"t"},"spec":{"metrics":[]}})").value();
  object.at("spec").at("metrics").as_array().push_back(
      spoiled(R"({"name":"m","provider":{"prometheus":{"address":"http://p","query":"up"}}})", patch));
  return object;
}

BOOST_AUTO_TEST_CASE(metrics) {
  const Row rows[] = {
      {R"({})", ""},
      {R"({"count":3,"interval":"10s","failureLimit":2,"consecutiveErrorLimit":0})", ""},
      {R"({"count":"{{args.n}}","failureLimit":"{{args.l}}","interval":"{{args.i}}"})", ""},
      {R"({"name":""})", "spec.metrics[0].name: Required value"},
      {R"({"consecutiveSuccessLimit":-1})",
       "spec.metrics[0].consecutiveSuccessLimit: Invalid value: -1: consecutiveSuccessLimit must be >= 0"},
      {R"({"failureLimit":-2,"consecutiveSuccessLimit":1})",
       "spec.metrics[0].failureLimit: Invalid value: -2: failureLimit must be >= 0, or -1 to be disabled"},
      {R"({"failureLimit":-1})",
       "spec.metrics[0].failureLimit: Invalid value: -1: failureLimit and consecutiveSuccessLimit cannot both be "
       "disabled"},
      {R"({"failureLimit":-1,"consecutiveSuccessLimit":2})", ""},
      {R"({"inconclusiveLimit":-1})",
       "spec.metrics[0].inconclusiveLimit: Invalid value: -1: inconclusiveLimit must be >= 0"},
      {R"({"consecutiveErrorLimit":-1})",
       "spec.metrics[0].consecutiveErrorLimit: Invalid value: -1: consecutiveErrorLimit must be >= 0"},
      {R"({"count":2,"interval":"1s","failureLimit":2,"consecutiveSuccessLimit":1})",
       "spec.metrics[0].count: Invalid value: 2: count (2) must be >= failureLimit + consecutiveSuccessLimit (2 + 1) "
       "if "
       "both >= 0"},
      {R"({"count":2,"interval":"1s","failureLimit":-1,"consecutiveSuccessLimit":3})",
       "spec.metrics[0].count: Invalid value: 2: count must be >= consecutiveSuccessLimit"},
      {R"({"count":2,"interval":"1s","inconclusiveLimit":3})",
       "spec.metrics[0].count: Invalid value: 2: count must be >= inconclusiveLimit"},
      {R"({"count":2})", "spec.metrics[0].interval: Required value: interval must be specified when count > 1"},
      {R"({"provider":{"prometheus":null}})", "spec.metrics[0].provider: Required value: no provider specified"},
      {R"({"provider":{"job":{"spec":{}}}})", "spec.metrics[0].provider: Invalid value: multiple providers specified"},
      {R"({"provider":{"prometheus":null,"web":{"url":"http://x"}}})", ""},
      {R"({"provider":{"web":{"url":"http://x"}}})",
       "spec.metrics[0].provider: Invalid value: multiple providers specified"},
      {R"({"provider":{"prometheus":null,"plugin":{"own":{}}}})",
       "spec.metrics[0].provider.plugin.own: Forbidden: metric plugins are not run by this version; use web or job"},
      {R"({"provider":{"prometheus":{"authentication":{"oauth2":{},"sigv4":{},"basicAuth":{}}}}})", ""},
  };
  for (const Row& row : rows) BOOST_TEST(told_about(with_metric(row.patch)) == row.told, std::string(row.patch));
}

BOOST_AUTO_TEST_CASE(a_bad_duration_is_told_with_its_text) {
  const std::string told = told_about(with_metric(R"({"interval":"3600"})"));
  BOOST_TEST(told.starts_with("spec.metrics[0].interval: Invalid value: \"3600\": invalid interval string: "), told);
  const std::string delay = told_about(with_metric(R"({"initialDelay":"1d"})"));
  BOOST_TEST(delay.starts_with("spec.metrics[0].initialDelay: Invalid value: \"1d\": invalid startDelay string: "),
             delay);
}

BOOST_AUTO_TEST_CASE(the_rest_of_a_template) {
  const Row rows[] = {
      {R"({"spec":{"metrics":null}})", "spec.metrics: Required value: no metrics specified"},
      {R"({"spec":{"metrics":null,"templates":[{"templateName":"t"}]}})", ""},
      {R"({"spec":{"args":[{"name":"a"},{"name":"a"}]}})", "spec.args[1].name: Duplicate value: \"a\""},
      {R"({"spec":{"args":[{"name":"a","value":"v","valueFrom":{"secretKeyRef":{"name":"n","key":"k"}}}]}})",
       "spec.args[0]: Invalid value: \"a\": arg 'a' has both Value and ValueFrom fields"},
      {R"({"spec":{"args":[{"name":"a","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}}]}})",
       "spec.args[0].valueFrom.fieldRef: Forbidden: fields can be taken by the arguments of a Rollout only; give the "
       "value there"},
      {R"({"spec":{"dryRun":[{"metricName":"m"},{"metricName":"m"}]}})",
       "spec.dryRun[1].metricName: Invalid value: \"m\": two Dry-Run metric rules have the same name 'm'"},
  };
  for (const Row& row : rows) {
    const json::value object = kube::apply_merge_patch(with_metric("{}"), kube::parse_json(row.patch).value());
    BOOST_TEST(told_about(object) == row.told, std::string(row.patch));
  }
  json::value twice = with_metric("{}");
  const json::value metric = twice.at("spec").at("metrics").at(0);
  twice.at("spec").at("metrics").as_array().push_back(metric);
  BOOST_TEST(told_about(twice) == "spec.metrics[1].name: Invalid value: \"m\": duplicate name 'm'");
}

BOOST_AUTO_TEST_CASE(recorded_runs_are_valid) {
  for (const json::value& object : trace_data("traces/objects.jsonl")) {
    if (object.at("kind") != "AnalysisRun") continue;
    kube::Mistakes mistakes;
    const auto run = decode_analysis_run(object, mistakes);
    BOOST_TEST(kube::describe(validate_analysis_run(*run)) == "", json::serialize(object.at("spec")));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::crds
