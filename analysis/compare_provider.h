// Measures by comparing the canary with the stable version until a sequential test has an answer.
#pragma once

#include <functional>

#include "analysis/compare/take.h"
#include "analysis/provider.h"
#include "kube/clock.h"
#include "kube/http/client.h"

namespace sluice::analysis {

// Asks Prometheus the metric's query as it stands at a time; the answer is not read yet.
using AskPrometheus =
    std::function<net::awaitable<kube::Result<kube::HttpResponse>>(MeasurementTask task, kube::Time at)>;

class CompareProvider final : public Provider {
 public:
  // `clock` outlives the provider. The query to ask stands in the task's metric.
  CompareProvider(AskPrometheus ask, kube::Clock& clock);

  // One measurement lasts from the first look to the verdict. What has been learnt is in its metadata, so that a look
  // after a crash goes on from the last one that was written.
  net::awaitable<crds::Measurement> run(MeasurementTask task) override;
  net::awaitable<crds::Measurement> resume(MeasurementTask task, crds::Measurement unfinished) override;
  bool resumes_by_asking() const override { return true; }
  // The look is lost: it counts as an error in a row, and never as evidence.
  crds::Measurement interrupt(const MeasurementTask& task, crds::Measurement unfinished,
                              const std::string& why) const override;
  // Successful: who ends a comparison early has no proof against the canary.
  net::awaitable<crds::Measurement> terminate(MeasurementTask task, crds::Measurement unfinished) override;
  net::awaitable<void> collect_garbage(MeasurementTask task, std::vector<crds::Measurement> kept) override;
  // The queries of both arms with their selectors filled in.
  kube::StringMap metadata(const crds::Metric& metric) const override;

 private:
  net::awaitable<crds::Measurement> look(MeasurementTask task, crds::Measurement measurement);
  net::awaitable<std::string> guard(MeasurementTask task, crds::Measurement& measurement);
  net::awaitable<kube::Result<compare::Measured>> measure(MeasurementTask task, compare::Settings settings,
                                                          compare::State state, compare::Window window);

  AskPrometheus ask_;
  kube::Clock& clock_;
};

}  // namespace sluice::analysis
