// Series of runs, their metrics and templates.
#include "controller/analysis_metrics.h"

#include <array>
#include <string_view>

namespace sluice::controller {
namespace {

constexpr std::array<std::string_view, 6> phases{"Pending", "Running", "Successful", "Failed", "Error", "Inconclusive"};

std::string type_of(const crds::Metric& metric) {
  if (metric.provider.prometheus) return "Prometheus";
  if (metric.provider.job) return "Job";
  return "Unknown Provider";
}

void add_run(MetricFamilies& families, const crds::AnalysisRun& run) {
  const std::string phase = run.status.phase.empty() ? "Pending" : run.status.phase.text();
  const MetricLabels labels{{"namespace", run.meta.ns}, {"name", run.meta.name}};
  MetricLabels info = labels;
  info.emplace_back("phase", phase);
  families.gauge("analysis_run_info", "Information about an analysis run", info, 1);
  for (const crds::Metric& metric : run.spec->metrics) {
    MetricLabels type = labels;
    type.emplace_back("metric", metric.name);
    type.emplace_back("type", type_of(metric));
    families.gauge("analysis_run_metric_type", "The provider of a metric of a run", type, 1);
    for (const crds::MetricResult& result : run.status.metric_results) {
      if (result.name != metric.name) continue;
      type.emplace_back("dry_run", result.dry_run ? "true" : "false");
      for (const std::string_view each : phases) {
        MetricLabels one = type;
        one.emplace_back("phase", each);
        families.gauge("analysis_run_metric_phase", "1 for the phase that a metric of a run is in", one,
                       result.phase == each ? 1 : 0);
      }
    }
  }
}

void add_template(MetricFamilies& families, const crds::AnalysisTemplate& analysis_template) {
  const MetricLabels labels{{"namespace", analysis_template.meta.ns}, {"name", analysis_template.meta.name}};
  families.gauge("analysis_template_info", "Information about an analysis template", labels, 1);
  for (const crds::Metric& metric : analysis_template.spec->metrics) {
    MetricLabels one = labels;
    one.emplace_back("type", type_of(metric));
    one.emplace_back("metric", metric.name);
    families.gauge("analysis_template_metric_info", "A metric of an analysis template", one, 1);
  }
}

}  // namespace

void add_analysis_metrics(MetricFamilies& families, const Stores& stores, const analysis::RunCounters& counters) {
  stores.analysis_runs.for_each([&](const auto&, const crds::AnalysisRun& run) { add_run(families, run); });
  const auto each_template = [&](const auto&, const crds::AnalysisTemplate& one) { add_template(families, one); };
  stores.analysis_templates.for_each(each_template);
  stores.cluster_analysis_templates.for_each(each_template);
  families.histogram("analysis_run_reconcile", "Duration of reconciles in seconds", {},
                     {counters.bounds.begin(), counters.bounds.end()}, {counters.passes.begin(), counters.passes.end()},
                     counters.seconds);
  families.counter("analysis_run_reconcile_error", "Reconciles that failed", {}, static_cast<double>(counters.errors));
}

}  // namespace sluice::controller
