// Named scenarios: outages and near misses of delivery controllers that have been reported, each told to its good end.
// The names are those of test/data/scenarios.tsv, which says for every one of them where it is tested.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include <boost/json.hpp>
#include <boost/test/tree/traverse.hpp>
#include <boost/test/tree/visitor.hpp>
#include <boost/test/unit_test.hpp>

#include "kube/json.h"
#include "story.h"

namespace sluice::simulation {
namespace {

namespace resources = kube::resources;
using std::chrono::minutes;
using std::chrono::seconds;

Plan t10(const std::string& more = "") {
  return {10, routed_canary_with("      steps: [{setWeight: 20}, {pause: {}}, {setWeight: 50}, {pause: {}}]\n" + more),
          ""};
}

Plan b4(const std::string& more, int replicas = 4) { return {replicas, blue_green_with(more), ""}; }

// Deletes so many ready pods of a version, as a node that fails would.
void lose_pods(Story& story, const std::string& version, int count) {
  const std::string hash = story.hash_of(version);
  for (const json::value& pod : story.world.list(resources::pods)) {
    if (kube::text_at(pod, {"metadata", "labels", "rollouts-pod-template-hash"}) != hash || count == 0) continue;
    story.world.remove(resources::pods, std::string(kube::text_at(pod, {"metadata", "name"})));
    --count;
  }
}

int writes_of(Story& story, const std::string& path) {
  int count = 0;
  for (const std::string& write : story.world.controllers().transport().writes()) count += write.ends_with(path);
  return count;
}

BOOST_AUTO_TEST_SUITE(scenarios)

BOOST_AUTO_TEST_CASE(ar_1292_an_abort_with_nothing_in_progress) {
  Story story(t10());
  story.begin();
  story.world.pass(minutes(1));
  const int before = writes_of(story, "replicasets/web-" + story.hash_of("v1"));
  story.abort();
  story.world.pass(minutes(2));
  BOOST_TEST(story.size("v1") == 10);
  BOOST_TEST(writes_of(story, "replicasets/web-" + story.hash_of("v1")) == before);
  BOOST_TEST(story.world.is("web", "Healthy"));
  BOOST_TEST(story.has_event("RolloutAbortIgnored"));
  BOOST_TEST(!kube::find_at(story.world.get(resources::rollouts, "web"), {"status", "abort"}));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(ar_3078_the_canary_service_stands_still_after_an_abort) {
  for (const std::string delay : {"600", "0"}) {
    BOOST_TEST_CONTEXT("abortScaleDownDelaySeconds: " << delay) {
      Story story(t10("      abortScaleDownDelaySeconds: " + delay + "\n"));
      story.begin();
      story.release("v2");
      BOOST_REQUIRE(story.until("Paused"));
      const int before = writes_of(story, "services/web-canary");
      story.abort();
      story.world.pass(seconds(10));
      BOOST_TEST(writes_of(story, "services/web-canary") <= before + 1);
      const int settled = story.world.writes();
      story.world.pass(seconds(580));
      BOOST_TEST(story.world.writes() == settled);
      story.world.come_to_rest();
    }
  }
}

BOOST_AUTO_TEST_CASE(ar_3724_pods_that_come_and_go_do_not_end_a_gate) {
  Story story(b4("      prePromotionAnalysis: {templates: [{templateName: gate}]}\n", 1));
  story.begin(job_template("gate", "sleep 300; exit 1"));
  story.release("v2");
  BOOST_REQUIRE(story.world.until([&] { return story.runs().size() == 1; }));
  for (int round = 0; round < 3; ++round) {
    story.world.pass(seconds(40));
    lose_pods(story, "v2", 1);
    BOOST_TEST(story.active() == "v1");
  }
  BOOST_TEST(story.world.until([&] { return story.world.is("web", "Degraded"); }, minutes(10)));
  BOOST_TEST(story.runs().size() == 1u);
  BOOST_TEST(story.active() == "v1");
  BOOST_TEST(story.stable() == "v1");
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(obs_13_an_abort_after_the_switch_needs_no_whole_new_set) {
  Story story(
      b4("      scaleDownDelaySeconds: 600\n      postPromotionAnalysis: {templates: [{templateName: gate}]}\n"));
  story.begin(job_template("gate", "sleep 60; exit 1"));
  story.release("v2");
  BOOST_REQUIRE(story.world.until([&] { return story.active() == "v2"; }));
  // The pods that replace them are not ready before the verdict.
  const auto is_about_to_fail = [&] { return story.runs().size() == 1; };
  BOOST_REQUIRE(story.world.until(is_about_to_fail));
  story.world.pass(seconds(60));
  story.world.oracle().excuse("I2");  // a person takes half of the serving pods away
  lose_pods(story, "v2", 2);
  BOOST_REQUIRE(story.world.until([&] { return story.runs().front() == "Failed"; }));
  story.world.pass(seconds(1));
  BOOST_TEST(story.active() == "v1");
  BOOST_TEST(story.size("v1") == 4);
  BOOST_TEST(story.size("v2") == 4);
  BOOST_TEST(story.until("Degraded"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(obs_48_a_paused_spec_stops_the_promotion) {
  Story story(t10());
  story.begin();
  story.release("v2");
  BOOST_REQUIRE(story.until("Paused"));
  story.promote();
  BOOST_REQUIRE(story.until_step(3));
  BOOST_REQUIRE(story.until("Paused"));
  story.pause();
  story.promote();
  story.world.pass(minutes(10));
  BOOST_TEST(story.step() == 3);
  BOOST_TEST(story.weight() == 50);
  BOOST_TEST(story.stable() == "v1");
  story.resume();
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
}

// The names of all test cases of this program, with those of their suites before them.
struct CaseNames : boost::unit_test::test_tree_visitor {
  std::set<std::string> names;
  void visit(const boost::unit_test::test_case& test) override { names.insert(test.full_name()); }
};

// "unit_analysis/the_case" or "sequential/the_case": a case of another program, told in its sources.
bool is_in_another_program(const std::string& test) {
  const std::size_t slash = test.find('/');
  if (slash == std::string::npos) return false;
  std::string folder = test.substr(0, slash);
  if (folder.starts_with("unit_")) folder = "unit/" + folder.substr(5);
  const std::filesystem::path tests = std::filesystem::path(SLUICE_SOURCE_DIR) / "test" / folder;
  if (folder == "simulation" || !std::filesystem::is_directory(tests)) return false;
  for (const auto& file : std::filesystem::directory_iterator(tests)) {
    if (file.path().extension() != ".cc") continue;
    std::ifstream in(file.path());
    const std::string text(std::istreambuf_iterator<char>(in), {});
    for (const char* end : {")", ","})
      if (text.find("TEST_CASE(" + test.substr(slash + 1) + end) != std::string::npos) return true;
  }
  return false;
}

BOOST_AUTO_TEST_CASE(the_table_tells_the_truth) {
  CaseNames cases;
  boost::unit_test::traverse_test_tree(boost::unit_test::framework::master_test_suite(), cases, true);
  std::ifstream file(std::string(SLUICE_SOURCE_DIR) + "/test/data/scenarios.tsv");
  std::set<std::string> ids;
  std::set<std::string> named;
  int lines = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("#")) continue;
    ++lines;
    std::istringstream stream(line);
    std::string id, state, where;
    std::getline(stream, id, '\t');
    std::getline(stream, state, '\t');
    std::getline(stream, where);
    BOOST_TEST(ids.insert(id).second, id << " stands twice");
    const bool is_tested = state == "passes" || state == "partly";
    BOOST_TEST((is_tested || state == "not covered"), id << ": " << state << " is no state");
    const std::string test = where.substr(0, where.find("; "));
    if (is_tested) {
      BOOST_TEST((cases.names.contains(test) || is_in_another_program(test)), id << ": there is no test " << test);
      named.insert(test);
    }
    BOOST_TEST(!where.empty(), id << " gives no test and no reason");
    BOOST_TEST((state != "partly" || where.find("; ") != std::string::npos), id << " does not say what is missing");
  }
  BOOST_TEST(lines > 0);
  for (const std::string& name : cases.names)
    if (name.starts_with("scenarios/") && !name.ends_with("the_table_tells_the_truth"))
      BOOST_TEST(named.contains(name), "scenarios.tsv does not hold " << name);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::simulation
