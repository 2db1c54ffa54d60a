// What a run asks, by which rules, what it has measured, and what would flip it.
#include "kubectl/run_explaining.h"

#include <algorithm>
#include <regex>
#include <set>

#include <fmt/format.h>

#include "analysis/compare/settings.h"
#include "analysis/limits.h"
#include "analysis/phase.h"
#include "analysis/plan.h"
#include "analysis/rules.h"
#include "kubectl/comparison_text.h"
#include "kubectl/flips.h"

namespace sluice::kubectl {
namespace {

using analysis::Limits;

std::string rhythm_of(const crds::Metric& metric, const Limits& limits) {
  std::string text;
  if (metric.compare) {
    text = "block by block";
  } else if (!limits.count) {
    text = fmt::format("every {} as long as the update lasts", metric.interval);
  } else if (*limits.count <= 1) {
    text = "once";
  } else {
    text = fmt::format("every {}, {} times", metric.interval, *limits.count);
  }
  if (!metric.initial_delay.empty()) text += fmt::format(", first after {}", metric.initial_delay);
  return text;
}

std::string source_of(const crds::MetricProvider& provider) {
  if (provider.prometheus)
    return "Prometheus at " +
           (provider.prometheus->address.empty() ? "the controller's default address" : provider.prometheus->address);
  if (provider.job) return "a Job in the cluster";
  return "another provider";
}

// The queries that the status has kept, else those of the spec.
std::vector<std::string> queries_of(const crds::Metric& metric, const crds::MetricResult* result) {
  std::vector<std::string> queries;
  if (result)
    for (const auto& [name, text] : result->metadata)
      if (name.starts_with("Resolved")) queries.push_back(text);
  if (queries.empty() && metric.provider.prometheus && !metric.provider.prometheus->query.empty())
    queries.push_back(metric.provider.prometheus->query);
  return queries;
}

// The ranges that the queries of Prometheus look back over.
std::string window_of(const crds::Metric& metric, const analysis::compare::Settings* settings,
                      const std::vector<std::string>& queries) {
  if (settings)
    return fmt::format("blocks of {}, each asked {} after its end; the first {} of the canary do not count",
                       kube::format_duration(settings->block), kube::format_duration(settings->lag),
                       kube::format_duration(settings->warm_up));
  if (!metric.provider.prometheus) return {};
  static const std::regex range(R"(\[([0-9]+(?:ms|s|m|h|d|w|y))[:\]])");
  std::set<std::string> ranges;
  for (const std::string& query : queries)
    for (auto found = std::sregex_iterator(query.begin(), query.end(), range); found != std::sregex_iterator(); ++found)
      ranges.insert((*found)[1].str());
  if (ranges.empty()) return "each measurement is one moment";
  std::string text;
  for (const std::string& one : ranges) text += (text.empty() ? "" : " and ") + one;
  return "each measurement looks back " + text;
}

std::vector<std::string> rules_of(const crds::Metric& metric, const Limits& limits) {
  std::vector<std::string> rules;
  const std::string& success = metric.success_condition;
  const std::string& failure = metric.failure_condition;
  if (metric.provider.job) {
    rules.emplace_back("successful when the Job completes, failed when it fails");
  } else if (success.empty() && failure.empty()) {
    rules.emplace_back("every value is successful: there is no condition");
  } else {
    if (!success.empty()) rules.push_back("successful when " + success);
    if (!failure.empty()) rules.push_back("failed when " + failure + (success.empty() ? ", else successful" : ""));
    if (failure.empty()) rules.back() += ", else failed";
    if (!success.empty() && !failure.empty()) rules.emplace_back("inconclusive when neither holds");
  }
  std::string allowed;
  if (limits.failure < 0)
    allowed = "any number of failures is allowed";
  else
    allowed = fmt::format("{} failed, {} inconclusive, {} errors in a row are allowed", limits.failure,
                          limits.inconclusive, limits.consecutive_error);
  rules.push_back(allowed);
  if (limits.consecutive_success > 0)
    rules.push_back(fmt::format("{} successes in a row are enough", limits.consecutive_success));
  return rules;
}

std::vector<view::MeasurementLine> measurements_of(const crds::MetricResult& result) {
  std::vector<view::MeasurementLine> lines;
  for (const crds::Measurement& measurement : result.measurements)
    lines.push_back({measurement.finished_at ? measurement.finished_at : measurement.started_at,
                     measurement.phase.text(), measurement.value, measurement.message});
  return lines;
}

view::MetricExplanation explain_metric(const crds::AnalysisRun& run, const crds::Metric& metric, double alpha,
                                       kube::Time now) {
  const auto found = std::ranges::find(run.status.metric_results, metric.name, &crds::MetricResult::name);
  const crds::MetricResult* result = found == run.status.metric_results.end() ? nullptr : &*found;
  const Limits limits = analysis::limits_of(metric);
  std::optional<analysis::compare::Settings> settings;
  if (metric.compare) settings = analysis::compare::settings_of(metric, alpha);

  view::MetricExplanation to;
  to.name = metric.name;
  to.phase = result ? result->phase.text() : "Pending";
  to.dry_run = analysis::is_dry_run(*run.spec, metric.name);
  to.rhythm = rhythm_of(metric, limits);
  to.source = source_of(metric.provider);
  to.queries = queries_of(metric, result);
  to.window = window_of(metric, settings ? &*settings : nullptr, to.queries);
  to.rules = settings ? comparison_rules(*settings, metric) : rules_of(metric, limits);
  if (!result || result->measurements.empty()) return to;
  to.measurements = measurements_of(*result);
  const auto made = static_cast<std::size_t>(result->count) + static_cast<std::size_t>(result->error);
  if (made > to.measurements.size()) to.dropped = made - to.measurements.size();
  const crds::Measurement& last = result->measurements.back();
  if (settings) to.evidence = evidence_lines(last, *settings);
  // The evidence tells the same in more words.
  if (!to.evidence.empty() && last.message.starts_with("undecided: ")) to.measurements.back().message.clear();
  const bool decides =
      settings && last.metadata.contains("verdict") && analysis::phase_of(result->phase) != analysis::Phase::error;
  to.flips = decides ? comparison_flips(last, *settings, now) : flips_of(metric, limits, *result);
  return to;
}

}  // namespace

view::RunExplanation explain_run(const crds::AnalysisRun& run, kube::Time now) {
  view::RunExplanation to;
  to.ns = run.meta.ns;
  to.name = run.meta.name;
  to.phase = run.status.phase.empty() ? "Pending" : run.status.phase.text();
  to.message = run.status.message;
  to.started = run.status.started_at;
  to.ended = run.status.completed_at;
  const analysis::RunPlan plan = analysis::plan_run(run.spec);
  for (const crds::Metric& metric : plan.spec.metrics)
    to.metrics.push_back(explain_metric(run, metric, plan.alpha, now));
  if (!plan.problem.empty()) to.notes.push_back("The spec has mistakes: " + plan.problem);
  if (run.spec->terminate) to.notes.emplace_back("A person or the rollout has ended it (spec.terminate).");
  if (to.phase == "Pending")
    to.notes.emplace_back("Nothing has looked at it yet; if this stays so, the controller does not run.");
  return to;
}

}  // namespace sluice::kubectl
