// Numbers in the status of a comparison as sentences.
#include "kubectl/comparison_text.h"

#include <charconv>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "analysis/compare/report.h"
#include "analysis/compare/state.h"
#include "analysis/phase.h"
#include "analysis/sequential/power.h"

namespace sluice::kubectl {
namespace {

using analysis::compare::Insufficient;
using analysis::compare::Kind;
using analysis::compare::Settings;
using analysis::compare::State;

double number_of(std::string_view text) {
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// "22/3600" of an arm.
struct Counts {
  double bad = 0;
  double total = 0;
  double rate() const { return total > 0 ? bad / total : 0; }
};
Counts counts_of(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return {};
  return {number_of(text.substr(0, slash)), number_of(text.substr(slash + 1))};
}

std::string times(double ratio) { return fmt::format("{:g}x", ratio); }

std::string length_of(double seconds) {
  if (seconds < 100) return fmt::format("{:.0f}s", seconds);
  if (seconds < 6000) return fmt::format("{:.0f}m", seconds / 60);
  return seconds < 36 * 3600 ? fmt::format("{:.1f}h", seconds / 3600) : fmt::format("{:.0f}d", seconds / 86400);
}
double seconds_of(kube::Duration length) { return static_cast<double>(length.count()) / 1e6; }

// Blocks like those so far, until the evidence is this high.
std::string blocks_text(double evidence, double level, std::int64_t blocks) {
  const auto left = analysis::compare::blocks_left(std::log(std::max(evidence, 1e-300)), std::log(level), blocks);
  if (!left) return "not at this ratio";
  return fmt::format("about {:.0f} more blocks like these", *left);
}

std::string worst_text(const State& state) {
  if (state.worst_winnings <= 0) return {};
  return fmt::format("   worst block {} ({:.0f} of {:.0f} errors on the canary)",
                     kube::format_time(state.worst).substr(11, 8), state.worst_canary_bad,
                     state.worst_canary_bad + state.worst_baseline_bad);
}

}  // namespace

std::vector<std::string> evidence_lines(const crds::Measurement& measurement, const Settings& settings) {
  const kube::StringMap& seen = measurement.metadata;
  std::vector<std::string> lines;
  if (!seen.contains("evidenceAgainst")) return lines;
  std::string head = fmt::format("{} blocks of {}", seen.get("blocks"), kube::format_duration(settings.block));
  if (number_of(seen.get("skipped")) > 0) head += fmt::format(", {} looks or windows passed over", seen.get("skipped"));
  if (seen.contains("boundary")) head += fmt::format("; the boundary that speaks loudest: {}", seen.get("boundary"));
  if (settings.kind == Kind::mean) {
    lines.push_back(head);
    lines.push_back(fmt::format("canary mean {}, baseline mean {}, ratio ~{}", seen.get("canary"), seen.get("baseline"),
                                measurement.value));
  } else {
    const Counts canary = counts_of(seen.get("canary"));
    const Counts baseline = counts_of(seen.get("baseline"));
    const double all = canary.total + baseline.total;
    if (all > 0) head += fmt::format("; share measured {:.1f} %", 100 * canary.total / all);
    lines.push_back(head);
    lines.push_back(fmt::format(
        "canary {:.6g} bad of {:.10g} ({:.2f} %), baseline {:.6g} bad of {:.10g} ({:.2f} %), ratio ~{}", canary.bad,
        canary.total, 100 * canary.rate(), baseline.bad, baseline.total, 100 * baseline.rate(), measurement.value));
  }
  std::string against =
      fmt::format("against the canary {}x of {:.4g}x", seen.get("evidenceAgainst"), 1 / settings.alpha);
  if (const std::string* text = seen.find("state"))
    if (const auto state = analysis::compare::parse_state(*text, settings)) against += worst_text(*state);
  lines.push_back(against);
  lines.push_back(fmt::format("for the canary {}x of {:.4g}x", seen.get("evidenceFor"), 1 / settings.beta));
  return lines;
}

std::vector<std::string> comparison_rules(const Settings& settings, const crds::Metric& metric) {
  std::vector<std::string> rules;
  const std::string slack = settings.delta > 0 ? fmt::format(" (plus {:g})", settings.delta) : "";
  rules.push_back(fmt::format(
      "fails when it is proven worse than {} the baseline{}: evidence {:.4g}x, wrong in at most {:.2g} % of runs",
      times(settings.tolerance), slack, 1 / settings.alpha, 100 * settings.alpha));
  rules.push_back(fmt::format(
      "passes when a {} regression is excluded: evidence {:.4g}x, after at least {} blocks and {:g} requests per arm",
      times(settings.effect), 1 / settings.beta, settings.least_blocks, settings.least_requests));
  static constexpr const char* endings[] = {"it is Inconclusive", "it passes", "it fails", "it goes on"};
  rules.push_back(fmt::format("without an answer after {} {}", kube::format_duration(settings.max_duration),
                              endings[static_cast<int>(settings.on_insufficient)]));
  if (!metric.failure_condition.empty() && metric.provider.prometheus && !metric.provider.prometheus->query.empty())
    rules.push_back("fails at once when " + metric.failure_condition);
  return rules;
}

std::vector<std::string> comparison_flips(const crds::Measurement& measurement, const Settings& settings,
                                          kube::Time now) {
  const kube::StringMap& seen = measurement.metadata;
  std::vector<std::string> lines;
  const auto blocks = static_cast<std::int64_t>(number_of(seen.get("blocks")));
  const std::string_view verdict = seen.get("verdict");
  const double against = number_of(seen.get("evidenceAgainst"));
  const double in_favour = number_of(seen.get("evidenceFor"));
  if (verdict == "fail" && against > 0) {
    lines.push_back(
        fmt::format("there is less evidence against it than {:.4g}x (there was {:.3g}x): fewer errors of the canary in "
                    "these blocks, or a larger tolerance",
                    1 / settings.alpha, against));
  } else if (verdict == "pass" && in_favour > 0) {
    lines.push_back(fmt::format(
        "there is less evidence for it than {:.4g}x (there was {:.3g}x): more errors of the canary in these "
        "blocks, or a smaller minimumEffect",
        1 / settings.beta, in_favour));
  } else if (blocks > 0) {
    lines.push_back("it fails: " + blocks_text(against, 1 / settings.alpha, blocks));
    lines.push_back("it passes: " + blocks_text(in_favour, 1 / settings.beta, blocks));
  } else {
    lines.emplace_back("a first block is complete: there is no evidence yet");
  }
  const Counts canary = counts_of(seen.get("canary"));
  const Counts baseline = counts_of(seen.get("baseline"));
  if (blocks > 0 && canary.total > 0 && baseline.bad > 0 && settings.kind != Kind::mean && verdict != "fail" &&
      verdict != "pass") {
    analysis::sequential::Plan plan;
    plan.canary_requests = canary.total / static_cast<double>(blocks);
    plan.baseline_requests = baseline.total / static_cast<double>(blocks);
    plan.base_rate = baseline.rate();
    plan.clustered = settings.clustered;
    plan.tolerance = settings.tolerance;
    plan.effect = settings.effect;
    plan.delta = settings.delta;
    plan.max_factor = settings.max_factor;
    plan.level = settings.alpha;
    std::string text = "at this traffic";
    for (const double ratio : {settings.effect, settings.effect * 1.5}) {
      plan.true_ratio = ratio;
      const double needed = analysis::sequential::power_of(analysis::sequential::Side::fail, plan).typical_blocks *
                            seconds_of(settings.block);
      text += fmt::format("{} a {} regression {}", ratio == settings.effect ? "" : ",", times(ratio),
                          std::isfinite(needed) ? "takes ~" + length_of(needed) + " to show" : "cannot be shown");
    }
    lines.push_back(text);
  }
  const bool lasts = !analysis::is_completed(analysis::phase_of(measurement.phase));
  if (lasts && measurement.started_at && settings.on_insufficient != Insufficient::wait) {
    const kube::Duration left = *measurement.started_at + settings.max_duration - now;
    if (left > kube::Duration::zero())
      lines.push_back("the gate ends in " + kube::format_duration(std::chrono::floor<std::chrono::seconds>(left)) +
                      " at the latest");
  }
  return lines;
}

}  // namespace sluice::kubectl
