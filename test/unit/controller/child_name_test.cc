// Names of what a Rollout makes: as tools know them, and valid however long the Rollout's own name is.
#include "controller/child_name.h"

#include <set>

#include <boost/test/unit_test.hpp>

namespace sluice::controller {
namespace {

BOOST_AUTO_TEST_SUITE(child_names)

BOOST_AUTO_TEST_CASE(defect_47_a_name_that_fits_stays_as_it_is) {
  BOOST_TEST(child_name("web-6f496f9f78") == "web-6f496f9f78");
  BOOST_TEST(child_name(std::string(longest_name, 'a')).size() == longest_name);
  BOOST_TEST(child_name(std::string(longest_name, 'a')).back() == 'a');
}

BOOST_AUTO_TEST_CASE(defect_47_long_names_are_cut_and_stay_apart) {
  std::set<std::string> names;
  for (const char* ending : {"-6f496f9f78-2-12", "-6f496f9f78-2-13", "-6f496f9f78-3-12"}) {
    const std::string wanted = std::string(240, 'w') + ending;
    const std::string name = child_name(wanted, 8);
    BOOST_TEST(name.size() <= longest_name - 8);
    BOOST_TEST(name == child_name(wanted, 8));
    names.insert(name);
  }
  BOOST_TEST(names.size() == 3u);
}

BOOST_AUTO_TEST_CASE(defect_47_no_cut_name_has_an_empty_part) {
  for (std::size_t length = 236; length < 246; ++length) {
    const std::string name = child_name(std::string(length, 'w') + "-." + std::string(30, 'x'));
    BOOST_TEST(name.find("--") == std::string::npos);
    BOOST_TEST(name.find(".-") == std::string::npos);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::controller
