// All providers of the process, by the kind of their metrics.
#include "analysis/providers/table.h"

#include "analysis/phase.h"
#include "analysis/providers/rows.h"

namespace sluice::analysis {
namespace {

// Stands in for a provider that there is not. Runs with such metrics are refused before they measure.
class NoProvider final : public Provider {
 public:
  explicit NoProvider(kube::Clock& clock) : clock_(clock) {}

  net::awaitable<crds::Measurement> run(MeasurementTask task) override {
    crds::Measurement measurement;
    measurement.started_at = clock_.now();
    co_return refused(std::move(task), std::move(measurement));
  }
  net::awaitable<crds::Measurement> resume(MeasurementTask task, crds::Measurement unfinished) override {
    co_return refused(std::move(task), std::move(unfinished));
  }
  net::awaitable<crds::Measurement> terminate(MeasurementTask task, crds::Measurement unfinished) override {
    co_return refused(std::move(task), std::move(unfinished));
  }
  net::awaitable<void> collect_garbage(MeasurementTask, std::vector<crds::Measurement>) override { co_return; }
  kube::StringMap metadata(const crds::Metric&) const override { return {}; }

 private:
  crds::Measurement refused(MeasurementTask task, crds::Measurement measurement) const {
    measurement.phase = name_of(Phase::error);
    for (const std::string& mistake : mistakes_in_provider(task.metric))
      measurement.message += (measurement.message.empty() ? "" : "; ") + mistake;
    measurement.finished_at = clock_.now();
    return measurement;
  }

  kube::Clock& clock_;
};

}  // namespace

Providers::Providers(kube::Client& client, kube::Clock& clock, ProviderSettings settings, Provider& job)
    : fetcher_(std::move(settings.wire), clock, settings.limits),
      aws_(fetcher_, clock, settings.environment, settings.aws_token_service),
      authorizer_(fetcher_, aws_, clock),
      compare_([this](MeasurementTask task,
                      kube::Time at) { return asked_.at(&prometheus_kind)->last_answer(std::move(task), at); },
               clock),
      unknown_(std::make_unique<NoProvider>(clock)),
      job_(job) {
  for (const ProviderKind* kind : provider_kinds()) {
    if (!kind->converse) continue;
    asked_[kind] = std::make_unique<QueryProvider>(
        *kind, QueryServices{client, clock, fetcher_, authorizer_, settings.environment, settings.controller_namespace,
                             settings.prometheus_address});
  }
}

Provider& Providers::of(const crds::Metric& metric) {
  if (metric.compare) return compare_;
  const ProviderKind* kind = kind_of(metric.provider);
  if (kind == &job_kind) return job_;
  const auto found = asked_.find(kind);
  return found == asked_.end() ? *unknown_ : *found->second;
}

}  // namespace sluice::analysis
