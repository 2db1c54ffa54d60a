// test/data/scenarios.tsv tells the truth about the named scenarios: it has every row of its areas, and the tests
// exist.
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

namespace sluice::simulation {
namespace {

namespace fs = std::filesystem;

const std::string source_folder = SLUICE_SOURCE_DIR;

struct Row {
  std::string id, priority, area, state, where;
  std::string test() const { return where.substr(0, where.find("; ")); }
  bool has_test() const { return state != "not covered"; }
};

std::vector<Row> all_rows() {
  std::ifstream file(source_folder + "/test/data/scenarios.tsv");
  std::vector<Row> rows;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("#")) continue;
    std::istringstream stream(line);
    Row row;
    for (std::string* cell : {&row.id, &row.priority, &row.area, &row.state}) std::getline(stream, *cell, '\t');
    std::getline(stream, row.where);
    rows.push_back(row);
  }
  return rows;
}

std::string text_in(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// "scenarios/suite/case" for every test case below a folder of test/.
std::set<std::string> cases_in(const std::string& program, const std::string& folder) {
  std::set<std::string> cases;
  for (const auto& entry : fs::recursive_directory_iterator(source_folder + "/test/" + folder)) {
    if (!entry.path().string().ends_with("_test.cc")) continue;
    std::istringstream lines(text_in(entry.path()));
    std::string suite;
    for (std::string line; std::getline(lines, line);) {
      const auto name_in = [&](const std::string& macro) -> std::string {
        if (!line.starts_with(macro + "(")) return "";
        const std::size_t begin = macro.size() + 1;
        return line.substr(begin, line.find_first_of(",)", begin) - begin);
      };
      if (const std::string name = name_in("BOOST_AUTO_TEST_SUITE") + name_in("BOOST_FIXTURE_TEST_SUITE");
          !name.empty())
        suite = name;
      const std::string name = name_in("BOOST_AUTO_TEST_CASE") + name_in("BOOST_FIXTURE_TEST_CASE");
      if (!name.empty()) cases.insert(program + "/" + suite + "/" + name);
    }
  }
  return cases;
}

// The programs that the table may name, with all their cases.
const std::map<std::string, std::set<std::string>>& programs() {
  static const std::map<std::string, std::set<std::string>> all = [] {
    std::map<std::string, std::set<std::string>> found;
    for (const char* program : {"scenarios", "simulation", "faults", "exploration"})
      found[program] = cases_in(program, program);
    for (const char* room : {"crds", "traffic", "controller", "kube", "sandbox"})
      found["unit_" + std::string(room)] = cases_in("unit_" + std::string(room), "unit/" + std::string(room));
    return found;
  }();
  return all;
}

bool exists(const std::string& test) {
  const auto program = programs().find(test.substr(0, test.find('/')));
  return program != programs().end() && program->second.contains(test);
}

BOOST_AUTO_TEST_SUITE(scenario_table)

BOOST_AUTO_TEST_CASE(every_scenario_of_the_areas_has_a_row) {
  // As many as the specification has; of the area gitops the one in which an update and a writer meet.
  const std::map<std::string, int> expected{{"abort", 19}, {"bluegreen", 18}, {"canary", 46}, {"gitops", 1},
                                            {"hpa", 13},   {"restart", 12},   {"traffic", 42}};
  std::map<std::string, int> found;
  std::set<std::string> ids;
  int first = 0;
  for (const Row& row : all_rows()) {
    BOOST_TEST(ids.insert(row.id).second, row.id << " stands twice");
    ++found[row.area];
    first += row.priority.starts_with("P1") ? 1 : 0;
  }
  for (const auto& [area, count] : expected) BOOST_TEST(found[area] == count, area << " has " << found[area]);
  BOOST_TEST(found.size() == expected.size());
  BOOST_TEST(first == 32);
}

BOOST_AUTO_TEST_CASE(every_test_that_is_named_exists) {
  const std::set<std::string> states{"passes", "partly", "fails", "not covered"};
  for (const Row& row : all_rows()) {
    BOOST_TEST(states.contains(row.state), row.id << ": " << row.state << " is no state");
    BOOST_TEST(!row.where.empty(), row.id << " gives no test and no reason");
    if (row.has_test()) BOOST_TEST(exists(row.test()), row.id << ": there is no test " << row.test());
    const bool must_explain = row.state == "partly" || row.state == "fails";
    BOOST_TEST((!must_explain || row.where.find("; ") != std::string::npos), row.id << " does not say what is missing");
  }
}

BOOST_AUTO_TEST_CASE(every_scenario_that_is_told_is_in_the_table) {
  std::set<std::string> ids;
  for (const Row& row : all_rows()) {
    std::string id = row.id;
    for (char& letter : id) letter = letter == '-' ? '_' : letter;
    ids.insert(id);
  }
  for (const std::string& test : programs().at("scenarios")) {
    const std::string name = test.substr(test.rfind('/') + 1);
    if (test.starts_with("scenarios/scenario_table/")) continue;
    bool is_known = false;
    for (const std::string& id : ids) is_known |= name.starts_with(id + "_");
    BOOST_TEST(is_known, name << " is no scenario of the table");
  }
}

BOOST_AUTO_TEST_CASE(every_scenario_of_the_first_priority_is_explained_and_rehearsed) {
  for (const Row& row : all_rows()) {
    if (!row.priority.starts_with("P1") || row.state == "not covered") continue;
    if (row.state == "fails" || row.id == "ar-4696") continue;  // a takeover, in which nothing stands still
    for (const char* kind : {".explain.txt", ".simulate.txt"})
      BOOST_TEST(!text_in(source_folder + "/test/data/golden/" + row.id + kind).empty(),
                 row.id << kind << " is missing");
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::simulation
