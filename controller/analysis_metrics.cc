// Series of runs, their metrics and templates.
#include "controller/analysis_metrics.h"

#include <array>
#include <string_view>

namespace sluice::controller {
namespace {

constexpr std::array<std::string_view, 6> phases{"Pending", "Running", "Successful", "Failed", "Error", "Inconclusive"};

std::string_view type_of(const crds::Metric& metric) {
  const crds::MetricProvider& provider = metric.provider;
  if (provider.prometheus) return "Prometheus";
  if (provider.job) return "Job";
  if (provider.kayenta) return "Kayenta";
  if (provider.web) return "Web";
  if (provider.datadog) return "Datadog";
  if (provider.wavefront) return "Wavefront";
  if (provider.new_relic) return "NewRelic";
  if (provider.cloud_watch) return "CloudWatch";
  if (provider.graphite) return "Graphite";
  if (provider.influxdb) return "Influxdb";
  if (provider.skywalking) return "skywalking";
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

void add_analysis_metrics(MetricFamilies& families, const Stores& stores, const analysis::RunCounters& counters,
                          const analysis::FetchCounters& asked) {
  stores.analysis_runs.for_each([&](const auto&, const crds::AnalysisRun& run) { add_run(families, run); });
  const auto each_template = [&](const auto&, const crds::AnalysisTemplate& one) { add_template(families, one); };
  stores.analysis_templates.for_each(each_template);
  stores.cluster_analysis_templates.for_each(each_template);
  families.histogram("analysis_run_reconcile", "Duration of reconciles in seconds", {},
                     {counters.bounds.begin(), counters.bounds.end()}, {counters.passes.begin(), counters.passes.end()},
                     counters.seconds);
  families.counter("analysis_run_reconcile_error", "Reconciles that failed", {}, static_cast<double>(counters.errors));
  const auto total = [&](const std::string& name, const std::string& help, std::uint64_t value) {
    families.counter(name, help, {}, static_cast<double>(value));
  };
  total("sluice_analysis_measurements_total", "Measurements begun", counters.measurements);
  families.histogram("sluice_analysis_lateness_seconds", "From when a repeated measurement was due to its question", {},
                     {counters.late_bounds.begin(), counters.late_bounds.end()},
                     {counters.late.begin(), counters.late.end()}, counters.late_seconds);
  total("sluice_analysis_questions_total", "Questions of metrics to their backends", asked.orders);
  total("sluice_analysis_questions_shared_total", "Questions answered by the answer to an equal one", asked.shared);
  total("sluice_analysis_requests_total", "Requests sent to backends of metrics, retries included", asked.sent);
  total("sluice_analysis_retries_total", "Requests sent again because the backend said later", asked.retries);
}

}  // namespace sluice::controller
