// Runs that a number decides, many of them, with everything that the generator can think of.
//
// SLUICE_SEED=0x2a runs this one and makes it small when it fails; SLUICE_SEEDS says how many there are; seeds that
// ever failed are kept in test/faults/seeds.txt and run each time.
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "random_run.h"
#include "sandbox/workloads/dice.h"

namespace sluice::faults {
namespace {

std::string setting(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

std::vector<std::uint64_t> kept_seeds() {
  std::ifstream file(std::string(SLUICE_SOURCE_DIR) + "/test/faults/seeds.txt");
  BOOST_REQUIRE(file.good());
  std::vector<std::uint64_t> seeds;
  for (std::string line; std::getline(file, line);)
    if (!line.empty() && line.front() != '#') seeds.push_back(std::stoull(line, nullptr, 0));
  return seeds;
}

std::vector<std::uint64_t> wanted_seeds() {
  if (const std::string one = setting("SLUICE_SEED"); !one.empty()) return {std::stoull(one, nullptr, 0)};
  std::vector<std::uint64_t> seeds = kept_seeds();
  const bool is_long = setting("SLUICE_PROFILE") == "long";
  const std::string count = setting("SLUICE_SEEDS");
  const int runs = !count.empty() ? std::stoi(count) : is_long ? 20'000 : 600;
  // Each commit runs the same ones, so that a failure is not a matter of luck; the long profile goes on from there.
  for (int number = 0; number < runs; ++number) seeds.push_back(sandbox::mix(static_cast<std::uint64_t>(number)));
  return seeds;
}

BOOST_AUTO_TEST_SUITE(random_runs)

BOOST_AUTO_TEST_CASE(every_seed_ends_well) {
  if (!setting("SLUICE_PLAN").empty()) return;
  const std::vector<std::uint64_t> seeds = wanted_seeds();
  const std::string jobs = setting("SLUICE_JOBS");
  Snapshots snapshots(jobs.empty() ? static_cast<int>(std::max(1u, std::thread::hardware_concurrency()))
                                   : std::stoi(jobs));
  for (const std::uint64_t seed : seeds)
    if (snapshots.branch(fmt::format("{:#x}", seed))) snapshots.finish(run(recipe_for(seed)).failure);
  int failed = 0;
  double cpu = 0;
  for (const Snapshots::Result& result : snapshots.collect()) {
    cpu += result.cpu_seconds;
    if (result.failure.empty()) continue;
    const bool is_told_whole = ++failed <= 2 || seeds.size() == 1;
    std::string text = is_told_whole ? result.failure : result.failure.substr(0, result.failure.find('\n'));
    if (seeds.size() == 1) text += "\nmade small:\n" + described(minimised(recipe_for(seeds.front())));
    BOOST_ERROR("SLUICE_SEED=" << result.plan << ": " << text);
  }
  fmt::print("random runs: {} seeds, {} failed, {:.0f} runs per second and core\n", seeds.size(), failed,
             static_cast<double>(seeds.size()) / std::max(0.001, cpu));
  BOOST_TEST(!seeds.empty());
}

BOOST_AUTO_TEST_CASE(the_same_seed_tells_the_same_story) {
  if (!setting("SLUICE_PLAN").empty()) return;
  for (std::uint64_t number = 0; number < 12; ++number) {
    const Recipe recipe = recipe_for(sandbox::mix(number));
    BOOST_TEST(run(recipe).trace == run(recipe).trace);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::faults
