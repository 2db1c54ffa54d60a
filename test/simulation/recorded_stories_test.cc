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

void check(const std::string& name, const std::string& file, const std::vector<Line>& seen) {
  keep(name + "." + file, recordings::print(seen));
  const auto listed = recordings::listed(name, file);
  BOOST_REQUIRE_MESSAGE(listed.has_value(), "there is no " << file << " of " << name << ":\n"
                                                           << recordings::print(seen));
  BOOST_TEST((seen == *listed), "it went another way than " << file << " says:\n" << recordings::print(seen));
}

// In the recording of `restart` the person acted 45 ms before the rollout was Healthy again.
void check_notes(const Recording& recording, const Retelling& retelling) {
  const std::size_t allowed = recording.name == "restart" ? 1 : 0;
  BOOST_TEST(retelling.telling.notes.size() == allowed);
  for (const std::string& note : retelling.telling.notes) BOOST_TEST_MESSAGE(note);
}

BOOST_AUTO_TEST_SUITE(recorded_stories)

BOOST_DATA_TEST_CASE(goes_the_way_of_the_reference_but_for_listed_differences, data::make(recordings::all_recordings()),
                     name) {
  const Recording recording = recordings::read_recording(name);
  if (is_left_out(recording)) return;
  Retelling retelling(recording);
  retelling.tell();
  check_notes(recording, retelling);
  check(name, "differences.txt",
        recordings::compare(recordings::texts_of(recording.rows), recordings::texts_of(retelling.telling.rows)));
  check(name, "event_differences.txt", recordings::compare(recording.events, retelling.events));
  BOOST_TEST(retelling.writes.size() <= recording.writes.size());
  std::cout << fmt::format("  {:<34} {:>3} writes, the reference {:>3}\n", name, retelling.writes.size(),
                           recording.writes.size());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::simulation
