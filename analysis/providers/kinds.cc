// The table of all kinds of providers, and the choice among them.
#include "analysis/providers/kinds.h"

#include <fmt/format.h>

#include "analysis/providers/rows.h"

namespace sluice::analysis {
namespace {

constexpr const ProviderKind* kinds[] = {
    &prometheus_kind, &job_kind,         &kayenta_kind,  &web_kind,      &datadog_kind,     &wavefront_kind,
    &new_relic_kind,  &cloud_watch_kind, &graphite_kind, &influxdb_kind, &sky_walking_kind,
};

std::vector<const ProviderKind*> kinds_of(const crds::MetricProvider& provider) {
  std::vector<const ProviderKind*> asked;
  for (const ProviderKind* kind : kinds)
    if (kind->is_asked(provider)) asked.push_back(kind);
  return asked;
}

std::string names_of_kinds() {
  std::string names;
  for (const ProviderKind* kind : kinds) names += fmt::format("{}{}", names.empty() ? "" : ", ", kind->field);
  return names;
}

}  // namespace

std::span<const ProviderKind* const> provider_kinds() { return kinds; }

const ProviderKind* kind_of(const crds::MetricProvider& provider) {
  const std::vector<const ProviderKind*> asked = kinds_of(provider);
  return asked.size() == 1 && provider.plugin.empty() ? asked.front() : nullptr;
}

std::vector<std::string> mistakes_in_provider(const crds::Metric& metric) {
  const std::vector<const ProviderKind*> asked = kinds_of(metric.provider);
  const std::size_t count = asked.size() + metric.provider.plugin.size();
  if (count == 0) return {fmt::format("no provider specified; give one of {}", names_of_kinds())};
  if (count > 1) {
    std::string names;
    for (const ProviderKind* kind : asked) names += fmt::format("{}{}", names.empty() ? "" : ", ", kind->field);
    for (const auto& [name, config] : metric.provider.plugin)
      names += fmt::format("{}plugin {}", names.empty() ? "" : ", ", name);
    return {fmt::format("multiple providers specified: {}; keep one", names)};
  }
  if (asked.empty())
    return {fmt::format("plugin \"{}\" is not run by this version; use one of {}",
                        metric.provider.plugin.begin()->first, names_of_kinds())};
  std::vector<std::string> mistakes;
  if (asked.front()->check) asked.front()->check(metric, mistakes);
  return mistakes;
}

}  // namespace sluice::analysis
