// Every rule for the `compare` part of a metric, one row each.
#include "crds/validate_compare.h"

#include <string>

#include <boost/test/unit_test.hpp>

#include "crds/analysis.h"
#include "crds/decode.h"
#include "crds/validate_analysis.h"
#include "spoiled.h"

namespace sluice::crds {
namespace {

constexpr std::string_view errors =
    R"({"name":"m","provider":{"prometheus":{"address":"http://p"}},"compare":{"kind":"errorRate",)"
    R"("total":"t{$SELECTOR}","good":"g{$SELECTOR}","canary":{"hash":"a"},"baseline":{"hash":"b"}}})";

std::shared_ptr<const AnalysisTemplate> template_with(std::string_view patch) {
  json::value object = kube::parse_json(R"({"metadata":{"name":"t"},"spec":{"metrics":[]}})").value();
  object.at("spec").at("metrics").as_array().push_back(spoiled(errors, patch));
  kube::Mistakes unread;
  auto read = decode_analysis_template(object, unread);
  BOOST_TEST(kube::describe(unread) == "");
  return read;
}
std::string told_about(std::string_view patch) {
  return kube::describe(validate_analysis_template(*template_with(patch)));
}

BOOST_AUTO_TEST_SUITE(compare)

BOOST_AUTO_TEST_CASE(every_rule) {
  const struct {
    std::string_view patch, told;
  } rows[] = {
      {R"({})", ""},
      {R"({"compare":{"kind":"{{args.k}}","block":"{{args.b}}"}})", ""},
      {R"({"compare":{"kind":"rate"}})", "kind: Invalid value: \"rate\": must be errorRate, latency or mean"},
      {R"({"provider":{"prometheus":null,"job":{"spec":{}}}})",
       "Invalid value: compare needs provider prometheus, which may have an address alone"},
      {R"({"failureCondition":"result[0] > 1"})",
       "provider.prometheus.query: Required value: failureCondition guards the result of this query"},
      {R"({"compare":{"total":""}})", "total: Required value: needed by kind errorRate"},
      {R"({"compare":{"good":""}})", "good: Invalid value: one of good and bad is required"},
      {R"({"compare":{"bad":"b{$SELECTOR}"}})", "bad: Invalid value: only one of good and bad may be set"},
      {R"({"compare":{"buckets":"b{$SELECTOR}"}})", "buckets: Forbidden: not used by kind errorRate"},
      {R"({"compare":{"boundaries":[1]}})", "boundaries: Forbidden: not used by kind errorRate"},
      {R"({"compare":{"total":"t"}})", "total: Invalid value: must contain $SELECTOR"},
      {R"({"compare":{"kind":"latency","total":null,"good":null,"buckets":"b{$SELECTOR}","boundaries":"auto"}})", ""},
      {R"({"compare":{"kind":"latency","total":null,"good":null,"buckets":"b{$SELECTOR}","boundaries":[0.1,1]}})", ""},
      {R"({"compare":{"kind":"latency","total":null,"good":null,"buckets":"b{$SELECTOR}","boundaries":["x"]}})",
       "boundaries: Invalid value: must be auto, or a list of numbers above 0"},
      {R"({"compare":{"kind":"latency","total":null,"good":null}})", "buckets: Required value: needed by kind latency"},
      {R"({"compare":{"kind":"mean","total":null,"good":null,"value":"v{$SELECTOR}","direction":"higher"}})", ""},
      {R"({"compare":{"kind":"mean","total":null,"good":null,"sum":"v{$SELECTOR}"}})",
       "value: Invalid value: kind mean needs either value, or sum and count"},
      {R"({"compare":{"kind":"mean","total":null,"good":null,"value":"v{$SELECTOR}","model":"clustered"}})",
       "model: Forbidden: not used by kind mean"},
      {R"({"compare":{"direction":"up","kind":"mean","total":null,"good":null,"value":"v{$SELECTOR}"}})",
       "direction: Invalid value: \"up\": must be one of lower, higher"},
      {R"({"compare":{"canary":{"hash":null}}})", "canary: Required value"},
      {R"({"compare":{"canary":{"hash":"b"}}})", "baseline: Invalid value: selects the same as canary"},
      {R"({"compare":{"canary":{"a-b":"b"}}})", "canary: Invalid value: \"a-b\": is no label of Prometheus"},
      {R"({"compare":{"tolerance":0.9}})", "tolerance: Invalid value: 0.9: must be a number of at least 1"},
      {R"({"compare":{"tolerance":2}})", "minimumEffect: Invalid value: 2: must be greater than tolerance (2)"},
      {R"({"compare":{"absoluteTolerance":-1}})",
       "absoluteTolerance: Invalid value: -1: must be a number of at least 0"},
      {R"({"compare":{"alpha":0}})", "alpha: Invalid value: 0: must be above 0 and at most 0.5"},
      {R"({"compare":{"beta":0.6}})", "beta: Invalid value: 0.6: must be above 0 and at most 0.5"},
      {R"({"compare":{"clusterSize":0.5}})", "clusterSize: Invalid value: 0.5: must be a number of at least 1"},
      {R"({"compare":{"maxFactor":0}})", "maxFactor: Invalid value: 0: must be a number of at least 1"},
      {R"({"compare":{"minimumSamples":{"requests":-1}}})", "minimumSamples.requests: Invalid value: -1"},
      {R"({"compare":{"minimumBlocks":0}})", "minimumBlocks: Invalid value: 0: must be at least 1"},
      {R"({"compare":{"model":"x"}})", "model: Invalid value: \"x\": must be one of clustered, independent"},
      {R"({"compare":{"onInsufficient":"Pass"}})", "onInsufficient: Invalid value: \"Pass\": must be one of"},
      {R"({"compare":{"block":"x"}})", "block: Invalid value: \"x\""},
      {R"({"compare":{"block":"10s"}})", "block: Invalid value: \"10s\": must be at least scrapeInterval (15s)"},
      {R"({"compare":{"lag":"-1s"}})", "lag: Invalid value: \"-1s\": must not be negative"},
      {R"({"compare":{"scrapeInterval":"500ms"}})", "scrapeInterval: Invalid value: \"500ms\": must be at least 1s"},
      {R"({"compare":{"maxDuration":"1m"}})",
       "maxDuration: Invalid value: \"1m0s\": must be at least minimumBlocks (3) blocks of 30s"},
  };
  for (const auto& row : rows) {
    const std::string told = told_about(row.patch);
    if (row.told.empty())
      BOOST_TEST(told == "", std::string(row.patch));
    else
      BOOST_TEST(told.find(row.told) != std::string::npos, std::string(row.patch) << " got: " << told);
  }
}

BOOST_AUTO_TEST_CASE(all_mistakes_are_told_at_once_with_their_paths) {
  const std::string told =
      told_about(R"({"compare":{"tolerance":0,"alpha":2,"block":"x","model":"y","canary":{"hash":"b"}}})");
  for (const char* field : {"tolerance", "alpha", "block", "model", "baseline"})
    BOOST_TEST(told.find("spec.metrics[0].compare." + std::string(field)) != std::string::npos, told);
}

BOOST_AUTO_TEST_CASE(what_has_no_effect_is_warned_of) {
  const auto warnings = [](std::string_view patch) {
    return kube::describe(warnings_of_compare(template_with(patch)->spec->metrics[0], "m"));
  };
  BOOST_TEST(warnings("{}") == "");
  BOOST_TEST(warnings(R"({"successCondition":"true"})").starts_with("m.successCondition: is not asked"));
  BOOST_TEST(warnings(R"({"count":3})").starts_with("m.count: does not apply"));
  BOOST_TEST(warnings(R"({"compare":{"good":null,"bad":"b{$SELECTOR}"}})").starts_with("m.compare.bad"));
  BOOST_TEST(warnings(R"({"compare":{"block":"15s"}})").starts_with("m.compare.block: is shorter than two scrapes"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::crds
