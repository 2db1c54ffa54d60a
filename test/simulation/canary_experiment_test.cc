// Canaries with an experiment among their steps.
#include <map>

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "kube/json.h"
#include "story.h"

namespace sluice::simulation {
namespace {

namespace resources = kube::resources;
using std::chrono::minutes;
using std::chrono::seconds;

const std::string templates =
    "            templates:\n"
    "              - {name: baseline, specRef: stable}\n"
    "              - {name: candidate, specRef: canary, replicas: 2}\n";
const std::string unsure = "successCondition: result[0] > 0.95\n      failureCondition: result[0] < 0.5";

std::string steps_with(const std::string& experiment) {
  return "      steps:\n        - setWeight: 25\n        - experiment:\n" + templates + experiment +
         "        - setWeight: 50\n        - pause: {}\n";
}

const std::string compared =
    "            analyses: [{name: compare, templateName: check, requiredForCompletion: true}]\n";
const std::string timed = "            duration: 2m\n";

struct Tried : Story {
  explicit Tried(const std::string& experiment, bool is_routed = false)
      : Story({4, is_routed ? routed_canary_with(steps_with(experiment)) : basic_canary_with(steps_with(experiment)),
               ""}) {
    world.prometheus = [this](const kube::HttpRequest&) { return prometheus_says(value); };
  }
  std::vector<json::value> experiments() const { return world.list(resources::experiments); }
  bool until_experiment(const std::string& phase) {
    return world.until([&] {
      const auto all = experiments();
      return !all.empty() && kube::text_at(all.back(), {"status", "phase"}) == phase;
    });
  }
  std::string current() const {
    return std::string(kube::text_at(world.get(resources::rollouts, "web"), {"status", "canary", "currentExperiment"}));
  }
  // Pods that experiments ask for.
  int tried_pods() const {
    int pods = 0;
    for (const json::value& set : world.list(resources::replica_sets))
      if (kube::find_at(set, {"metadata", "annotations", "experiment.argoproj.io/name"}))
        pods += static_cast<int>(kube::number_at(set, {"spec", "replicas"}));
    return pods;
  }
  bool until_nothing_is_tried() {
    return world.until([&] { return tried_pods() == 0; });
  }
  std::string value = "0.99";
};

BOOST_AUTO_TEST_SUITE(canary_experiment)

BOOST_AUTO_TEST_CASE(a_successful_experiment_leads_on) {
  for (const bool is_routed : {false, true}) {
    Tried story(compared, is_routed);
    story.begin(prometheus_template("check", 3));
    story.release("v2");
    BOOST_REQUIRE(story.until_experiment("Running"));
    BOOST_TEST(story.step() == 1);
    const json::value experiment = story.experiments().front();
    const std::string name(kube::text_at(experiment, {"metadata", "name"}));
    BOOST_TEST(name == "web-" + story.hash_of("v2") + "-2-1");
    BOOST_TEST(story.current() == name);
    BOOST_TEST(story.tried_pods() == 3);
    BOOST_REQUIRE(story.until("Paused"));
    BOOST_TEST(story.step() == 3);
    BOOST_TEST(story.current().empty());
    BOOST_TEST(story.until_nothing_is_tried());
    BOOST_TEST(story.has_event("ExperimentCreated"));
    story.promote();
    BOOST_TEST(story.until_stable("v2"));
    story.world.come_to_rest();
    BOOST_TEST(story.experiments().size() == 1u);
  }
}

BOOST_AUTO_TEST_CASE(a_failed_one_rolls_back) {
  Tried story(timed + compared);
  story.value = "0.5";
  story.begin(prometheus_template("check", 3));
  story.release("v2");
  BOOST_REQUIRE(story.until("Degraded"));
  BOOST_TEST(story.message() ==
             "RolloutAborted: Rollout aborted update to revision 2: Experiment analysis phase is error/failed: Metric "
             "\"check\" assessed Failed due to failed (1) > failureLimit (0)");
  BOOST_TEST(story.until_size("v2", 0));
  BOOST_TEST(story.until_nothing_is_tried());
  BOOST_TEST(story.stable() == "v1");
  story.world.come_to_rest();
}

// obs-19.
BOOST_AUTO_TEST_CASE(an_inconclusive_one_waits_for_a_person) {
  Tried story(compared);
  story.value = "0.7";
  story.begin(prometheus_template("check", 1, unsure));
  story.release("v2");
  BOOST_REQUIRE(story.until("Paused"));
  BOOST_TEST(story.message() == "InconclusiveExperiment");
  story.world.pass(minutes(30));
  BOOST_TEST(story.experiments().size() == 1u);
  BOOST_TEST(story.step() == 1);
  story.value = "0.99";
  story.status(R"({"pauseConditions":null})");
  BOOST_REQUIRE(story.until_step(3));
  BOOST_TEST(story.experiments().size() == 2u);
  story.promote();
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(an_abort_in_the_middle_ends_it) {
  Tried story("            duration: 1h\n" + compared);
  story.begin(prometheus_template("check", 1000));
  story.release("v2");
  BOOST_REQUIRE(story.world.until([&] { return story.runs().size() == 1; }));
  story.abort();
  BOOST_REQUIRE(story.until("Degraded"));
  BOOST_TEST(story.until_nothing_is_tried());
  BOOST_TEST(story.until_size("v2", 0));
  for (const std::string& phase : story.runs()) BOOST_TEST(phase == "Successful");
  BOOST_TEST(story.until_experiment("Successful"));
  story.world.come_to_rest();
  // A retry asks the question again.
  BOOST_TEST(story.step() == 0);
}

// irq-05.
BOOST_AUTO_TEST_CASE(a_superseded_version_is_tried_no_more) {
  Tried story(timed);
  story.begin();
  story.release("v2");
  BOOST_REQUIRE(story.until_experiment("Running"));
  const std::string first = story.current();
  story.release("v3");
  BOOST_REQUIRE(story.until("Paused"));
  BOOST_TEST(story.step() == 3);
  BOOST_TEST(story.experiments().size() == 2u);
  const json::value old = story.world.get(resources::experiments, first);
  BOOST_TEST(kube::find_at(old, {"spec", "terminate"})->as_bool());
  story.promote();
  BOOST_TEST(story.until_stable("v3"));
  BOOST_TEST(story.until_nothing_is_tried());
  story.world.come_to_rest();
}

// obs-a22: the pods of an experiment get requests only where it says so.
BOOST_AUTO_TEST_CASE(its_pods_do_not_join_the_services_of_the_rollout) {
  Tried story(timed, true);
  story.begin();
  story.release("v2");
  BOOST_REQUIRE(story.until_experiment("Running"));
  for (const char* service : {"web-stable", "web-canary"}) {
    const std::string hash = story.world.selected(service);
    for (const json::value& set : story.world.list(resources::replica_sets)) {
      const bool is_tried = kube::find_at(set, {"metadata", "annotations", "experiment.argoproj.io/name"}) != nullptr;
      if (is_tried) BOOST_TEST(kube::text_at(set, {"metadata", "labels", "rollouts-pod-template-hash"}) != hash);
    }
  }
  BOOST_TEST(story.until("Paused"));
  story.world.check_requests();
}

// Weights of the first rule of the route by Service: "web-canary 25, web-stable 65, ...", and their sum.
std::pair<std::map<std::string, int>, int> weights_of(const World& world) {
  std::map<std::string, int> weights;
  int sum = 0;
  const json::value route = world.get(resources::http_routes, "web");
  for (const json::value& backend :
       kube::find_at(kube::find_at(route, {"spec", "rules"})->as_array().at(0), {"backendRefs"})->as_array()) {
    const int weight = static_cast<int>(kube::number_at(backend, {"weight"}));
    weights[std::string(kube::text_at(backend, {"name"}))] = weight;
    sum += weight;
  }
  return {weights, sum};
}

const std::string weighted =
    "      steps:\n        - setWeight: 25\n        - experiment:\n            duration: 1m\n"
    "            scaleDownDelaySeconds: 0\n            templates:\n"
    "              - {name: baseline, specRef: stable, weight: 5}\n"
    "              - {name: candidate, specRef: canary, weight: 10, replicas: 2}\n"
    "        - pause: {}\n        - setWeight: 50\n        - pause: {}\n";

BOOST_AUTO_TEST_CASE(its_pods_get_the_share_that_the_step_gives_them) {
  for (const std::string ending : {"passes", "abort"}) {
    Story story({4, routed_canary_with(weighted), ""});
    story.begin();
    story.release("v2");
    BOOST_REQUIRE(story.world.until([&] { return weights_of(story.world).first.size() == 4; }));
    const auto [weights, sum] = weights_of(story.world);
    BOOST_TEST(sum == 100);
    const std::string name = "web-" + story.hash_of("v2") + "-2-1";
    BOOST_TEST(weights.at("web-canary") == 25);
    BOOST_TEST(weights.at("web-stable") == 60);
    BOOST_TEST(weights.at(name + "-baseline") == 5);
    BOOST_TEST(weights.at(name + "-candidate") == 10);
    story.world.pass(seconds(20));
    if (ending == "abort") story.abort();
    BOOST_REQUIRE(story.until(ending == "abort" ? "Degraded" : "Paused"));
    BOOST_REQUIRE(story.world.until([&] { return weights_of(story.world).first.size() == 2; }));
    BOOST_TEST(weights_of(story.world).second == 100);
    // Its Services and pods go when no request reaches them any more.
    BOOST_TEST(story.world.until([&] { return story.world.get(resources::services, name + "-candidate").is_null(); }));
    BOOST_TEST(kube::find_at(story.world.get(resources::rollouts, "web"),
                             {"status", "canary", "weights", "additional"}) == nullptr);
    if (ending != "abort") {
      story.promote();
      // Promoted before the weight counts as reached, it would skip that step only.
      BOOST_REQUIRE(story.until_step(4));
      BOOST_TEST(weights_of(story.world).first.at("web-canary") == 50);
      story.promote();
      BOOST_TEST(story.until_stable("v2"));
    }
    story.world.come_to_rest();
  }
}

BOOST_AUTO_TEST_CASE(a_person_skips_it) {
  Tried story("            duration: 1h\n");
  story.begin();
  story.release("v2");
  BOOST_REQUIRE(story.until_experiment("Running"));
  story.promote();
  BOOST_REQUIRE(story.until_step(3));
  BOOST_TEST(story.until_nothing_is_tried());
  story.promote();
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(only_so_many_finished_experiments_are_kept) {
  Story story({2,
               basic_canary_with("      steps:\n        - experiment:\n            duration: 10s\n"
                                 "            scaleDownDelaySeconds: 0\n" +
                                 templates),
               "  analysis: {successfulRunHistoryLimit: 2}\n"});
  story.begin();
  for (const char* version : {"v2", "v3", "v4", "v5"}) {
    story.release(version);
    BOOST_REQUIRE(story.until_stable(version));
    story.world.pass(minutes(1));
  }
  story.world.come_to_rest();
  BOOST_TEST(story.world.list(resources::experiments).size() == 2u);
}

// The controller dies at each of its writes, before and after it reaches the server.
std::string tell(const std::string& value, int write, CrashPoint point, int& writes) {
  Tried story(compared);
  story.value = value;
  story.begin(prometheus_template("check", 2));
  const int before = static_cast<int>(story.world.controllers().transport().writes().size());
  if (write > 0) story.world.controllers().transport().crash_at(before + write, point);
  story.release("v2");
  BOOST_TEST(story.world.until([&] {
    return story.world.phase("web") == "Degraded" || (story.step() == 3 && story.world.phase("web") == "Paused");
  }));
  story.world.pass(minutes(1));
  writes = static_cast<int>(story.world.controllers().transport().writes().size()) - before;
  story.world.come_to_rest(seconds(32));
  BOOST_TEST(story.world.oracle().violated().empty());
  std::string end = fmt::format("{} {} v1 {} v2 {} tried {} runs {}\n", story.world.phase("web"), story.step(),
                                story.size("v1"), story.size("v2"), story.tried_pods(), story.runs().size());
  for (const json::value& one : story.experiments())
    end += fmt::format("{} {}\n", kube::text_at(one, {"metadata", "name"}), kube::text_at(one, {"status", "phase"}));
  return end;
}

BOOST_AUTO_TEST_CASE(dying_at_any_write_makes_no_second_experiment) {
  for (const char* value : {"0.99", "0.5"}) {
    int writes = 0;
    const std::string calm = tell(value, 0, CrashPoint::before_write, writes);
    BOOST_REQUIRE(writes >= 12);
    for (int write = 1; write <= writes; ++write)
      for (const CrashPoint point : {CrashPoint::before_write, CrashPoint::after_write}) {
        int ignored = 0;
        const std::string end = tell(value, write, point, ignored);
        BOOST_TEST(end == calm, "at write " << write << "\n" << end << "instead of\n" << calm);
      }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::simulation
