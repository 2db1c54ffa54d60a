// The stories of the recordings with Sluice in the place of the reference controller, and both histories side by side.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "retelling.h"
#include "test/recordings/comparison.h"

namespace sluice::simulation {
namespace {

namespace data = boost::unit_test::data;
using recordings::Line;
using recordings::Recording;

// What was compared, kept for people beside the results of the tests.
void keep(const std::string& name, const std::string& text) {
  const std::filesystem::path path = std::filesystem::path(SLUICE_BINARY_DIR) / "results/side_by_side" / name;
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

BOOST_AUTO_TEST_SUITE(recorded_stories)

BOOST_DATA_TEST_CASE(goes_the_way_of_the_reference_but_for_listed_differences, data::make(recordings::all_recordings()),
                     name) {
  const Recording recording = recordings::read_recording(name);
  const std::string refused = refused_field(recording);
  if (!refused.empty()) {
    std::cout << fmt::format("  {:<34} not told: {} is refused\n", name, refused);
    return;
  }
  Retelling retelling(recording);
  retelling.tell();
  for (const std::string& note : retelling.telling.notes) BOOST_TEST_MESSAGE(note);
  const std::vector<Line> seen =
      recordings::compare(recordings::texts_of(recording.rows), recordings::texts_of(retelling.telling.rows));
  keep(name + ".txt", recordings::print(seen));
  const auto listed = recordings::listed(name, "differences.txt");
  if (!listed) {
    std::cout << fmt::format("  {:<34} not compared\n", name);
    return;
  }
  BOOST_TEST((seen == *listed), "it went another way than the list of differences says:\n" << recordings::print(seen));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::simulation
