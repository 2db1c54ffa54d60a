// JSON <-> templates, runs and metrics of analyses.
#include "crds/analysis.h"
#include "crds/convert.h"
#include "crds/decode.h"

namespace sluice::crds {

std::shared_ptr<const AnalysisTemplate> decode_analysis_template(const json::value& object, kube::Mistakes& mistakes) {
  return read_object<AnalysisTemplate>(object, mistakes);
}

std::shared_ptr<const AnalysisRun> decode_analysis_run(const json::value& object, kube::Mistakes& mistakes) {
  return read_object<AnalysisRun>(object, mistakes);
}

json::value encode_spec(const AnalysisRunSpec& spec) { return kube::encode(spec); }
json::value encode_status(const AnalysisRunStatus& status) { return kube::encode(status); }
json::value encode(const AnalysisRun& run) {
  return with_kind("argoproj.io/v1alpha1", "AnalysisRun", kube::encode(run));
}

json::value encode_metric(const Metric& metric) { return kube::encode(metric); }
Metric decode_metric(const json::value& value, kube::Mistakes& mistakes) {
  return kube::decode<Metric>(value, mistakes);
}

}  // namespace sluice::crds
