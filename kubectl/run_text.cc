// Headers, trees and rows of analysis runs and experiments.
#include "kubectl/run_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "kubectl/object_tree.h"
#include "view/phase.h"

namespace sluice::kubectl {
namespace {

std::string or_dash(std::string text) { return text.empty() ? "-" : text; }

std::string head(const std::string& name, const std::string& ns, const std::string& phase, const std::string& message,
                 const Paint& paint) {
  std::string text = line("Name:", name) + line("Namespace:", ns) +
                     line("Status:", with_sign(paint, view::analysis_icon(phase), phase));
  if (!message.empty()) text += line("Message:", message);
  return text;
}

// "✔ 3,✖ 1": counts that are not zero.
std::string counts_of(const crds::MetricResult& result, const Paint& paint) {
  std::vector<std::string> counts;
  for (const auto& [sign, number] : {std::pair<const char*, int>{"✔", result.successful},
                                     {"✖", result.failed},
                                     {"?", result.inconclusive},
                                     {"⚠", result.error}})
    if (number > 0) counts.push_back(fmt::format("{} {}", paint.by_sign(sign, sign), number));
  return fmt::format("{}", fmt::join(counts, ","));
}

std::string cut(const std::string& text, std::size_t most) {
  if (text.size() <= most) return text;
  std::size_t end = most - 3;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

}  // namespace

std::string experiment_text(const view::ExperimentView& experiment, const Paint& paint, bool wide) {
  ObjectTree tree(paint, wide);
  tree.add(experiment);
  return head(experiment.name, experiment.ns, experiment.phase, experiment.message, paint) +
         image_lines(experiment.images, paint) + "\n" + tree.text();
}

std::string run_text(const crds::AnalysisRun& run, const Paint& paint, bool wide, kube::Time now) {
  const std::string phase = run.status.phase.empty() ? "Pending" : run.status.phase.text();
  std::string text = head(run.meta.name, run.meta.ns, phase, run.status.message, paint);
  for (const kube::OwnerReference& owner : run.meta.owners)
    if (owner.controller) text += line("Owner:", owner.kind + "/" + owner.name);
  ObjectTree tree(paint, wide);
  tree.add(view::run_view(run, now));
  text += "\n" + tree.text();
  Table metrics;
  metrics.add({"METRIC", "STATUS", "MEASURED", "LAST VALUE", "MESSAGE"});
  for (const crds::Metric& metric : run.spec->metrics) {
    const crds::MetricResult* result = nullptr;
    for (const crds::MetricResult& one : run.status.metric_results)
      if (one.name == metric.name) result = &one;
    std::vector<std::string> row{metric.name};
    if (!result) {
      row.insert(row.end(), {with_sign(paint, view::analysis_icon("Pending"), "Pending"), "-", "-", ""});
    } else {
      const std::string measured = result->phase.text() + (result->dry_run ? " (dry run)" : "");
      const crds::Measurement* last = result->measurements.empty() ? nullptr : &result->measurements.back();
      std::string message = !last ? std::string() : !last->message.empty() ? last->message : result->message;
      row.push_back(with_sign(paint, view::analysis_icon(result->phase), measured));
      row.push_back(or_dash(counts_of(*result, paint)));
      row.push_back(or_dash(last ? cut(last->value, 40) : ""));
      row.push_back(wide ? message : cut(message, 100));
    }
    metrics.add(std::move(row));
  }
  return text + "\n" + metrics.text();
}

std::vector<std::string> experiment_header(bool with_namespace) {
  std::vector<std::string> cells{"NAME", "STATUS", "DURATION", "REMAINING", "AGE"};
  if (with_namespace) cells.insert(cells.begin(), "NAMESPACE");
  return cells;
}

std::vector<std::string> experiment_row(const crds::Experiment& experiment, bool with_namespace, kube::Time now) {
  std::vector<std::string> cells{experiment.meta.name,
                                 experiment.status.phase.empty() ? "Pending" : experiment.status.phase.text(),
                                 or_dash(experiment.spec->duration), or_dash(view::remaining_of(experiment, now)),
                                 view::age_of(experiment.meta.creation_time, now)};
  if (with_namespace) cells.insert(cells.begin(), experiment.meta.ns);
  return cells;
}

std::vector<std::string> run_header(bool with_namespace) {
  std::vector<std::string> cells{"NAME", "STATUS", "METRICS", "FAILED", "AGE"};
  if (with_namespace) cells.insert(cells.begin(), "NAMESPACE");
  return cells;
}

std::vector<std::string> run_row(const crds::AnalysisRun& run, bool with_namespace, kube::Time now) {
  int failed = 0;
  for (const crds::MetricResult& result : run.status.metric_results) failed += result.failed;
  std::vector<std::string> cells{run.meta.name, run.status.phase.empty() ? "Pending" : run.status.phase.text(),
                                 std::to_string(run.spec->metrics.size()), std::to_string(failed),
                                 view::age_of(run.meta.creation_time, now)};
  if (with_namespace) cells.insert(cells.begin(), run.meta.ns);
  return cells;
}

}  // namespace sluice::kubectl
