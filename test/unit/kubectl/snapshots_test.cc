// `get rollout` and `list rollouts` print what the reference's plugin printed for the same objects, pods and ages
// aside.
#include <fstream>
#include <regex>
#include <string>
#include <vector>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "crds/decode.h"
#include "kube/json.h"
#include "kubectl/rollout_text.h"

namespace sluice::kubectl {
namespace {

namespace json = boost::json;

// Columns are as wide as the widest pod name, and ages go on between the two printings.
std::string normal(const std::string& line) {
  static const std::regex delay("delay:[0-9a-z]+");
  static const std::regex age("( |^)[0-9]+[smhd]([0-9]+[smhd])?( |$)");
  static const std::regex blanks(" +");
  std::string text = std::regex_replace(line, delay, "delay");
  text = std::regex_replace(text, age, " <age> ");
  text = std::regex_replace(text, blanks, " ");
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(normal(line));
  return lines;
}

std::vector<std::string> recorded_lines(const json::value& snapshot, std::string_view part) {
  std::vector<std::string> lines;
  for (const json::value& line : snapshot.at(part).as_array()) lines.push_back(normal(std::string(line.as_string())));
  return lines;
}

view::RolloutObjects objects_of(const json::value& snapshot) {
  view::RolloutObjects objects;
  for (const json::value& object : snapshot.at("objects").as_array()) {
    kube::Mistakes mistakes;
    const std::string_view kind = kube::text_at(object, {"kind"});
    if (kind == "Rollout") objects.rollout = crds::decode_rollout(object, mistakes);
    if (kind == "ReplicaSet") objects.replica_sets.push_back(crds::decode_replica_set(object, mistakes));
    if (kind == "AnalysisRun") objects.analysis_runs.push_back(crds::decode_analysis_run(object, mistakes));
    BOOST_TEST(kube::describe(mistakes) == "");
  }
  return objects;
}

std::vector<json::value> snapshots() {
  std::vector<json::value> all;
  std::ifstream file(SLUICE_SOURCE_DIR "/test/data/plugin_snapshots.jsonl");
  for (std::string line; std::getline(file, line);) all.push_back(json::parse(line));
  return all;
}

BOOST_AUTO_TEST_CASE(get_rollout_prints_what_the_reference_printed) {
  const kube::Time now = *kube::parse_time("2026-11-22T00:00:00Z");
  const auto all = snapshots();
  BOOST_REQUIRE(all.size() > 100u);
  for (const json::value& snapshot : all) {
    const view::RolloutObjects objects = objects_of(snapshot);
    BOOST_REQUIRE(objects.rollout);
    const std::vector<std::string> seen = lines_of(rollout_text(view::view_of(objects, now), Paint(false), false));
    BOOST_TEST_CONTEXT(snapshot.at("name").as_string().c_str()) {
      const std::vector<std::string> recorded = recorded_lines(snapshot, "get");
      BOOST_TEST(seen == recorded, boost::test_tools::per_element());
    }
  }
}

BOOST_AUTO_TEST_CASE(list_rollouts_prints_what_the_reference_printed) {
  for (const json::value& snapshot : snapshots()) {
    const std::vector<std::string> recorded = recorded_lines(snapshot, "list");
    if (recorded.size() != 2) continue;
    const view::RolloutObjects objects = objects_of(snapshot);
    Table table;
    table.add(list_header(false));
    table.add(list_row(*objects.rollout, false));
    BOOST_TEST_CONTEXT(snapshot.at("name").as_string().c_str()) {
      BOOST_TEST(lines_of(table.text()) == recorded, boost::test_tools::per_element());
    }
  }
}

}  // namespace
}  // namespace sluice::kubectl
