// What is kept in memory of an AnalysisRun that is over.
#include "controller/kept_run.h"

#include "analysis/phase.h"

namespace sluice::controller {
namespace {

// The same kinds of provider, with nothing in them.
crds::MetricProvider kinds_only(const crds::MetricProvider& provider) {
  crds::MetricProvider kept;
  if (provider.prometheus) kept.prometheus.emplace();
  if (provider.job) kept.job.emplace();
  if (provider.kayenta) kept.kayenta.emplace();
  if (provider.web) kept.web.emplace();
  if (provider.datadog) kept.datadog.emplace();
  if (provider.wavefront) kept.wavefront.emplace();
  if (provider.new_relic) kept.new_relic.emplace();
  if (provider.cloud_watch) kept.cloud_watch.emplace();
  if (provider.graphite) kept.graphite.emplace();
  if (provider.influxdb) kept.influxdb.emplace();
  if (provider.skywalking) kept.skywalking.emplace();
  for (const auto& [name, settings] : provider.plugin) kept.plugin[name];
  return kept;
}

}  // namespace

std::shared_ptr<const crds::AnalysisRun> kept_run(std::shared_ptr<const crds::AnalysisRun> run) {
  if (!run || !analysis::is_completed(analysis::phase_of(run->status.phase))) return run;
  auto spec = std::make_shared<crds::AnalysisRunSpec>();
  spec->terminate = run->spec->terminate;
  spec->ttl_strategy = run->spec->ttl_strategy;
  for (const crds::Metric& metric : run->spec->metrics) {
    crds::Metric& kept = spec->metrics.emplace_back();
    kept.name = metric.name;
    kept.provider = kinds_only(metric.provider);
  }
  auto brief = std::make_shared<crds::AnalysisRun>();
  brief->meta = run->meta;
  brief->spec = std::move(spec);
  brief->status.phase = run->status.phase;
  brief->status.message = run->status.message;
  brief->status.started_at = run->status.started_at;
  brief->status.completed_at = run->status.completed_at;
  for (const crds::MetricResult& result : run->status.metric_results) {
    crds::MetricResult& kept = brief->status.metric_results.emplace_back();
    kept.name = result.name;
    kept.phase = result.phase;
    kept.dry_run = result.dry_run;
  }
  return brief;
}

}  // namespace sluice::controller
