// Every kind of provider by its name, for the table of them.
#pragma once

#include "analysis/providers/kinds.h"

namespace sluice::analysis {

extern const ProviderKind prometheus_kind;
extern const ProviderKind job_kind;
extern const ProviderKind kayenta_kind;
extern const ProviderKind web_kind;
extern const ProviderKind datadog_kind;
extern const ProviderKind wavefront_kind;
extern const ProviderKind new_relic_kind;
extern const ProviderKind cloud_watch_kind;
extern const ProviderKind graphite_kind;
extern const ProviderKind influxdb_kind;
extern const ProviderKind sky_walking_kind;

}  // namespace sluice::analysis
