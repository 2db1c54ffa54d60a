// All providers of the process, by the kind of their metrics.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "analysis/auth/authorizer.h"
#include "analysis/compare_provider.h"
#include "analysis/fetch/fetcher.h"
#include "analysis/provider.h"
#include "analysis/providers/kinds.h"
#include "analysis/providers/query_provider.h"
#include "kube/kubeconfig.h"

namespace sluice::analysis {

struct ProviderSettings {
  FetchHttp wire;
  FetchLimits limits;
  kube::Environment environment = kube::process_environment();
  std::string controller_namespace;
  std::string prometheus_address;
  std::string aws_token_service;  // "" for that of AWS
};

class Providers {
 public:
  // `client`, `clock` and `job` outlive the table.
  Providers(kube::Client& client, kube::Clock& clock, ProviderSettings settings, Provider& job);

  // The provider of a metric that mistakes_in_provider() has nothing against; others get one whose measurements are
  // errors that say what is wrong.
  Provider& of(const crds::Metric& metric);
  const FetchCounters& fetch_counters() const { return fetcher_.counters(); }

 private:
  Fetcher fetcher_;
  AwsCredentialSource aws_;
  Authorizer authorizer_;
  std::map<const ProviderKind*, std::unique_ptr<QueryProvider>> asked_;
  CompareProvider compare_;
  std::unique_ptr<Provider> unknown_;
  Provider& job_;
};

}  // namespace sluice::analysis
