// What is wrong with Experiments and with experiment steps: every mistake at its place.
#include "crds/validate_experiment.h"

#include <functional>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "crds/container_ports.h"
#include "crds/decode.h"
#include "crds/experiment.h"
#include "crds/pod_template_metadata.h"
#include "crds/validate_experiment_step.h"

namespace sluice::crds {
namespace {

json::value good() {
  return json::parse(R"({"apiVersion":"argoproj.io/v1alpha1","kind":"Experiment","metadata":{"name":"ab"},"spec":{
    "duration":"10m","templates":[{"name":"a","selector":{"matchLabels":{"app":"x"}},"template":{
    "metadata":{"labels":{"app":"x"}},"spec":{"containers":[{"name":"c","image":"i","ports":[{"containerPort":80}]}]}}}],
    "analyses":[{"name":"check","templateName":"t"}]}})");
}

// Sets the value at a JSON pointer, whose last part may be new.
void set_at(json::value& object, std::string_view pointer, std::string_view value) {
  const std::size_t last = pointer.rfind('/');
  object.at_pointer(pointer.substr(0, last)).as_object()[pointer.substr(last + 1)] = json::parse(value);
}

kube::Mistakes mistakes_with(std::string_view pointer, std::string_view value) {
  json::value object = good();
  set_at(object, pointer, value);
  kube::Mistakes mistakes;
  const auto experiment = decode_experiment(object, mistakes);
  for (kube::Mistake& mistake : validate_experiment(*experiment)) mistakes.push_back(std::move(mistake));
  return mistakes;
}

struct Row {
  const char* pointer;
  const char* value;
  const char* path;
  const char* message;
};

BOOST_AUTO_TEST_SUITE(validate_experiment_suite)

BOOST_AUTO_TEST_CASE(a_good_one_has_no_mistakes) { BOOST_TEST(mistakes_with("/spec/terminate", "true").empty()); }

BOOST_AUTO_TEST_CASE(each_mistake_is_told_at_its_place) {
  const Row rows[] = {
      {"/spec/templates", "[]", "spec.templates", "Required value"},
      {"/spec/templates/0/name", R"("")", "spec.templates[0].name", "Experiment ab has empty template name at index 0"},
      {"/spec/templates/0/name", R"("Big_One")", "spec.templates[0].name", "lower case letters"},
      {"/spec/templates/0/selector", "null", "spec.templates[0].selector", "'.Spec.Templates[0].Selector'"},
      {"/spec/templates/0/selector", "{}", "spec.templates[0].selector", "A non-empty selector is required."},
      {"/spec/templates/0/replicas", "-1", "spec.templates[0].replicas", "greater than or equal to 0"},
      {"/spec/templates/0/minReadySeconds", "601", "spec.templates[0].minReadySeconds", "Check template index 0"},
      {"/spec/templates/0/template/metadata/labels/app", R"("y")", "spec.templates[0].template.metadata.labels", ""},
      {"/spec/templates/0/service", R"({"name":"9x"})", "spec.templates[0].service.name", "start with a letter"},
      {"/spec/duration", R"("soon")", "spec.duration", "must be a duration such as 90s"},
      {"/spec/duration", R"("-5s")", "spec.duration", "greater than or equal to 0"},
      {"/spec/progressDeadlineSeconds", "0", "spec.progressDeadlineSeconds", "must be greater than 0"},
      {"/spec/scaleDownDelaySeconds", "-1", "spec.scaleDownDelaySeconds", "greater than or equal to 0"},
      {"/spec/analyses/0/name", R"("")", "spec.analyses[0].name", "Required value"},
      {"/spec/analyses/0/templateName", R"("")", "spec.analyses[0].templateName", "Required value"},
      {"/spec/analyses/0/args", R"([{"name":"x","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}}])",
       "spec.analyses[0].args[0].valueFrom.fieldRef", "an Experiment has no fields to refer to"},
  };
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.pointer << " " << row.value) {
      const kube::Mistakes mistakes = mistakes_with(row.pointer, row.value);
      bool is_told = false;
      for (const kube::Mistake& mistake : mistakes)
        is_told |= mistake.path == row.path && mistake.message.find(row.message) != std::string::npos;
      BOOST_TEST(is_told, kube::describe(mistakes));
    }
  }
}

BOOST_AUTO_TEST_CASE(names_are_used_once) {
  json::value object = good();
  json::array& templates = object.at("spec").at("templates").as_array();
  templates.push_back(json::value(templates.front()));
  kube::Mistakes ignored;
  const auto mistakes = validate_experiment(*decode_experiment(object, ignored));
  BOOST_REQUIRE(mistakes.size() == 1u);
  BOOST_TEST(mistakes[0].message.find("Experiment ab has repeated template name 'a' in templates") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_service_needs_ports_and_a_name_that_fits) {
  json::value object = good();
  json::value& one = object.at("spec").at("templates").as_array()[0];
  one.as_object()["service"] = json::object();
  one.at("template").at("spec").at("containers").as_array()[0].as_object().erase("ports");
  object.at("metadata").as_object()["name"] = std::string(70, 'x');
  kube::Mistakes ignored;
  const auto mistakes = validate_experiment(*decode_experiment(object, ignored));
  BOOST_REQUIRE(mistakes.size() == 2u);
  BOOST_TEST(mistakes[0].path == "spec.templates[0].service.name");
  BOOST_TEST(mistakes[1].path == "spec.templates[0].template.spec.containers[0].ports");
}

BOOST_AUTO_TEST_CASE(ports_of_all_containers_become_ports_of_a_service) {
  const auto made = make_pod_template(json::parse(
      R"({"spec":{"containers":[{"ports":[{"containerPort":80,"name":"http"},{"containerPort":53,"protocol":"UDP"}]},
          {"ports":[{"containerPort":80},{"containerPort":81,"name":"http"}]}]}})"));
  const std::vector<ServicePort> ports = container_ports(*made);
  BOOST_REQUIRE(ports.size() == 3u);
  BOOST_TEST(ports[0].name == "http");
  BOOST_TEST(ports[1].name == "udp-53");
  BOOST_TEST(ports[2].name == "tcp-81");
  BOOST_TEST(ports[2].target_port.text() == "81");
}

BOOST_AUTO_TEST_CASE(metadata_is_added_to_pods) {
  const auto made = make_pod_template(json::parse(R"({"metadata":{"labels":{"app":"x"}},"spec":{}})"));
  const auto changed = with_metadata(*made, {{"tier", "gold"}}, {{"note", "y"}});
  BOOST_TEST(changed->labels.get("app") == "x");
  BOOST_TEST(changed->labels.get("tier") == "gold");
  BOOST_TEST(changed->annotations.get("note") == "y");
}

std::string mistakes_of_step(const std::function<void(ExperimentStep&)>& change, int weight = 0) {
  ExperimentStep step;
  ExperimentStepTemplate one;
  one.name = "a";
  one.spec_ref = "canary";
  step.templates = {one};
  change(step);
  return kube::describe(validate_experiment_step(step, "at", nullptr, weight, 100));
}

BOOST_AUTO_TEST_CASE(steps_are_checked_before_anything_is_made) {
  BOOST_TEST(mistakes_of_step([](ExperimentStep&) {}).empty());
  BOOST_TEST(mistakes_of_step([](ExperimentStep& step) {
               step.templates[0].spec_ref = "newest";
             }).find("Invalid template step SpecRef: must be canary or stable") != std::string::npos);
  BOOST_TEST(mistakes_of_step([](ExperimentStep& step) { step.templates.clear(); }).starts_with("at.templates"));
  BOOST_TEST(mistakes_of_step([](ExperimentStep& step) { step.duration = "x"; }).starts_with("at.duration"));
  const auto heavy = [](ExperimentStep& step) { step.templates[0].weight = 60; };
  BOOST_TEST(mistakes_of_step(heavy, 40).empty());
  BOOST_TEST(mistakes_of_step(heavy, 60).find("more than 100 together") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::crds
