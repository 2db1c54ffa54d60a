// The kinds of providers: what each is called, what is wrong with a metric for it, how it is asked.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crds/metric.h"
#include "kube/result.h"
#include "kube/string_map.h"

namespace sluice::analysis {

struct Inquiry;  // analysis/providers/inquiry.h
struct Turn;

// The Secret that a provider takes its credentials from.
struct SecretNeed {
  std::string name;
  bool in_run_namespace = false;  // else in the controller's
  // Environment variables and the keys that they stand for; used instead of the Secret when all of them are set.
  std::vector<std::pair<std::string, std::string>> environment;
  std::string missing;  // what the author is told when there is neither; "" for the error of the API server
};

// One kind of provider; functions that are not set do nothing.
struct ProviderKind {
  std::string_view field;  // of `provider` in a metric
  bool (*is_asked)(const crds::MetricProvider&);
  // Adds what is wrong with a metric of this kind. Arguments are filled in, secrets are placeholders.
  void (*check)(const crds::Metric& metric, std::vector<std::string>& mistakes) = nullptr;
  // What to do next in a measurement, from what is known so far. Pure. Null for providers that are not asked over HTTP.
  kube::Result<Turn> (*converse)(const Inquiry& inquiry) = nullptr;
  std::optional<SecretNeed> (*secret)(const crds::Metric& metric) = nullptr;
  // Told once per metric in its result.
  kube::StringMap (*metadata)(const crds::Metric& metric) = nullptr;
};

// All kinds that this version measures with. The only list of them.
std::span<const ProviderKind* const> provider_kinds();

// The kind that the metric asks for; nullptr when it asks for none, for several, or for one that is not measured.
const ProviderKind* kind_of(const crds::MetricProvider& provider);

// What is wrong with the choice of the provider and with what it is told: none, several, unknown, and everything that
// its kind objects to.
std::vector<std::string> mistakes_in_provider(const crds::Metric& metric);

}  // namespace sluice::analysis
