// The Job as a kind of provider; analysis/job_provider.h measures with it.
#include "analysis/providers/rows.h"

namespace sluice::analysis {
namespace {

bool is_asked(const crds::MetricProvider& provider) { return provider.job.has_value(); }

}  // namespace

constinit const ProviderKind job_kind{"job", is_asked};

}  // namespace sluice::analysis
