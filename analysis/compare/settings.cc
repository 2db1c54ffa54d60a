// Defaults of the `compare` metric.
#include "analysis/compare/settings.h"

#include <algorithm>

#include "analysis/limits.h"
#include "analysis/rules.h"
#include "crds/validate_compare.h"

namespace sluice::analysis::compare {
namespace {

using kube::Duration;
using std::chrono::seconds;

Duration duration_or(const std::string& text, Duration otherwise) {
  if (text.empty()) return otherwise;
  const kube::Result<Duration> parsed = kube::parse_duration(text);
  return parsed && *parsed >= Duration::zero() ? *parsed : otherwise;
}

Kind kind_of(const std::string& name) {
  if (name == "latency") return Kind::latency;
  return name == "mean" ? Kind::mean : Kind::error_rate;
}

Insufficient insufficient_of(const std::string& name) {
  if (name == "Successful") return Insufficient::successful;
  if (name == "Failed") return Insufficient::failed;
  return name == "Wait" ? Insufficient::wait : Insufficient::inconclusive;
}

// The next multiple of a scrape interval, so that a block holds the same number of scrapes each time.
Duration rounded_up(Duration block, Duration scrape) { return (block + scrape - Duration{1}) / scrape * scrape; }

}  // namespace

Settings settings_of(const crds::Metric& metric, double alpha) {
  const crds::Compare& from = *metric.compare;
  const Limits limits = limits_of(metric);
  Settings to;
  to.kind = kind_of(from.kind);
  const bool is_mean = to.kind == Kind::mean;
  to.clustered = from.model != "independent";
  to.lower_is_better = from.direction != "higher";
  to.tolerance = from.tolerance.value_or(is_mean ? 1.05 : 1.25);
  to.effect = from.minimum_effect.value_or(is_mean ? 1.15 : 2);
  to.delta = from.absolute_tolerance.value_or(0);
  to.alpha = from.alpha.value_or(alpha);
  to.beta = from.beta.value_or(.05);
  to.cluster_size = from.cluster_size;
  to.max_factor = from.max_factor.value_or(9);
  to.least_requests = from.minimum_samples.requests.value_or(100);
  to.least_bad = from.minimum_samples.bad.value_or(0);
  to.least_blocks = std::max<std::int64_t>(from.minimum_blocks.value_or(3), 1);
  to.scrape = std::max(duration_or(from.scrape_interval, seconds{15}), Duration{seconds{1}});
  to.block = rounded_up(std::max(duration_or(from.block, seconds{30}), to.scrape), to.scrape);
  to.lag = duration_or(from.lag, to.scrape);
  to.warm_up = duration_or(from.warm_up, seconds{60});
  to.max_duration = duration_or(from.max_duration, std::chrono::minutes{30});
  to.interval = limits.interval;
  to.on_insufficient = insufficient_of(from.on_insufficient);
  to.stop_on_pass = from.stop_on_pass.value_or(true);
  if (is_mean) to.least_bad = 0;
  if (is_mean && !from.value.empty()) to.least_requests = 0;  // a gauge counts no requests
  if (to.kind == Kind::latency) to.boundaries = crds::boundaries_of(from).value_or(std::vector<double>{});
  to.error_limit = limits.consecutive_error;
  return to;
}

double alpha_of_each(const crds::AnalysisRunSpec& spec) {
  const auto shares = std::ranges::count_if(spec.metrics, [&](const crds::Metric& metric) {
    return metric.compare && !metric.compare->alpha && !is_dry_run(spec, metric.name);
  });
  return .01 / static_cast<double>(std::max<std::ptrdiff_t>(shares, 1));
}

}  // namespace sluice::analysis::compare
