// Measures by asking Prometheus' query API over HTTP or HTTPS.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "analysis/provider.h"
#include "kube/clock.h"
#include "kube/http/client.h"

namespace sluice::analysis {

// Sends one request and reads its whole answer; `verify` false takes any certificate.
using FetchHttp =
    std::function<net::awaitable<kube::Result<kube::HttpResponse>>(kube::HttpRequest request, bool verify)>;

// Over the network, with the limits of metric providers: connect within 5 s, answers up to 8 MiB. Connections are kept
// for the next request.
FetchHttp fetch_over_network();

class PrometheusProvider final : public Provider {
 public:
  // `default_address` is used by metrics that name none; "" when the operator has set none. `clock` outlives it.
  PrometheusProvider(FetchHttp fetch, std::string default_address, kube::Clock& clock);

  // Sends the metric's query as it stands at this time; the answer is not read yet. Error: what speaks against asking,
  // or why nothing was answered.
  net::awaitable<kube::Result<kube::HttpResponse>> ask(crds::PrometheusMetric metric, kube::Time at);

  net::awaitable<crds::Measurement> run(MeasurementTask task) override;
  net::awaitable<crds::Measurement> resume(MeasurementTask task, crds::Measurement unfinished) override;
  net::awaitable<crds::Measurement> terminate(MeasurementTask task, crds::Measurement unfinished) override;
  net::awaitable<void> collect_garbage(MeasurementTask task, std::vector<crds::Measurement> kept) override;
  kube::StringMap metadata(const crds::Metric& metric) const override;

 private:
  FetchHttp fetch_;
  std::string default_address_;
  kube::Clock& clock_;
};

}  // namespace sluice::analysis
