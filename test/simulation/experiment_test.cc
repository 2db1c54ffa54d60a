// Experiments by themselves: versions side by side, every way to an end, and what is wrong with them.
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "kube/json.h"
#include "story.h"

namespace sluice::simulation {
namespace {

namespace resources = kube::resources;
using std::chrono::minutes;
using std::chrono::seconds;

std::string template_yaml(const std::string& name, const std::string& image, const std::string& more = "") {
  return fmt::format(
      "    - name: {0}\n      selector: {{matchLabels: {{app: ab}}}}\n{2}"
      "      template:\n        metadata: {{labels: {{app: ab}}}}\n        spec:\n          containers:\n"
      "            - {{name: web, image: '{1}', ports: [{{containerPort: 8080}}]}}\n",
      name, image, more);
}

// Two templates "a" and "b"; `more` are lines of the spec, indented by 2.
std::string experiment(const std::string& more, const std::string& name = "ab", const std::string& more_of_b = "",
                       const std::string& image_of_b = "example/web:v2") {
  return fmt::format(
      "---\napiVersion: argoproj.io/v1alpha1\nkind: Experiment\nmetadata: {{name: {}}}\nspec:\n{}"
      "  templates:\n{}{}",
      name, more, template_yaml("a", "example/web:v1"), template_yaml("b", image_of_b, more_of_b));
}

std::string analyses(const std::string& name, bool is_required) {
  return fmt::format("  analyses: [{{name: {0}, templateName: {0}, requiredForCompletion: {1}}}]\n", name, is_required);
}

struct Trial {
  Trial() {
    world.prometheus = [this](const kube::HttpRequest&) { return prometheus_says(value); };
  }
  json::value get(const std::string& name = "ab") const { return world.get(resources::experiments, name); }
  std::string phase(const std::string& name = "ab") const {
    return std::string(kube::text_at(get(name), {"status", "phase"}));
  }
  std::string message(const std::string& name = "ab") const {
    return std::string(kube::text_at(get(name), {"status", "message"}));
  }
  bool until(const std::string& wanted, const std::string& name = "ab") {
    return world.until([&] { return phase(name) == wanted; });
  }
  int pods(const std::string& set) const {
    return static_cast<int>(kube::number_at(world.get(resources::replica_sets, set), {"status", "replicas"}));
  }
  int size(const std::string& set) const {
    return static_cast<int>(kube::number_at(world.get(resources::replica_sets, set), {"spec", "replicas"}, -1));
  }
  bool is_empty() {
    return world.until([&] { return pods("ab-a") == 0 && pods("ab-b") == 0 && size("ab-a") == 0; });
  }
  void terminate() { world.patch(resources::experiments, "ab", R"({"spec":{"terminate":true}})"); }
  std::size_t runs() const { return world.list(resources::analysis_runs).size(); }

  World world;
  std::string value = "0.99";
};

BOOST_AUTO_TEST_SUITE(experiments)

BOOST_AUTO_TEST_CASE(it_runs_for_its_duration_and_leaves_no_pods) {
  Trial trial;
  trial.world.apply(experiment("  duration: 2m\n"));
  trial.world.start();
  BOOST_REQUIRE(trial.until("Running"));
  BOOST_TEST(trial.pods("ab-a") == 1);
  BOOST_TEST(trial.pods("ab-b") == 1);
  trial.world.pass(seconds(110));
  BOOST_TEST(trial.phase() == "Running");
  BOOST_REQUIRE(trial.until("Successful"));
  BOOST_TEST(trial.size("ab-a") == 1);
  BOOST_TEST(trial.is_empty());
  trial.world.come_to_rest();
  BOOST_TEST(trial.world.list(resources::replica_sets).size() == 2u);
  const std::vector<std::string> events = trial.world.events("ab");
  BOOST_TEST(std::count(events.begin(), events.end(), "ExperimentSuccessful") == 1);
}

BOOST_AUTO_TEST_CASE(a_failed_analysis_fails_it) {
  Trial trial;
  trial.value = "0.5";
  trial.world.apply(prometheus_template("check", 3) + experiment("  duration: 10m\n" + analyses("check", false)));
  trial.world.start();
  BOOST_REQUIRE(trial.until("Failed"));
  BOOST_TEST(trial.message() == "Metric \"check\" assessed Failed due to failed (1) > failureLimit (0)");
  BOOST_TEST(trial.is_empty());
  BOOST_TEST(trial.runs() == 1u);
  trial.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(a_required_analysis_ends_it) {
  Trial trial;
  trial.world.apply(prometheus_template("check", 3) + prometheus_template("watch", 0) +
                    experiment("  analyses:\n    - {name: check, templateName: check, requiredForCompletion: true}\n"
                               "    - {name: watch, templateName: watch}\n"));
  trial.world.start();
  BOOST_REQUIRE(trial.until("Successful"));
  BOOST_TEST(trial.message() == "Required AnalysisRuns completed");
  BOOST_TEST(trial.is_empty());
  trial.world.come_to_rest();
  for (const json::value& run : trial.world.list(resources::analysis_runs))
    BOOST_TEST(kube::text_at(run, {"status", "phase"}) == "Successful");
}

BOOST_AUTO_TEST_CASE(pods_that_never_start_fail_it) {
  Trial trial;
  trial.world.apply(experiment("  progressDeadlineSeconds: 60\n", "ab", "", "example/does-not-exist:v1"));
  trial.world.start();
  trial.world.pass(seconds(50));
  BOOST_TEST(trial.message().find("template 'b': 0 of 1 pods are available") != std::string::npos);
  BOOST_REQUIRE(trial.until("Failed"));
  BOOST_TEST(trial.message() == "Template 'b' exceeded its progressDeadlineSeconds (60)");
  BOOST_TEST(trial.is_empty());
  trial.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(a_person_terminates_it) {
  Trial trial;
  trial.world.apply(experiment(""));
  trial.world.start();
  BOOST_REQUIRE(trial.until("Running"));
  trial.world.pass(minutes(60));
  BOOST_TEST(trial.phase() == "Running");
  trial.terminate();
  BOOST_REQUIRE(trial.until("Successful"));
  BOOST_TEST(trial.is_empty());
  trial.world.come_to_rest();
}

// obs-a19: a required analysis is in flight when all comes to an end.
BOOST_AUTO_TEST_CASE(it_never_stays_running_when_it_is_terminated) {
  Trial trial;
  trial.world.apply(job_template("slow", "sleep 600") + prometheus_template("watch", 0) +
                    experiment("  analyses:\n    - {name: slow, templateName: slow, requiredForCompletion: true}\n"
                               "    - {name: watch, templateName: watch}\n"));
  trial.world.start();
  BOOST_REQUIRE(trial.until("Running"));
  BOOST_REQUIRE(trial.world.until([&] { return trial.runs() == 2; }));
  trial.world.pass(seconds(10));
  trial.terminate();
  // The Job's run ends as Inconclusive, because it was cut short.
  BOOST_TEST(trial.until("Inconclusive"));
  BOOST_TEST(trial.is_empty());
  trial.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(its_services_lead_to_its_pods_and_go_with_them) {
  Trial trial;
  trial.world.apply(experiment("  duration: 1m\n", "ab", "      service: {name: try-b}\n"));
  trial.world.start();
  BOOST_REQUIRE(trial.until("Running"));
  const json::value service = trial.world.get(resources::services, "try-b");
  BOOST_TEST(kube::text_at(service, {"spec", "selector", "rollouts-pod-template-hash"}) ==
             kube::text_at(trial.world.get(resources::replica_sets, "ab-b"),
                           {"metadata", "labels", "rollouts-pod-template-hash"}));
  BOOST_TEST(kube::find_at(service, {"spec", "ports"})->as_array().at(0).at("port").to_number<int>() == 8080);
  BOOST_TEST(trial.world.get(resources::services, "ab-a").is_null());
  BOOST_REQUIRE(trial.until("Successful"));
  BOOST_TEST(trial.is_empty());
  BOOST_TEST(trial.world.until([&] { return trial.world.get(resources::services, "try-b").is_null(); }));
  trial.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(a_service_of_somebody_else_fails_it) {
  Trial trial;
  trial.world.apply(Story::service("try-b") + experiment("", "ab", "      service: {name: try-b}\n"));
  trial.world.start();
  BOOST_REQUIRE(trial.until("Error"));
  BOOST_TEST(trial.message() ==
             "Failed to create Service try-b for template 'b': service try-b already exists and is not owned by "
             "experiment template b");
  BOOST_TEST(trial.is_empty());
  trial.world.come_to_rest();
  BOOST_TEST(!trial.world.get(resources::services, "try-b").is_null());
}

// obs-a20: the set of the wanted name exists, also where the controller's watch does not show it.
BOOST_AUTO_TEST_CASE(a_taken_name_of_a_set_is_gone_around) {
  for (const char* label : {"x", "rollouts-pod-template-hash"}) {
    Trial trial;
    json::value taken = json::parse(
        R"({"apiVersion":"apps/v1","kind":"ReplicaSet","metadata":{"name":"ab-a","labels":{}},"spec":{"replicas":0,
        "selector":{"matchLabels":{"app":"other"}},"template":{"metadata":{"labels":{"app":"other"}},
        "spec":{"containers":[{"name":"other","image":"example/other:v1"}]}}}})");
    taken.at("metadata").at("labels").as_object()[label] = "1";
    trial.world.apply(json::serialize(taken) + "\n" + experiment("  duration: 1m\n"));
    trial.world.start();
    BOOST_TEST(trial.until("Running"), trial.message());
    BOOST_TEST(trial.world.list(resources::replica_sets).size() == 3u);
    BOOST_TEST(trial.size("ab-a") == 0);
    BOOST_TEST(trial.until("Successful"));
    trial.world.come_to_rest();
  }
}

BOOST_AUTO_TEST_CASE(a_finished_one_stays_down_whatever_happens) {
  Trial trial;
  trial.world.apply(experiment("  duration: 1m\n"));
  trial.world.start();
  BOOST_REQUIRE(trial.until("Successful"));
  BOOST_REQUIRE(trial.is_empty());
  trial.world.remove(resources::replica_sets, "ab-a");
  trial.world.kill();
  trial.world.pass(minutes(1));
  trial.world.start();
  trial.world.pass(minutes(1));
  BOOST_TEST(trial.world.list(resources::replica_sets).size() == 1u);
  BOOST_TEST(trial.size("ab-b") == 0);
  trial.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(a_retry_runs_it_again) {
  Trial trial;
  trial.value = "0.5";
  trial.world.apply(prometheus_template("check", 1) + experiment("  duration: 1m\n" + analyses("check", true)));
  trial.world.start();
  BOOST_REQUIRE(trial.until("Failed"));
  // An equal question that is asked at once would get the answer that the last one got.
  trial.world.pass(seconds(1));
  trial.value = "0.99";
  trial.world.patch(resources::experiments, "ab", R"({"status":null})");
  BOOST_REQUIRE(trial.until("Successful"));
  BOOST_TEST(trial.runs() == 2u);
  BOOST_TEST(trial.is_empty());
  trial.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(arguments_name_the_pods) {
  Trial trial;
  std::string asked;
  trial.world.prometheus = [&](const kube::HttpRequest& request) {
    asked = request.url + request.body;
    return prometheus_says("1");
  };
  const std::string asking = replaced(prometheus_template("check", 1), "spec:\n", "spec:\n  args: [{name: hash}]\n");
  trial.world.apply(replaced(asking, "query: up", "query: 'up-{{args.hash}}'") +
                    experiment("  analyses:\n    - name: check\n      templateName: check\n"
                               "      requiredForCompletion: true\n"
                               "      args: [{name: hash, value: '{{templates.b.podTemplateHash}}'}]\n"));
  trial.world.start();
  BOOST_REQUIRE(trial.until("Successful"));
  const std::string hash(kube::text_at(trial.world.get(resources::replica_sets, "ab-b"),
                                       {"metadata", "labels", "rollouts-pod-template-hash"}));
  BOOST_TEST(asked.find("up-" + hash) != std::string::npos, asked);
}

// Every mistake is told at its object, and a good one beside it is not harmed.
BOOST_AUTO_TEST_CASE(bad_input_is_told_and_harms_nobody) {
  struct Bad {
    std::string name;
    std::string yaml;
    std::string phase;
    std::string message;
  };
  const std::string port = ", ports: [{containerPort: 8080}]";
  const Bad all[] = {
      {"no-time", experiment("  duration: soon\n", "no-time"), "Pending", "spec.duration"},
      {"twins", replaced(experiment("", "twins"), "- name: b", "- name: a"), "Pending",
       "Experiment twins has repeated template name 'a' in templates"},
      {"everybody", replaced(experiment("", "everybody"), "selector: {matchLabels: {app: ab}}", "selector: {}"),
       "Pending", "This experiment is selecting all pods at index 0. A non-empty selector is required."},
      {"portless", replaced(experiment("", "portless", "      service: {}\n"), port, ""), "Pending",
       "spec.templates[1].template.spec.containers[0].ports"},
      {"strangers", replaced(experiment("", "strangers"), "labels: {app: ab}", "labels: {app: cd}"), "Pending",
       "spec.templates[0].template.metadata.labels"},
      {"late", experiment("  progressDeadlineSeconds: 5\n", "late", "      minReadySeconds: 10\n"), "Pending",
       "MinReadySeconds cannot be longer than ProgressDeadlineSeconds. Check template index 1"},
      {"no-template", experiment(analyses("unknown", true), "no-template"), "Error",
       "AnalysisTemplate verification failed for analysis 'unknown'"},
      {"no-value",
       experiment("  analyses: [{name: x, templateName: check, args: [{name: a, value: '{{nobody}}'}]}]\n", "no-value"),
       "Error", "Failed to create AnalysisRun for analysis 'x': failed to resolve {{nobody}}"},
      {"from-field",
       experiment("  analyses:\n    - name: x\n      templateName: check\n"
                  "      args: [{name: a, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]\n",
                  "from-field"),
       "Pending", "spec.analyses[0].args[0].valueFrom.fieldRef"},
  };
  Trial trial;
  std::string yaml = prometheus_template("check", 1) + experiment("  duration: 1m\n", "good");
  for (const Bad& bad : all) yaml += bad.yaml;
  trial.world.apply(yaml);
  trial.world.start();
  BOOST_TEST(trial.until("Successful", "good"));
  for (const Bad& bad : all) {
    BOOST_TEST_CONTEXT(bad.name) {
      BOOST_TEST(trial.phase(bad.name) == bad.phase);
      BOOST_TEST(trial.message(bad.name).find(bad.message) != std::string::npos, trial.message(bad.name));
    }
  }
  trial.world.replace_spec(experiment("  duration: 1m\n", "no-time"));
  BOOST_TEST(trial.until("Successful", "no-time"));
  trial.world.come_to_rest();
}

// Everything that has to be the same whatever happened on the way.
std::string end_of(const World& world) {
  std::string text;
  for (const json::value& one : world.list(resources::experiments))
    text += fmt::format("{} {}\n", kube::text_at(one, {"status", "phase"}), kube::text_at(one, {"status", "message"}));
  for (const json::value& set : world.list(resources::replica_sets))
    text +=
        fmt::format("{} {}\n", kube::text_at(set, {"metadata", "name"}), kube::number_at(set, {"spec", "replicas"}));
  for (const json::value& run : world.list(resources::analysis_runs))
    text += fmt::format("{} {}\n", kube::text_at(run, {"metadata", "name"}), kube::text_at(run, {"status", "phase"}));
  for (const json::value& service : world.list(resources::services))
    text += fmt::format("service {}\n", kube::text_at(service, {"metadata", "name"}));
  return text;
}

struct Plan {
  std::string end;
  int writes = 0;
  bool is_clean = true;
};

// `write` 0 means no crash.
Plan tell(const std::string& yaml, const std::string& value, int write, CrashPoint point) {
  Trial trial;
  trial.value = value;
  trial.world.apply(yaml);
  trial.world.start();
  if (write > 0) trial.world.controllers().transport().crash_at(write, point);
  trial.world.pass(minutes(4));
  Plan plan;
  plan.writes = static_cast<int>(trial.world.controllers().transport().writes().size());
  trial.world.come_to_rest();
  plan.end = end_of(trial.world);
  plan.is_clean = trial.world.oracle().violated().empty();
  return plan;
}

BOOST_AUTO_TEST_CASE(dying_at_any_write_leads_to_the_same_end) {
  const std::string yaml = prometheus_template("check", 2) +
                           experiment("  duration: 1m\n" + analyses("check", true), "ab", "      service: {}\n");
  for (const char* value : {"0.99", "0.5"}) {
    const Plan calm = tell(yaml, value, 0, CrashPoint::before_write);
    BOOST_TEST(calm.end.starts_with(std::string(value) == "0.99" ? "Successful" : "Failed"), calm.end);
    BOOST_REQUIRE(calm.writes >= 10);
    for (int write = 1; write <= calm.writes; ++write)
      for (const CrashPoint point : {CrashPoint::before_write, CrashPoint::after_write}) {
        const Plan plan = tell(yaml, value, write, point);
        BOOST_TEST(plan.end == calm.end, "at write " << write << "\n" << plan.end);
        BOOST_TEST(plan.is_clean);
      }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::simulation
