// What a Rollout refers to has to exist and to fit.
#include <map>
#include <memory>
#include <string>

#include <boost/test/unit_test.hpp>

#include "crds/analysis.h"
#include "crds/decode.h"
#include "crds/rollout.h"
#include "crds/validate_rollout.h"
#include "crds/workloads.h"
#include "spoiled.h"

namespace sluice::crds {
namespace {

BOOST_AUTO_TEST_SUITE(references)

// A namespace in which everything is as the Rollouts below want it; each test spoils one thing.
struct World {
  std::map<std::string, Service> services;
  std::map<std::string, AnalysisTemplate> templates;

  World() {
    for (const char* name : {"a", "b"}) {
      services[name].meta.name = name;
      services[name].spec.selector.set("app", "web");
      services[name].spec.selector.set("rollouts-pod-template-hash", "abc");
    }
    templates["t"].meta.name = "t";
  }

  std::string told_about(std::string_view valid, std::string_view patch = "{}") const {
    kube::Mistakes unread;
    const auto rollout = decode_rollout(spoiled(valid, patch), unread);
    const RolloutReferences there{[this](const std::string& name) {
                                    const auto found = services.find(name);
                                    return found == services.end() ? nullptr : &found->second;
                                  },
                                  [this](const std::string& name, bool cluster) {
                                    const auto found = templates.find(name);
                                    return cluster || found == templates.end() ? nullptr : &found->second;
                                  }};
    return kube::describe(validate_references(*rollout, there));
  }
};

constexpr std::string_view blue_green = R"({"metadata": {"name": "web"}, "spec": {
  "template": {"metadata": {"labels": {"app": "web", "tier": "front"}}},
  "strategy": {"blueGreen": {"activeService": "a", "previewService": "b",
                             "prePromotionAnalysis": {"templates": [{"templateName": "t"}]}}}}})";

constexpr std::string_view canary = R"({"metadata": {"name": "web"}, "spec": {
  "template": {"metadata": {"labels": {"app": "web"}}},
  "strategy": {"canary": {"stableService": "a", "canaryService": "b",
    "analysis": {"templates": [{"templateName": "t"}]},
    "steps": [{"setWeight": 20}, {"analysis": {"templates": [{"templateName": "t"}]}}]}}}})";

BOOST_AUTO_TEST_CASE(nothing_is_missing) {
  BOOST_TEST(World().told_about(blue_green) == "");
  BOOST_TEST(World().told_about(canary) == "");
}

BOOST_AUTO_TEST_CASE(every_missing_service_is_told) {
  World world;
  world.services.clear();
  BOOST_TEST(world.told_about(blue_green) ==
             "spec.strategy.blueGreen.activeService: Invalid value: \"a\": service \"a\" not found; "
             "spec.strategy.blueGreen.previewService: Invalid value: \"b\": service \"b\" not found");
  BOOST_TEST(world.told_about(canary) ==
             "spec.strategy.canary.stableService: Invalid value: \"a\": service \"a\" not found; "
             "spec.strategy.canary.canaryService: Invalid value: \"b\": service \"b\" not found");
}

BOOST_AUTO_TEST_CASE(every_missing_template_is_told) {
  World world;
  world.templates.clear();
  BOOST_TEST(world.told_about(canary) ==
             "spec.strategy.canary.steps[1].analysis.templates: Invalid value: \"t\": AnalysisTemplate 't' not found; "
             "spec.strategy.canary.analysis.templates: Invalid value: \"t\": AnalysisTemplate 't' not found");
  BOOST_TEST(
      world.told_about(blue_green,
                       R"({"spec":{"strategy":{"blueGreen":{"prePromotionAnalysis":{"templates":
                                 [{"templateName":"c","clusterScope":true}]}}}}})") ==
      "spec.strategy.blueGreen.prePromotionAnalysis.templates: Invalid value: \"c\": ClusterAnalysisTemplate 'c' "
      "not found");
}

BOOST_AUTO_TEST_CASE(templates_of_templates_are_followed_and_may_form_a_ring) {
  World world;
  AnalysisTemplateSpec spec;
  spec.templates = {{.template_name = "t"}, {.template_name = "missing"}};
  world.templates["t"].spec = std::make_shared<const AnalysisTemplateSpec>(spec);
  BOOST_TEST(world.told_about(blue_green) ==
             "spec.templates: Invalid value: \"missing\": AnalysisTemplate 'missing' not found");
}

BOOST_AUTO_TEST_CASE(a_service_has_to_select_the_pods) {
  World world;
  world.services["a"].spec.selector.set("app", "other");
  world.services["b"].spec.selector.set("tier", "");
  BOOST_TEST(world.told_about(blue_green) ==
             "spec.strategy.blueGreen.activeService: Invalid value: \"a\": Service \"a\" has unmatch label \"app\" in "
             "rollout; spec.strategy.blueGreen.previewService: Invalid value: \"b\": Service \"b\" has unmatch label "
             "\"tier\" in rollout");
}

BOOST_AUTO_TEST_CASE(a_service_belongs_to_one_rollout) {
  World world;
  world.services["a"].meta.annotations.set("argo-rollouts.argoproj.io/managed-by-rollouts", "web");
  BOOST_TEST(world.told_about(blue_green) == "");
  world.services["a"].meta.annotations.set("argo-rollouts.argoproj.io/managed-by-rollouts", "other");
  BOOST_TEST(
      world.told_about(blue_green) ==
      "spec.strategy.blueGreen.activeService: Invalid value: \"a\": Service \"a\" is managed by another Rollout");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::crds
