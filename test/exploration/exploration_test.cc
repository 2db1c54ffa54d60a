// Every state that decisions can reach in small configurations, with everything that may go wrong in between.
//
// SLUICE_CONFIGURATION="routed w34" explores only configurations whose name contains it; SLUICE_STATES is the quota of
// each; SLUICE_PROFILE=long takes the long list.
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "explorer.h"

namespace sluice::exploration {
namespace {

std::string setting(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

int jobs() {
  const std::string text = setting("SLUICE_JOBS");
  return text.empty() ? static_cast<int>(std::max(1u, std::thread::hardware_concurrency())) : std::stoi(text);
}

std::vector<Configuration> wanted_configurations() {
  const std::string wanted = setting("SLUICE_CONFIGURATION");
  const bool is_long = setting("SLUICE_PROFILE") == "long";
  std::vector<Configuration> chosen;
  for (Configuration& one : configurations())
    if ((is_long || !one.is_long || !wanted.empty()) && one.name.find(wanted) != std::string::npos)
      chosen.push_back(std::move(one));
  return chosen;
}

struct Sums {
  std::size_t states = 0, transitions = 0, decisions = 0, empty = 0, cut = 0, violations = 0;
  double seconds = 0;
};

// One line for each configuration, and what was violated below it.
std::string told(const Exploration& one) {
  std::string text = fmt::format("{:<66} {:>8} states {:>9} steps  depth {:>3}  {}\n", one.name, one.states,
                                 one.transitions, one.depth, one.ran_empty ? "ran empty" : "cut");
  for (const std::string& violation : one.violations) text += "VIOLATION " + one.name + ": " + violation + "\n";
  return text;
}

// Explores every `count`-th configuration from `first` on, in a process of its own that writes its sums and its report.
int explore_some(const std::vector<Configuration>& all, std::size_t first, std::size_t count, const Limits& limits) {
  int ends[2];
  BOOST_REQUIRE(pipe(ends) == 0);
  if (fork() != 0) {
    close(ends[1]);
    return ends[0];
  }
  Sums sums;
  std::string report;
  for (std::size_t at = first; at < all.size(); at += count) {
    const Exploration one = explore(all[at], limits);
    sums.states += one.states;
    sums.transitions += one.transitions;
    sums.decisions += one.decisions;
    ++(one.ran_empty ? sums.empty : sums.cut);
    sums.violations += one.violations.size();
    sums.seconds += one.seconds;
    report += told(one);
  }
  report.insert(0, reinterpret_cast<const char*>(&sums), sizeof sums);
  for (std::size_t sent = 0; sent < report.size();) {
    const ssize_t done = write(ends[1], report.data() + sent, report.size() - sent);
    if (done <= 0) break;
    sent += static_cast<std::size_t>(done);
  }
  _exit(0);
}

std::string read_all(int from) {
  std::string text;
  char buffer[65536];
  for (ssize_t count; (count = read(from, buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(count));
  close(from);
  return text;
}

// What is known to be wrong, one a line: the violation as it is reported, a tab, and the reason.
std::set<std::string> known_violations() {
  std::ifstream file(std::string(SLUICE_SOURCE_DIR) + "/test/exploration/known_violations.txt");
  std::set<std::string> known;
  for (std::string line; std::getline(file, line);)
    if (!line.empty() && !line.starts_with("#")) known.insert(line.substr(0, line.find('\t')));
  return known;
}

void add_violations(const std::string& report, std::set<std::string>& found) {
  constexpr std::string_view mark = "VIOLATION ";
  std::istringstream lines(report);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(mark)) found.insert(line.substr(mark.size()));
}

BOOST_AUTO_TEST_SUITE(exploration)

BOOST_AUTO_TEST_CASE(no_state_violates_an_invariant_but_as_is_known) {
  const std::vector<Configuration> all = wanted_configurations();
  Limits limits;
  const std::string quota = setting("SLUICE_STATES");
  const bool is_long = setting("SLUICE_PROFILE") == "long";
  limits.states = !quota.empty() ? std::stoul(quota) : is_long ? 60'000 : 30'000;
  const auto processes = static_cast<std::size_t>(jobs());
  std::vector<int> reports;
  for (std::size_t first = 0; first < processes; ++first)
    reports.push_back(explore_some(all, first, processes, limits));
  Sums sums;
  std::set<std::string> found;
  for (const int report : reports) {
    const std::string text = read_all(report);
    BOOST_REQUIRE(text.size() >= sizeof(Sums));  // otherwise the process has crashed
    Sums some;
    std::memcpy(&some, text.data(), sizeof some);
    fmt::print("{}", text.substr(sizeof some));
    add_violations(text.substr(sizeof some), found);
    sums.states += some.states;
    sums.transitions += some.transitions;
    sums.decisions += some.decisions;
    sums.empty += some.empty;
    sums.cut += some.cut;
    sums.violations += some.violations;
    sums.seconds += some.seconds;
  }
  while (wait(nullptr) > 0) {
  }
  fmt::print(
      "exploration: {} distinct states, {} steps, {} decisions, {} configurations ran empty, {} were cut, {} "
      "violations, "
      "{:.0f} states per second and core\n",
      sums.states, sums.transitions, sums.decisions, sums.empty, sums.cut, sums.violations,
      static_cast<double>(sums.states) / std::max(0.001, sums.seconds));
  const std::set<std::string> known = known_violations();
  for (const std::string& violation : found) BOOST_TEST(known.contains(violation), "not known before: " << violation);
  const bool is_usual = quota.empty() && !is_long && setting("SLUICE_CONFIGURATION").empty();
  for (const std::string& violation : known)
    BOOST_TEST((!is_usual || found.contains(violation)), "no longer found, to be taken from the list: " << violation);
  BOOST_TEST(sums.empty > 0u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::exploration
