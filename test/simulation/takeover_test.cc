// Every state that the reference controller left its cluster in is one in which Sluice can take over (family F16).
#include "takeover.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <map>
#include <set>
#include <sstream>
#include <thread>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "test/faults/snapshots.h"

namespace sluice::simulation {
namespace {

namespace data = boost::unit_test::data;
using recordings::Moment;
using recordings::Recording;

// After these writes the story demands nothing.
const std::map<std::string, std::map<std::size_t, std::string>> undecided{
    {"paused-spec", {{28, "half of a promotion: the status, spec.paused not yet"}, {88, "the same"}}},
    {"invalid-spec-then-fixed", {{23, "one of two Services is there"}}},
    {"bluegreen-fast-rollback",
     {{43, "nothing says any more that the set was stable a moment ago, so that a person is asked"}}},
    {"canary-prometheus", {{77, "a retry is on its way"}, {78, "the same"}, {79, "the same"}, {80, "the same"}}},
    {"restart", {{41, "the image is being set"}, {42, "the same"}}}};

// Sizes that are not those of the reference, by recording and the number of the act before which they are looked at.
const std::map<std::pair<std::string, std::size_t>, std::string> other_sizes{
    {{"paused-spec", 4}, "a paused rollout follows demand; the reference forgets it while an update waits"},
    {{"canary-prometheus", 11}, "the retry comes in the moment in which the aborted set may go"},
    {{"progress-deadline-no-abort", 3}, "the reference completes the step before its pods exist and keeps one more"}};

struct Tally {
  int states = 0;
  int empty = 0;      // no Rollout exists
  int undecided = 0;  // as above
  int pruned = 0;     // equal to an earlier one for a controller
  int passed = 0;
  int failed = 0;
};

Tally& total() {
  static Tally tally;
  return tally;
}

// A state is taken over in milliseconds, a process is made in one or two.
constexpr std::size_t states_of_a_process = 8;

int processes_at_once() {
  const char* jobs = std::getenv("SLUICE_JOBS");
  return jobs ? std::max(1, std::atoi(jobs)) : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

recordings::Goal wanted(const Recording& recording, const Moment& moment) {
  recordings::Goal goal = goal_of(recording, moment);
  // There the recorded person acted 45 ms before the end of the restart.
  if (recording.name == "restart" && moment.next_act == 2) goal.row.phase = "Healthy";
  if (other_sizes.contains({recording.name, moment.next_act})) {
    goal.sizes.clear();
    goal.smallest.clear();
  }
  return goal;
}

// What is wrong after one moment, on a line of its own for a reader; "" when nothing is.
std::string take_over(const Recording& recording, const Moment& moment) {
  Takeover takeover(recording, moment);
  std::string fault = takeover.reach(wanted(recording, moment));
  if (fault.empty()) fault = takeover.violation();
  if (fault.empty()) return "";
  std::replace(fault.begin(), fault.end(), '\n', ' ');
  return fmt::format("{} after write {} ({:.3f} s): {}\n", recording.name, moment.write,
                     static_cast<double>(moment.at.count()) / 1e6, fault);
}

// In other processes, as many at once as there are processors: every state is a world of its own.
std::string take_over_all(const Recording& recording, const std::vector<const Moment*>& moments) {
  faults::Snapshots processes(processes_at_once());
  for (std::size_t begin = 0; begin < moments.size(); begin += states_of_a_process) {
    if (!processes.branch(fmt::format("states from {}", begin))) continue;
    std::string report;
    for (std::size_t at = begin; at < std::min(begin + states_of_a_process, moments.size()); ++at)
      report += take_over(recording, *moments[at]);
    processes.finish(report);
  }
  std::string all;
  for (const faults::Snapshots::Result& result : processes.collect()) {
    all += result.failure;
    if (!result.failure.empty() && !result.failure.ends_with('\n'))
      all += fmt::format(" ({}, {})\n", recording.name, result.plan);
  }
  return all;
}

void take_over_everywhere(const Recording& recording, Tally& tally) {
  std::set<std::string> seen;
  std::vector<const Moment*> executed;
  const std::vector<Moment> moments = recordings::moments_of(recording);
  const auto without = undecided.find(recording.name);
  for (const Moment& moment : moments) {
    ++tally.states;
    if (moment.find("Rollout", recording.rollout) == nullptr)
      ++tally.empty;
    else if (without != undecided.end() && without->second.contains(moment.write))
      ++tally.undecided;
    else if (!seen.insert(moment.canonical).second)
      ++tally.pruned;
    else
      executed.push_back(&moment);
  }
  std::istringstream faults(take_over_all(recording, executed));
  for (std::string fault; std::getline(faults, fault);) {
    ++tally.failed;
    BOOST_TEST(fault == "");
  }
  tally.passed = static_cast<int>(executed.size()) - tally.failed;
}

BOOST_AUTO_TEST_SUITE(takeover)

BOOST_DATA_TEST_CASE(from_every_recorded_state_without_replacing_a_pod, data::make(recordings::all_recordings()),
                     name) {
  const Recording recording = recordings::read_recording(name);
  if (is_left_out(recording)) return;
  Tally tally;
  take_over_everywhere(recording, tally);
  std::cout << fmt::format("  {:<34} {:>3} states, {:>3} pruned, {:>3} passed, {:>3} failed\n", name, tally.states,
                           tally.pruned, tally.passed, tally.failed)
            << std::flush;
  BOOST_TEST(tally.passed > 0);
  Tally& all = total();
  all.states += tally.states, all.empty += tally.empty, all.undecided += tally.undecided;
  all.pruned += tally.pruned, all.passed += tally.passed, all.failed += tally.failed;
}

BOOST_AUTO_TEST_CASE(is_counted) {
  const Tally& all = total();
  std::cout << fmt::format(
      "  F16: {} recorded states; {} without a Rollout, {} undecided, {} pruned, {} executed, {} failed\n", all.states,
      all.empty, all.undecided, all.pruned, all.passed + all.failed, all.failed);
  BOOST_TEST(all.states == all.empty + all.undecided + all.pruned + all.passed + all.failed);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::simulation
