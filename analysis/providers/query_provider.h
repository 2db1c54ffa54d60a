// Measures by asking a backend over HTTP, whatever kind of backend it is.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analysis/auth/authorizer.h"
#include "analysis/fetch/fetcher.h"
#include "analysis/provider.h"
#include "analysis/providers/inquiry.h"
#include "analysis/providers/kinds.h"
#include "kube/client.h"
#include "kube/clock.h"
#include "kube/kubeconfig.h"

namespace sluice::analysis {

// What all providers of this kind share; everything outlives them.
struct QueryServices {
  kube::Client& client;  // reads Secrets
  kube::Clock& clock;
  Fetcher& fetcher;
  Authorizer& authorizer;
  kube::Environment environment;
  std::string controller_namespace;  // where the Secrets of providers are
  std::string prometheus_address;    // for metrics that name none; "" when the operator has set none
};

class QueryProvider final : public Provider {
 public:
  // `kind` converses and outlives the provider.
  QueryProvider(const ProviderKind& kind, QueryServices services) : kind_(kind), services_(std::move(services)) {}

  net::awaitable<crds::Measurement> run(MeasurementTask task) override;
  net::awaitable<crds::Measurement> resume(MeasurementTask task, crds::Measurement unfinished) override;
  net::awaitable<crds::Measurement> terminate(MeasurementTask task, crds::Measurement unfinished) override;
  net::awaitable<void> collect_garbage(MeasurementTask task, std::vector<crds::Measurement> kept) override;
  bool resumes_by_asking() const override { return true; }
  crds::Measurement interrupt(const MeasurementTask& task, crds::Measurement unfinished,
                              const std::string& why) const override;
  kube::StringMap metadata(const crds::Metric& metric) const override;

  // Asks as a measurement at this time would, and gives the last answer as it came, with secrets hidden in its body.
  // Error: what speaks against asking, or why nothing was answered.
  net::awaitable<kube::Result<kube::HttpResponse>> last_answer(MeasurementTask task, kube::Time at);

 private:
  net::awaitable<crds::Measurement> measure(MeasurementTask task, crds::Measurement measurement);
  net::awaitable<kube::Result<kube::StringMap>> credentials(MeasurementTask task);
  // Everything said in one measurement.
  struct Talk {
    Inquiry inquiry;
    std::vector<std::string> secrets;
    std::optional<Turn> end;                            // absent when it ended with an error
    bool is_unanswered = false;                         // the last question got no answer
    std::optional<kube::Time> asked_at = std::nullopt;  // when the first question was sent
  };
  Talk talk_about(const MeasurementTask& task, kube::Time now) const;
  static std::vector<std::string> secrets_in(const crds::Metric& metric);
  net::awaitable<kube::Result<>> talk(MeasurementTask task, Talk& talk);
  net::awaitable<kube::Result<kube::HttpResponse>> ask(Question question, std::string ns, Talk& talk);

  const ProviderKind& kind_;
  QueryServices services_;
};

}  // namespace sluice::analysis
