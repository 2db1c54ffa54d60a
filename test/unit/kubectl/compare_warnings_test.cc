// What `lint` says of gates that compare, without traffic and with it.
#include "kubectl/compare_warnings.h"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "kube/yaml.h"

namespace sluice::kubectl {
namespace {

const std::string manifests = R"(
kind: AnalysisTemplate
metadata: {name: compare}
spec:
  metrics:
    - name: errors
      successCondition: "true"
      provider: {prometheus: {address: "http://p"}}
      compare:
        kind: errorRate
        total: total{$SELECTOR}
        good: good{$SELECTOR}
        canary: {hash: a}
        baseline: {hash: b}
        maxDuration: 10m
---
kind: Rollout
metadata: {name: web}
spec:
  strategy:
    canary:
      analysis: {templates: [{templateName: compare}]}
      steps: [{setWeight: 10}, {pause: {}}, {setWeight: 100}]
)";

GateWarnings warnings(const std::optional<ExpectedTraffic>& traffic) {
  return warn_of_comparisons(*kube::parse_yaml_documents(manifests), traffic);
}

BOOST_AUTO_TEST_SUITE(compare_warnings)

BOOST_AUTO_TEST_CASE(without_traffic_only_what_has_no_effect_is_told) {
  const GateWarnings told = warnings(std::nullopt);
  BOOST_REQUIRE(told.findings.size() == 1u);
  BOOST_TEST(told.findings[0].object == "AnalysisTemplate compare");
  BOOST_TEST(told.findings[0].field == "spec.metrics[0].successCondition");
  BOOST_TEST(!told.is_weak);
}

BOOST_AUTO_TEST_CASE(with_too_little_traffic_the_gate_is_weak) {
  const GateWarnings told = warnings(ExpectedTraffic{10, .003});
  BOOST_REQUIRE(told.findings.size() == 2u);
  BOOST_TEST(told.is_weak);
  BOOST_TEST(told.findings[1].field == "spec.metrics[0].compare");
  const std::string& text = told.findings[1].message;
  BOOST_TEST(
      text.starts_with(
          "gate \"errors\" detects a 2x regression within its 10m with probability ~0 % at 10 rps x 10 % (typical: "),
      text);
  BOOST_TEST(text.find("; it can promise 7.9x. Raise the share, the duration, or minimumEffect.") != std::string::npos,
             text);
}

BOOST_AUTO_TEST_CASE(with_enough_traffic_it_is_not) {
  const GateWarnings told = warnings(ExpectedTraffic{10'000, .003});
  BOOST_TEST(!told.is_weak);
  BOOST_TEST(told.findings[1].message.find("~100 %") != std::string::npos, told.findings[1].message);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::kubectl
