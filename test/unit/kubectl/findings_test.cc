// `lint`: every mistake at once, and manifests checked against each other.
#include "kubectl/findings.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "kube/yaml.h"

namespace sluice::kubectl {
namespace {

std::string example(const std::string& name) {
  std::ifstream file(std::string(SLUICE_SOURCE_DIR) + "/examples/" + name);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<Finding> findings_in(const std::string& yaml) {
  const auto documents = kube::parse_yaml_documents(yaml);
  BOOST_REQUIRE(documents.has_value());
  return find_mistakes(*documents);
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  BOOST_REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

BOOST_AUTO_TEST_CASE(the_examples_are_clean) {
  for (const char* folder : {"canary-prometheus", "canary-compare", "canary-httproute", "canary-istio", "canary-alb",
                             "canary-grpcroute", "canary-basic", "application", "experiment"}) {
    std::string all;
    for (const char* file : {"rollout", "services", "route", "analysis-template", "application", "experiment"})
      all += example(std::string(folder) + "/" + file + ".yaml") + "\n---\n";
    for (const Finding& finding : findings_in(all))
      BOOST_ERROR(folder << ": " << finding.object << ": " << finding.field << ": " << finding.message);
  }
}

BOOST_AUTO_TEST_CASE(the_examples_of_providers_are_clean) {
  for (const auto& entry : std::filesystem::directory_iterator(std::string(SLUICE_SOURCE_DIR) + "/examples/analysis"))
    for (const Finding& finding : findings_in(example("analysis/" + entry.path().filename().string())))
      BOOST_ERROR(entry.path() << ": " << finding.object << ": " << finding.field << ": " << finding.message);
}

BOOST_AUTO_TEST_CASE(a_stray_field_is_told_where_it_belongs) {
  const auto findings = findings_in(example("blue-green/rollout.yaml"));
  BOOST_REQUIRE(findings.size() == 1u);
  BOOST_TEST(findings[0].object == "Rollout rollout-bluegreen");
  BOOST_TEST(findings[0].field == "spec.syncPolicy");
  BOOST_TEST(findings[0].message.find("Application") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(all_mistakes_are_named) {
  std::string yaml = example("canary-basic/rollout.yaml");
  yaml = replaced(yaml, "setWeight: 20", "setWeight: 120");
  yaml = replaced(yaml, "duration: 30s", "duration: soon");
  yaml = replaced(yaml, "replicas: 10", "replicas: -1");
  BOOST_TEST(findings_in(yaml).size() == 3u);
}

BOOST_AUTO_TEST_CASE(a_route_without_the_services_of_its_rollout_is_a_mistake) {
  const std::string yaml = example("canary-httproute/rollout.yaml") + "\n---\n" +
                           replaced(example("canary-httproute/route.yaml"), "name: shop-canary", "name: shop-other");
  const auto findings = findings_in(yaml);
  BOOST_REQUIRE(findings.size() == 1u);
  BOOST_TEST(findings[0].message.find("shop-canary") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_bad_condition_is_found) {
  std::string yaml = replaced(example("blue-green/analysis-template.yaml"), "      failureLimit: 1\n",
                              "      failureLimit: 1\n      successCondition: result >=\n");
  BOOST_TEST(findings_in(yaml).size() == 1u);
}

}  // namespace
}  // namespace sluice::kubectl
