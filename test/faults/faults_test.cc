// Every fault at every point of every core scenario, from one telling of each; the oracle is on in all of them.
//
// SLUICE_PLAN=canary-routed/F1/17 executes this one plan; SLUICE_PROFILE=long leaves none out; SLUICE_ROTATION chooses
// the part of the large families that is told otherwise, and SLUICE_ONE_IN makes all families large; SLUICE_JOBS says
// how many run at the same time.
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <thread>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "telling.h"

namespace sluice::faults {
namespace {

std::string setting(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

int jobs() {
  const std::string text = setting("SLUICE_JOBS");
  return text.empty() ? static_cast<int>(std::max(1u, std::thread::hardware_concurrency())) : std::stoi(text);
}

// Which part of the families that a commit does not tell whole is told this time.
std::uint64_t rotation() {
  const std::string text = setting("SLUICE_ROTATION");
  return text.empty() ? 0 : std::stoull(text);
}

// Sums over all scenarios, told when the program ends.
struct Sums {
  std::map<Family, Counts> counts;
  double cpu_seconds = 0;
  int tellings = 0;
};
Sums& sums() {
  static Sums all;
  return all;
}

int one_in();

std::string told_part() {
  if (one_in() > 1) return fmt::format("one in {} is told, part {} (SLUICE_ROTATION)", one_in(), rotation());
  return fmt::format("of F7 to F13 a part is told, number {} (SLUICE_ROTATION)", rotation());
}

struct Report {
  ~Report() {
    const Sums& all = sums();
    Counts total;
    fmt::print("fault plans: family  enumerated  pruned  left out  executed  failed\n");
    for (const auto& [family, counts] : all.counts) {
      fmt::print("  {:<18} {:>10} {:>7} {:>9} {:>9} {:>7}\n", name_of(family), counts.enumerated, counts.pruned,
                 counts.left_out, counts.executed, counts.failed);
      total.enumerated += counts.enumerated;
      total.pruned += counts.pruned;
      total.left_out += counts.left_out;
      total.executed += counts.executed;
      total.failed += counts.failed;
    }
    fmt::print("  {:<18} {:>10} {:>7} {:>9} {:>9} {:>7}\n", "all", total.enumerated, total.pruned, total.left_out,
               total.executed, total.failed);
    if (all.cpu_seconds > 0)
      fmt::print("fault plans: {} scenarios, {:.0f} plans per second and core{}\n", all.tellings,
                 total.executed / all.cpu_seconds, total.left_out == 0 ? std::string() : "; " + told_part());
  }
};
BOOST_TEST_GLOBAL_FIXTURE(Report);

int one_in() {
  const std::string text = setting("SLUICE_ONE_IN");
  return text.empty() ? 1 : std::stoi(text);
}

std::vector<std::string> scenario_names() {
  const std::string wanted = setting("SLUICE_PLAN").substr(0, setting("SLUICE_PLAN").find('/'));
  std::vector<std::string> names;
  for (const Scenario& scenario : core_scenarios())
    if (wanted.empty() || wanted == scenario.name) names.push_back(scenario.name);
  return names;
}

const Scenario& scenario_named(const std::string& name) {
  const auto& all = core_scenarios();
  return *std::find_if(all.begin(), all.end(), [&](const Scenario& one) { return one.name == name; });
}

Family family_of(const std::string& plan) {
  for (int at = 0; at < families; ++at)
    if (plan.find("/" + name_of(static_cast<Family>(at)) + "/") != std::string::npos) return static_cast<Family>(at);
  return Family::crash;
}

std::string first_lines(const std::string& text, int count) {
  std::size_t end = 0;
  for (int line = 0; line < count && end != std::string::npos; ++line) end = text.find('\n', end + 1);
  return text.substr(0, end);
}

BOOST_AUTO_TEST_SUITE(faults)

BOOST_DATA_TEST_CASE(every_fault_leads_to_the_same_end, boost::unit_test::data::make(scenario_names()), name) {
  const Scenario& scenario = scenario_named(name);
  const Ending calm = tell(scenario, Pace::calm);
  BOOST_TEST(calm.failure == "");
  if (!calm.failure.empty()) return;
  const std::string wanted = setting("SLUICE_PLAN");
  const bool is_one = std::count(wanted.begin(), wanted.end(), '/') == 2;
  Snapshots snapshots(jobs());
  Ending ending =
      tell_with_faults(scenario, calm, snapshots,
                       {name, is_one ? wanted : "", setting("SLUICE_PROFILE") == "long", rotation(), one_in()});
  BOOST_TEST(ending.failure == "");
  BOOST_TEST(ending.state == calm.state);
  int told = 0;
  double cpu = 0;
  for (const Snapshots::Result& result : snapshots.collect()) {
    cpu += result.cpu_seconds;
    if (result.failure.empty()) continue;
    ++ending.counts[family_of(result.plan)].failed;
    // One line for each is enough to find it again; the first ones are told whole.
    const std::string told_text = is_one ? result.failure : first_lines(result.failure, told < 3 ? 30 : 2);
    ++told;
    BOOST_ERROR("SLUICE_PLAN=" << result.plan << ": " << told_text);
  }
  sums().cpu_seconds += cpu;
  ++sums().tellings;
  int executed = 0;
  for (const auto& [family, counts] : ending.counts) {
    Counts& sum = sums().counts[family];
    sum.enumerated += counts.enumerated;
    sum.pruned += counts.pruned;
    sum.left_out += counts.left_out;
    sum.executed += counts.executed;
    sum.failed += counts.failed;
    executed += counts.executed;
  }
  BOOST_TEST_MESSAGE(name << ": " << calm.writes << " writes, " << executed << " plans, "
                          << fmt::format("{:.1f} ms each", 1000 * cpu / std::max(1, executed)));
  BOOST_TEST(executed > 0);
}

BOOST_DATA_TEST_CASE(every_pace_leads_to_the_same_end, boost::unit_test::data::make(scenario_names()), name) {
  if (!setting("SLUICE_PLAN").empty()) return;
  const Scenario& scenario = scenario_named(name);
  const Ending calm = tell(scenario, Pace::calm);
  for (const Pace pace : {Pace::normal, Pace::slow, Pace::lagging_router}) {
    BOOST_TEST_CONTEXT(name << " at the pace " << name_of(pace)) {
      const Ending ending = tell(scenario, pace);
      BOOST_TEST(ending.failure == "");
      BOOST_TEST(ending.state == calm.state);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::faults
