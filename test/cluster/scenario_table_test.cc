// The list of named scenarios that are told on the real API server names tests that there are, and all of them.
#include <fstream>
#include <iostream>
#include <set>
#include <sstream>

#include <boost/test/tree/traverse.hpp>
#include <boost/test/tree/visitor.hpp>
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "test/cluster/plane.h"

namespace sluice::cluster_test {
namespace {

struct CaseNames : boost::unit_test::test_tree_visitor {
  std::set<std::string> names;
  void visit(const boost::unit_test::test_case& test) override { names.insert(test.full_name()); }
};

// "stories/ar_1292_an_abort" is about "ar-1292".
bool is_about(const std::string& test, std::string id) {
  for (char& c : id)
    if (c == '-') c = '_';
  return test.starts_with("stories/" + id + "_");
}

BOOST_AUTO_TEST_SUITE(scenario_table)

BOOST_AUTO_TEST_CASE(names_the_test_of_every_scenario) {
  CaseNames cases;
  boost::unit_test::traverse_test_tree(boost::unit_test::framework::master_test_suite(), cases, true);
  std::ifstream file(source_path("test/data/cluster_scenarios.tsv"));
  std::set<std::string> ids;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("#")) continue;
    std::istringstream stream(line);
    std::string id;
    std::string test;
    std::getline(stream, id, '\t');
    std::getline(stream, test);
    BOOST_TEST(ids.insert(id).second, id << " stands twice");
    BOOST_TEST(cases.names.contains(test), id << ": there is no test " << test);
    BOOST_TEST(is_about(test, id), test << " does not carry the name " << id);
  }
  std::cout << fmt::format("{} named scenarios on the real API server; wanted: 40\n", ids.size());
  BOOST_TEST(ids.size() >= 40U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::cluster_test
