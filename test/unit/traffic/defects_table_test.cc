// test/data/traffic_defects.tsv tells of every known edge case of traffic routing, and names tests that exist.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>

#include <boost/test/unit_test.hpp>

namespace sluice::traffic {
namespace {

const std::filesystem::path tests = std::filesystem::path(SLUICE_SOURCE_DIR) / "test";
constexpr int last_row = 75;

// "unit/traffic/istio:weights_by_hosts"
bool exists(const std::string& test) {
  const std::size_t colon = test.find(':');
  if (colon == std::string::npos) return false;
  std::ifstream file(tests / (test.substr(0, colon) + "_test.cc"));
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return text.find("_TEST_CASE(" + test.substr(colon + 1) + ")") != std::string::npos ||
         text.find("_TEST_CASE(" + test.substr(colon + 1) + ",") != std::string::npos;
}

BOOST_AUTO_TEST_CASE(each_known_defect_of_routers_has_its_test) {
  std::ifstream file(tests / "data/traffic_defects.tsv");
  std::set<int> rows;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("#")) continue;
    std::istringstream cells(line);
    std::string number, state, named, note;
    std::getline(cells, number, '\t');
    std::getline(cells, state, '\t');
    std::getline(cells, named, '\t');
    std::getline(cells, note);
    BOOST_TEST_CONTEXT("row " << number) {
      BOOST_TEST(rows.insert(std::stoi(number)).second);
      const bool is_shown = state == "shown" || state == "partly";
      BOOST_TEST((is_shown || state == "missing" || state == "other router"), state);
      BOOST_TEST(named.empty() != is_shown);
      BOOST_TEST((state == "shown" || !note.empty()));
      std::istringstream list(named);
      for (std::string test; list >> test;) BOOST_TEST(exists(test), "there is no test " << test);
    }
  }
  BOOST_TEST(rows.size() == last_row);
  BOOST_TEST(*rows.begin() == 1);
  BOOST_TEST(*rows.rbegin() == last_row);
}

}  // namespace
}  // namespace sluice::traffic
