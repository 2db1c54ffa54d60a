// Windows into evidence.
#include "analysis/compare/take.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace sluice::analysis::compare {
namespace {

using kube::Time;
using sequential::Block;
using sequential::RatioTest;
using sequential::ShareFailTest;
using sequential::Side;

// A change of the split is dropped with the window after it, so that late scrapes of both are out. More in a row are
// taken for a split that is never quiet, which costs nothing but precision.
constexpr std::int64_t most_moved = 2;
constexpr double least_move = .1823;  // ln 1.2
constexpr double sure_move = 4;       // standard errors

double seconds_of(kube::Duration duration) { return static_cast<double>(duration.count()) / 1e6; }

bool has_moved(const State& state, const Measured& measured) {
  if (state.last_canary <= 0 || state.last_baseline <= 0) return false;
  const double before = std::log(state.last_canary / state.last_baseline);
  const double after = std::log(measured.canary.total / measured.baseline.total);
  const double error = std::sqrt(1 / state.last_canary + 1 / state.last_baseline + 1 / measured.canary.total +
                                 1 / measured.baseline.total);
  return std::abs(after - before) > std::max(least_move, sure_move * error);
}

double slower_than(const Arm& arm, double boundary) {
  const auto bucket = arm.buckets.find(boundary);
  return bucket == arm.buckets.end() ? 0 : std::clamp(arm.total - bucket->second, 0.0, arm.total);
}

// The boundaries nearest to three quantiles of the baseline, each once. Needs enough requests to know them.
void choose_boundaries(State& state, const Arm& baseline) {
  constexpr double least_requests = 100;
  if (baseline.total < least_requests) return;
  std::vector<double> chosen;
  for (const double quantile : {.5, .9, .99}) {
    double nearest = 0;
    double distance = 2;
    for (const auto& [boundary, count] : baseline.buckets) {
      if (!std::isfinite(boundary)) continue;
      const double away = std::abs(count / baseline.total - quantile);
      if (away < distance) {
        distance = away;
        nearest = boundary;
      }
    }
    if (distance <= 1 && std::ranges::find(chosen, nearest) == chosen.end()) chosen.push_back(nearest);
  }
  std::ranges::sort(chosen);
  state.boundaries = std::move(chosen);
  state.strands.assign(state.boundaries.size(), Strand{});
}

bool knows(const Measured& measured, double boundary) {
  return measured.canary.buckets.contains(boundary) && measured.baseline.buckets.contains(boundary);
}

// A boundary that an arm does not have cannot be compared. Only before the first block: evidence is never dropped.
void drop_unknown_boundaries(State& state, const Measured& measured) {
  for (std::size_t i = state.boundaries.size(); i-- > 0;) {
    if (knows(measured, state.boundaries[i])) continue;
    state.boundaries.erase(state.boundaries.begin() + static_cast<std::ptrdiff_t>(i));
    state.strands.erase(state.strands.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

class Counting {
 public:
  Counting(State& state, const Settings& settings, const Measured& measured, const Pods& pods)
      : state_(state), settings_(settings), measured_(measured), pods_(pods) {}

  void rates() {
    for (std::size_t i = 0; i < state_.strands.size(); ++i)
      if (settings_.kind != Kind::latency || knows(measured_, state_.boundaries[i]))
        add_to(state_.strands[i], block_of(i));
  }

  void means() {
    const double canary = measured_.canary.mean;
    const double baseline = measured_.baseline.mean;
    const bool lower = settings_.lower_is_better;
    const double worse = lower ? canary - settings_.tolerance * baseline : baseline / settings_.tolerance - canary;
    const double good = lower ? settings_.effect * baseline - canary : canary - baseline / settings_.effect;
    add_difference(state_.mean_fail, worse - settings_.delta);
    add_difference(state_.mean_pass, good);
    state_.strands[0].totals.canary_total += measured_.canary.total;
    state_.strands[0].totals.baseline_total += measured_.baseline.total;
    state_.canary_means += canary;
    state_.baseline_means += baseline;
    // Blocks that lean on each other would be counted as more evidence than they are.
    constexpr double leaning = .3;
    constexpr std::int64_t longest = 64;
    if (std::max(correlation(state_.mean_fail), correlation(state_.mean_pass)) <= leaning) return;
    if (state_.stretch >= longest) return;
    state_.stretch *= 2;
    forget_scale(state_.mean_fail);
    forget_scale(state_.mean_pass);
  }

 private:
  Block block_of(std::size_t strand) const {
    const Arm& canary = measured_.canary;
    const Arm& baseline = measured_.baseline;
    if (settings_.kind == Kind::error_rate) return {canary.total, canary.bad, baseline.total, baseline.bad};
    const double boundary = state_.boundaries[strand];
    return {canary.total, slower_than(canary, boundary), baseline.total, slower_than(baseline, boundary)};
  }

  // Errors that may come together: those of two seconds of one pod, unless the author knows better.
  double cluster_size(const Block& block) const {
    if (settings_.cluster_size) return *settings_.cluster_size;
    if (!settings_.clustered) return 1;
    const double per_second = block.canary_total / seconds_of(measured_.window.length);
    return std::max(1.0, 2 * per_second / std::max(1.0, pods_.canary.value_or(1)));
  }

  double max_factor() const {
    if (!pods_.canary || !pods_.baseline || *pods_.canary <= 0 || *pods_.baseline <= 0) return settings_.max_factor;
    return std::min(settings_.max_factor, *pods_.baseline / *pods_.canary);
  }

  void add_to(Strand& strand, const Block& block) {
    const ShareFailTest share{settings_.tolerance, settings_.delta, max_factor()};
    const double phi = cluster_size(block);
    const RatioTest excluded{Side::pass, settings_.effect, settings_.delta, phi};
    if (settings_.clustered) {
      add(strand.share_fail, share, block);
      add(strand.share_pass, settings_.effect, block);
      if (settings_.delta > 0) add(strand.ratio_pass, excluded, block);
    } else {
      add(strand.ratio_fail, RatioTest{Side::fail, settings_.tolerance, settings_.delta, phi}, block);
      add(strand.ratio_pass, excluded, block);
    }
    strand.totals.canary_total += block.canary_total;
    strand.totals.canary_bad += block.canary_bad;
    strand.totals.baseline_total += block.baseline_total;
    strand.totals.baseline_bad += block.baseline_bad;
    note_worst(winnings(share, block), block);
  }

  void note_worst(double won, const Block& block) {
    if (won <= state_.worst_winnings) return;
    state_.worst_winnings = won;
    state_.worst = measured_.window.end;
    state_.worst_canary_bad = block.canary_bad;
    state_.worst_baseline_bad = block.baseline_bad;
  }

  State& state_;
  const Settings& settings_;
  const Measured& measured_;
  const Pods& pods_;
};

bool has_enough(const State& state, const Settings& settings) {
  return std::ranges::all_of(state.strands, [&](const Strand& strand) {
    const Block& totals = strand.totals;
    return std::min(totals.canary_total, totals.baseline_total) >= settings.least_requests &&
           std::min(totals.canary_bad, totals.baseline_bad) >= settings.least_bad;
  });
}

}  // namespace

Taken take(State& state, const Settings& settings, const Measured& measured, const Pods& pods, Time started) {
  const bool is_first = state.until == Time{};
  state.until = measured.window.end;
  const auto pass_over = [&](Taken why) {
    ++state.skipped;
    return why;
  };
  const bool chooses = settings.kind == Kind::latency && settings.boundaries.empty() && state.blocks == 0;
  if (measured.canary.total <= 0 || measured.baseline.total <= 0) {
    if (chooses) choose_boundaries(state, measured.baseline);
    return pass_over(measured.canary.total <= 0 ? Taken::no_canary : Taken::no_baseline);
  }
  // In the first window nobody has seen the canary without traffic, so it had some when the measurement began.
  if (!state.canary_since) state.canary_since = is_first ? std::min(started, measured.window.end) : measured.window.end;
  const Time begin = measured.window.end - measured.window.length - settings.scrape;
  if (begin < *state.canary_since + settings.warm_up && settings.warm_up > kube::Duration::zero()) {
    if (chooses) choose_boundaries(state, measured.baseline);
    return pass_over(Taken::warm_up);
  }
  const bool moved = settings.kind != Kind::mean && has_moved(state, measured);
  state.last_canary = measured.canary.total;
  state.last_baseline = measured.baseline.total;
  if (moved && state.moved < most_moved) {
    ++state.moved;
    return pass_over(Taken::share_moved);
  }
  state.moved = 0;
  if (chooses && state.boundaries.empty()) {
    choose_boundaries(state, measured.baseline);
    return pass_over(Taken::choosing);
  }
  if (settings.kind == Kind::latency && state.blocks == 0) drop_unknown_boundaries(state, measured);
  Counting counting(state, settings, measured, pods);
  if (settings.kind == Kind::mean)
    counting.means();
  else
    counting.rates();
  ++state.blocks;
  return Taken::counted;
}

Verdict verdict_of(const State& state, const Settings& settings) {
  if (state.blocks < settings.least_blocks) return Verdict::undecided;
  if (log_against(state, settings) >= -std::log(settings.alpha)) return Verdict::fail;
  if (log_in_favour(state, settings) >= -std::log(settings.beta) && has_enough(state, settings)) return Verdict::pass;
  return Verdict::undecided;
}

}  // namespace sluice::analysis::compare
