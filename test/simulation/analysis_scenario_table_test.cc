// test/data/analysis_scenarios.tsv says for every named scenario of the area analysis where it is tested.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include <boost/test/tree/traverse.hpp>
#include <boost/test/tree/visitor.hpp>
#include <boost/test/unit_test.hpp>

namespace sluice::simulation {
namespace {

BOOST_AUTO_TEST_SUITE(analysis_scenario_table)

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
  std::ifstream file(std::string(SLUICE_SOURCE_DIR) + "/test/data/analysis_scenarios.tsv");
  std::set<std::string> ids;
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
    if (is_tested)
      BOOST_TEST((cases.names.contains(test) || is_in_another_program(test)), id << ": there is no test " << test);
    BOOST_TEST(!where.empty(), id << " gives no test and no reason");
    BOOST_TEST((state != "partly" || where.find("; ") != std::string::npos), id << " does not say what is missing");
  }
  BOOST_TEST(lines > 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::simulation
