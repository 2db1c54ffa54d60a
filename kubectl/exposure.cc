// The arithmetic and the table of `plan-exposure`.
#include "kubectl/exposure.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "kubectl/text.h"

namespace sluice::kubectl {
namespace {

using analysis::sequential::Plan;
using analysis::sequential::Power;
using analysis::sequential::Side;

double block_seconds(const ExposureQuestion& question) {
  return static_cast<double>(question.settings.block.count()) / 1e6;
}

Exposure exposure_of(const ExposureQuestion& question, double share, double effect) {
  const double block = block_seconds(question);
  const bool healthy = effect == 0;
  const Plan plan = block_plan(question, share, healthy ? 1 : effect);
  Plan asked = plan;
  asked.level = healthy ? question.settings.beta : question.settings.alpha;
  const Power power = power_of(healthy ? Side::pass : Side::fail, asked);
  const double least = static_cast<double>(question.settings.least_blocks);
  Exposure row;
  row.share = share;
  row.effect = effect;
  row.typical = std::max(power.typical_blocks, least) * block;
  row.sure = std::max(blocks_for(power, question.wanted), least) * block;
  row.canary_requests = row.sure * question.rps * share;
  const double blocks = std::floor(question.duration / block);
  row.within = blocks < least ? 0 : power.probability_within(blocks);
  return row;
}

std::string percent(double part) {
  const double percent = part * 100;
  return percent != 0 && percent < .1 ? fmt::format("{:.2g} %", percent) : fmt::format("{:.3g} %", percent);
}

std::string requests_text(double requests) {
  if (!std::isfinite(requests)) return "-";
  if (requests < 10'000) return fmt::format("{:.0f}", requests);
  return requests < 1e7 ? fmt::format("{:.0f}k", requests / 1e3) : fmt::format("{:.0f}M", requests / 1e6);
}

// To the nearest ten percent: the formula knows no better.
std::string chance_text(double chance) { return fmt::format("~{:.0f} %", std::round(chance * 10) * 10); }

}  // namespace

Plan block_plan(const ExposureQuestion& question, double share, double effect) {
  const double block = block_seconds(question);
  Plan plan;
  plan.canary_requests = question.rps * share * block;
  plan.baseline_requests = question.rps * (1 - share) * block;
  plan.base_rate = question.base_rate;
  plan.true_ratio = effect;
  plan.clustered = question.settings.clustered;
  plan.tolerance = question.settings.tolerance;
  plan.effect = question.settings.effect;
  plan.delta = question.settings.delta;
  plan.max_factor = question.settings.max_factor;
  plan.phi = question.settings.cluster_size.value_or(
      question.settings.clustered ? std::max(1.0, 2 * question.rps * share) : 1.0);
  plan.level = question.settings.alpha;
  return plan;
}

ExposurePlan plan_exposure(const ExposureQuestion& question) {
  ExposurePlan plan{question, {}, {}};
  const double blocks = std::floor(question.duration / block_seconds(question));
  for (const double share : question.shares) {
    for (const double effect : question.effects) plan.rows.push_back(exposure_of(question, share, effect));
    plan.rows.push_back(exposure_of(question, share, 0));
    plan.promised.push_back(
        analysis::sequential::ratio_caught(block_plan(question, share, 1), blocks, question.wanted));
  }
  return plan;
}

std::string exposure_time(double seconds) {
  if (!std::isfinite(seconds)) return "never";
  if (seconds < 100) return fmt::format("{:.0f}s", seconds);
  if (seconds < 6000) return fmt::format("{:.0f}m", seconds / 60);
  return seconds < 36 * 3600 ? fmt::format("{:.1f}h", seconds / 3600) : fmt::format("{:.0f}d", seconds / 86400);
}

std::string exposure_text(const ExposurePlan& plan) {
  const ExposureQuestion& question = plan.question;
  const auto& settings = question.settings;
  std::string text = fmt::format(
      "{:g} requests/s, {} of them bad in the stable version; alpha {}, beta {}, tolerance {:g}x, blocks of {}\n\n",
      question.rps, percent(question.base_rate), percent(settings.alpha), percent(settings.beta), settings.tolerance,
      exposure_time(block_seconds(question)));
  Table table;
  table.add({"SHARE", "CANARY", "VERDICT", "TYPICALLY AFTER", fmt::format("{:.0f} % SURE AFTER", question.wanted * 100),
             "CANARY REQUESTS", "WITHIN " + exposure_time(question.duration)});
  for (const Exposure& row : plan.rows)
    table.add({percent(row.share), row.effect == 0 ? "healthy" : fmt::format("{:g}x as bad", row.effect),
               row.effect == 0 ? fmt::format("passes ({:g}x excluded)", settings.effect) : "fails",
               exposure_time(row.typical), exposure_time(row.sure), requests_text(row.canary_requests),
               chance_text(row.within)});
  text += table.text() + "\n";
  for (std::size_t i = 0; i < plan.promised.size(); ++i)
    text += std::isfinite(plan.promised[i])
                ? fmt::format("At {} the gate finds regressions of {:.2g}x and more within its {}.\n",
                              percent(question.shares[i]), plan.promised[i], exposure_time(question.duration))
                : fmt::format(
                      "At {} the gate promises nothing within its {}: raise the share, the duration, or "
                      "minimumEffect.\n",
                      percent(question.shares[i]), exposure_time(question.duration));
  text += "These are times for errors that come one by one; where they come in bursts, expect 2 to 3 times as long.\n";
  return text;
}

}  // namespace sluice::kubectl
