// Traffic and errors of two arms, block by block.
#include "test/sequential/rollouts.h"

#include <algorithm>
#include <cmath>

#include "test/sequential/random.h"

namespace sluice::sequential_test {
namespace {

using analysis::compare::Measured;
using analysis::compare::Settings;
using analysis::compare::State;
using analysis::compare::Verdict;

// A stretch of time in which a pod, or everybody, is worse.
struct Spell {
  double begin, end;
  double pod = 0;
};

double overlap(const Spell& spell, double begin, double end) {
  return std::max(0.0, std::min(spell.end, end) - std::max(spell.begin, begin));
}

// Spells that begin at random moments, at this rate per second, each of an exponential length.
void add_spells(std::vector<Spell>& spells, Random& random, double rate, double mean, double seconds, double pods) {
  if (rate <= 0) return;
  for (double at = random.exponential(1 / rate) - 5 * mean; at < seconds; at += random.exponential(1 / rate))
    spells.push_back({at, at + random.exponential(mean), std::floor(random.uniform() * pods)});
}

// Seconds that the first `pods` pods were in a spell.
double total_overlap(const std::vector<Spell>& spells, double begin, double end, double pods = 1) {
  double sum = 0;
  for (const Spell& spell : spells)
    if (spell.pod < pods) sum += overlap(spell, begin, end);
  return sum;
}

class Rollout {
 public:
  Rollout(const Cell& cell, std::uint64_t seed) : cell_(cell), random_(seed) {
    pod_rps_ = cell.rps <= 10 ? 1 : 10;
    const double half = .5;
    if (cell.errors == Errors::bursts)
      for (const bool canary : {true, false}) {
        // Half the requests of a burst fail.
        const double bad = cell.base_rate * cell.burst_part * (canary ? cell.ratio : 1);
        const double rate = bad / half / cell.burst;
        std::vector<Spell>& spells = canary ? canary_spells_ : baseline_spells_;
        add_spells(spells, random_, rate * most_pods(canary), cell.burst, cell.seconds, most_pods(canary));
      }
    if (cell.errors == Errors::skewed_outage) add_spells(outages_, random_, 1.0 / 900, 60, cell.seconds, 1);
    for (Spell& outage : outages_) outage.end = outage.begin + 60;
  }

  Measured block(double end, double length) {
    const double share = share_at(end - length / 2);
    const double skew = cell_.errors == Errors::skewed_outage ? 15 : 0;
    Measured measured;
    measured.canary = arm(true, share, end - length - skew, end - skew);
    measured.baseline = arm(false, share, end - length, end);
    return measured;
  }

  analysis::compare::Pods pods(double at) const {
    const double share = share_at(at);
    return {pods_of(true, share), pods_of(false, share)};
  }

 private:
  double share_at(double at) const {
    if (cell_.steps.empty()) return cell_.share;
    const auto count = static_cast<double>(cell_.steps.size());
    const auto step = static_cast<std::size_t>(std::clamp(at / cell_.seconds * count, 0.0, count - 1));
    return cell_.steps[step];
  }
  double pods_of(bool canary, double share) const {
    return std::max(1.0, std::round(cell_.rps * (canary ? share : 1 - share) / pod_rps_));
  }
  double most_pods(bool canary) const {
    if (cell_.steps.empty()) return pods_of(canary, cell_.share);
    double most = 0;
    for (const double share : cell_.steps) most = std::max(most, pods_of(canary, share));
    return most;
  }

  analysis::compare::Arm arm(bool canary, double share, double begin, double end) {
    const double rps = cell_.rps * (canary ? share : 1 - share);
    const double length = end - begin;
    const double rate = cell_.base_rate * (canary ? cell_.ratio : 1);
    double expected = rps * length * rate;
    if (cell_.errors == Errors::bursts) {
      const double pods = pods_of(canary, share);
      const double seconds = total_overlap(canary ? canary_spells_ : baseline_spells_, begin, end, pods);
      expected = expected * (1 - cell_.burst_part) + std::min(.5 * seconds * rps / pods, .5 * rps * length);
    }
    if (cell_.errors == Errors::gamma) {
      const double pods = pods_of(canary, share);
      const double parts = pods * std::max(1.0, length / 10);
      expected *= random_.gamma(parts, 1 / parts);
    }
    if (cell_.errors == Errors::skewed_outage) expected *= 1 + 39 * total_overlap(outages_, begin, end) / length;
    const double bad = random_.poisson(expected);
    const double good = random_.poisson(std::max(0.0, rps * length - expected));
    return {bad + good, bad, 0, {}};
  }

  const Cell& cell_;
  Random random_;
  double pod_rps_ = 10;
  std::vector<Spell> canary_spells_;
  std::vector<Spell> baseline_spells_;
  std::vector<Spell> outages_;
};

double median(std::vector<double> times, int runs) {
  if (static_cast<int>(times.size()) * 2 < runs) return 0;
  std::ranges::sort(times);
  return times[static_cast<std::size_t>(runs / 2) < times.size() ? static_cast<std::size_t>(runs / 2)
                                                                 : times.size() - 1];
}

}  // namespace

Settings default_settings() {
  using std::chrono::seconds;
  Settings settings;
  settings.block = seconds{30};
  settings.scrape = seconds{15};
  settings.lag = seconds{15};
  settings.max_duration = std::chrono::hours{24};
  return settings;
}

Ending simulate(const Cell& cell, std::uint64_t seed, bool until_fail) {
  Rollout rollout(cell, seed);
  State state = analysis::compare::initial_state(cell.settings);
  const kube::Time epoch{std::chrono::hours{24}};
  const double block = static_cast<double>(cell.settings.block.count()) / 1e6;
  int blocks = 0;
  for (double end = block; end <= cell.seconds + 1e-9; end += block) {
    Measured measured = rollout.block(end, block);
    measured.window = {epoch + std::chrono::duration_cast<kube::Duration>(std::chrono::duration<double>(end)),
                       cell.settings.block};
    analysis::compare::take(state, cell.settings, measured, rollout.pods(end), epoch);
    if (++blocks % cell.blocks_per_look != 0) continue;
    const Verdict verdict = analysis::compare::verdict_of(state, cell.settings);
    if (verdict == Verdict::fail || (verdict == Verdict::pass && !until_fail)) return {verdict, end};
  }
  return {};
}

Tally simulate_all(const Cell& cell, std::uint64_t number, int runs, bool until_fail) {
  Tally tally;
  tally.runs = runs;
  std::vector<double> fails;
  std::vector<double> passes;
  for (int run = 0; run < runs; ++run) {
    const Ending ending = simulate(cell, number * 1'000'003 + static_cast<std::uint64_t>(run), until_fail);
    if (ending.verdict == Verdict::fail) fails.push_back(ending.seconds);
    if (ending.verdict == Verdict::pass) passes.push_back(ending.seconds);
  }
  tally.failed = static_cast<int>(fails.size());
  tally.passed = static_cast<int>(passes.size());
  tally.median_fail = median(std::move(fails), runs);
  tally.median_pass = median(std::move(passes), runs);
  return tally;
}

}  // namespace sluice::sequential_test
