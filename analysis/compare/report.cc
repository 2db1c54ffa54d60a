// Numbers of a comparison as words.
#include "analysis/compare/report.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "analysis/sequential/log_sum.h"
#include "analysis/sequential/power.h"

namespace sluice::analysis::compare {
namespace {

using sequential::Block;

double against_level(const Settings& settings) { return -std::log(settings.alpha); }
double favour_level(const Settings& settings) { return -std::log(settings.beta); }

// 3600, 22, 8.5: counts are whole unless scaling made parts of them.
std::string count_text(double count) {
  const double rounded = std::round(count);
  if (std::abs(count - rounded) < .05) return fmt::format("{:.0f}", rounded);
  return fmt::format("{:.1f}", count);
}

std::string percent_text(double bad, double total) {
  const double percent = total > 0 ? bad / total * 100 : 0;
  return percent != 0 && percent < .01 ? fmt::format("{:.2g}%", percent) : fmt::format("{:.2f}%", percent);
}

std::string times(double ratio) { return fmt::format("{:g}x", ratio); }

std::string duration_text(double seconds) {
  if (seconds < 100) return fmt::format("{:.0f}s", seconds);
  if (seconds < 6000) return fmt::format("{:.0f}m", seconds / 60);
  if (seconds < 36 * 3600) return fmt::format("{:.1f}h", seconds / 3600);
  return fmt::format("{:.0f}d", seconds / 86400);
}

double against_of(const Strand& strand, const Settings& settings) {
  return settings.clustered ? sequential::log_evidence(strand.share_fail) : sequential::log_evidence(strand.ratio_fail);
}

// The strand that speaks loudest against the canary.
std::size_t loudest(const State& state, const Settings& settings) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < state.strands.size(); ++i)
    if (against_of(state.strands[i], settings) > against_of(state.strands[best], settings)) best = i;
  return best;
}

std::string levels_text(const State& state, const Settings& settings) {
  return fmt::format("evidence against {}x of {}x; for {}x of {}x", evidence_text(log_against(state, settings)),
                     evidence_text(against_level(settings)), evidence_text(log_in_favour(state, settings)),
                     evidence_text(favour_level(settings)));
}

std::string reason_text(std::optional<Taken> last) {
  if (!last) return "no block is complete yet";
  switch (*last) {
    case Taken::no_canary:
      return "the canary has no traffic";
    case Taken::no_baseline:
      return "the baseline has no traffic";
    case Taken::warm_up:
      return "the canary is warming up";
    case Taken::share_moved:
      return "the split has just moved";
    case Taken::choosing:
      return "the boundaries are being chosen";
    case Taken::counted:
      break;
  }
  return "no block is complete yet";
}

}  // namespace

std::string evidence_text(double log_evidence) {
  const double evidence = std::exp(std::min(log_evidence, 700.0));
  if (evidence < 9.95) return fmt::format("{:.1f}", evidence);
  if (evidence < 999'999.5) return fmt::format("{:.0f}", evidence);
  return fmt::format("{:.0e}", evidence);
}

std::string counts_text(const State& state, const Settings& settings) {
  if (state.blocks == 0) return {};
  if (settings.kind == Kind::mean) {
    const auto blocks = static_cast<double>(state.blocks);
    return fmt::format("canary mean {:.4g}, baseline mean {:.4g}", state.canary_means / blocks,
                       state.baseline_means / blocks);
  }
  if (state.strands.empty()) return "no boundary that both arms have";
  const std::size_t strand = loudest(state, settings);
  const Block& totals = state.strands[strand].totals;
  std::string text;
  if (settings.kind == Kind::latency) text = fmt::format("slower than {:g}: ", state.boundaries[strand]);
  return text + fmt::format("canary {} ({}/{}), baseline {} ({}/{})",
                            percent_text(totals.canary_bad, totals.canary_total), count_text(totals.canary_bad),
                            count_text(totals.canary_total), percent_text(totals.baseline_bad, totals.baseline_total),
                            count_text(totals.baseline_bad), count_text(totals.baseline_total));
}

std::string undecided_text(const State& state, const Settings& settings, std::optional<Taken> last) {
  if (state.blocks == 0) return "undecided: " + reason_text(last);
  return fmt::format("undecided: {}; {}", counts_text(state, settings), levels_text(state, settings));
}

std::string fail_text(const State& state, const Settings& settings) {
  const std::string direction = settings.lower_is_better ? "worse than" : "lower than 1/";
  return fmt::format("{} {} baseline: {}, evidence {}x >= {}x after {} blocks", direction, times(settings.tolerance),
                     counts_text(state, settings), evidence_text(log_against(state, settings)),
                     evidence_text(against_level(settings)), state.blocks);
}

std::string pass_text(const State& state, const Settings& settings) {
  return fmt::format("{} regression excluded: {}, evidence {}x >= {}x after {} blocks", times(settings.effect),
                     counts_text(state, settings), evidence_text(log_in_favour(state, settings)),
                     evidence_text(favour_level(settings)), state.blocks);
}

std::string insufficient_text(const State& state, const Settings& settings) {
  const std::string head = fmt::format("insufficient data after {}: ",
                                       duration_text(static_cast<double>(settings.max_duration.count()) / 1e6));
  if (state.blocks == 0) return head + (state.canary_since ? "no block was complete" : "the canary had no traffic");
  if (settings.kind == Kind::mean || state.strands.empty())
    return head + fmt::format("{} blocks did not decide ({})", state.blocks, counts_text(state, settings));
  const Block& totals = state.strands[loudest(state, settings)].totals;
  const auto blocks = static_cast<double>(state.blocks);
  const double block_seconds = static_cast<double>(settings.block.count()) / 1e6;
  const double rps = (totals.canary_total + totals.baseline_total) / blocks / block_seconds;
  const double share = totals.canary_total / (totals.canary_total + totals.baseline_total);
  const std::string traffic = fmt::format("{:.3g} rps x {:.0f}%", rps, share * 100);
  if (totals.baseline_bad <= 0)
    return head + fmt::format("the baseline had no errors in {} requests at {} (set absoluteTolerance)",
                              count_text(totals.baseline_total), traffic);
  sequential::Plan plan;
  plan.canary_requests = totals.canary_total / blocks;
  plan.baseline_requests = totals.baseline_total / blocks;
  plan.base_rate = totals.baseline_bad / totals.baseline_total;
  plan.true_ratio = settings.effect;
  plan.clustered = settings.clustered;
  plan.tolerance = settings.tolerance;
  plan.effect = settings.effect;
  plan.delta = settings.delta;
  plan.max_factor = settings.max_factor;
  plan.phi = settings.cluster_size.value_or(1);
  plan.level = settings.alpha;
  const double needed = sequential::power_of(sequential::Side::fail, plan).typical_blocks * block_seconds;
  if (!std::isfinite(needed))
    return head + fmt::format("a {} regression cannot be told at {}", times(settings.effect), traffic);
  return head +
         fmt::format("a {} regression needs about {} at {}", times(settings.effect), duration_text(needed), traffic);
}

std::string ratio_text(const State& state, const Settings& settings) {
  double canary = 0;
  double baseline = 0;
  if (settings.kind == Kind::mean) {
    canary = state.canary_means;
    baseline = state.baseline_means;
  } else if (!state.strands.empty()) {
    const Block& totals = state.strands[loudest(state, settings)].totals;
    if (totals.canary_total > 0) canary = totals.canary_bad / totals.canary_total;
    if (totals.baseline_total > 0) baseline = totals.baseline_bad / totals.baseline_total;
  }
  return baseline == 0 ? "NaN" : fmt::format("{:.2f}", canary / baseline);
}

std::optional<double> blocks_left(double log_evidence, double log_level, std::int64_t blocks) {
  if (log_evidence <= 0 || blocks == 0) return std::nullopt;
  return std::max(1.0, std::ceil(static_cast<double>(blocks) * (log_level / log_evidence - 1)));
}

kube::StringMap metadata_of(const State& state, const Settings& settings, std::string_view verdict) {
  kube::StringMap metadata;
  metadata.set("verdict", verdict);
  metadata.set("blocks", std::to_string(state.blocks));
  metadata.set("skipped", std::to_string(state.skipped));
  if (state.errors > 0) metadata.set("errors", std::to_string(state.errors));
  if (state.blocks == 0) return metadata;
  if (settings.kind == Kind::mean) {
    const auto blocks = static_cast<double>(state.blocks);
    metadata.set("canary", fmt::format("{:.6g}", state.canary_means / blocks));
    metadata.set("baseline", fmt::format("{:.6g}", state.baseline_means / blocks));
  } else if (!state.strands.empty()) {
    const std::size_t strand = loudest(state, settings);
    const Block& totals = state.strands[strand].totals;
    metadata.set("canary", count_text(totals.canary_bad) + "/" + count_text(totals.canary_total));
    metadata.set("baseline", count_text(totals.baseline_bad) + "/" + count_text(totals.baseline_total));
    if (settings.kind == Kind::latency) metadata.set("boundary", fmt::format("{:g}", state.boundaries[strand]));
  }
  const double against = log_against(state, settings);
  const double favour = log_in_favour(state, settings);
  metadata.set("evidenceAgainst", fmt::format("{:.3g}", std::exp(std::min(against, 700.0))));
  metadata.set("evidenceFor", fmt::format("{:.3g}", std::exp(std::min(favour, 700.0))));
  if (verdict != "undecided") return metadata;
  const auto to_fail = blocks_left(against, against_level(settings), state.blocks);
  const auto to_pass = blocks_left(favour, favour_level(settings), state.blocks);
  if (to_fail && (!to_pass || *to_fail <= *to_pass))
    metadata.set("eta", fmt::format("fails after about {:.0f} more blocks like these", *to_fail));
  else if (to_pass)
    metadata.set("eta", fmt::format("passes after about {:.0f} more blocks like these", *to_pass));
  return metadata;
}

}  // namespace sluice::analysis::compare
