// JSON <-> Experiment.
#include "crds/convert.h"
#include "crds/decode.h"
#include "crds/experiment.h"

namespace sluice::crds {

std::shared_ptr<const Experiment> decode_experiment(const json::value& object, kube::Mistakes& mistakes) {
  return read_object<Experiment>(object, mistakes);
}

json::value encode_spec(const ExperimentSpec& spec) { return kube::encode(spec); }
json::value encode_status(const ExperimentStatus& status) { return kube::encode(status); }
json::value encode(const Experiment& experiment) {
  return with_kind("argoproj.io/v1alpha1", "Experiment", kube::encode(experiment));
}

}  // namespace sluice::crds
