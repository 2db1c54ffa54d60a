// What stores keep of this room, packed.
#include "crds/analysis.h"
#include "crds/application.h"
#include "crds/experiment.h"
#include "crds/packing_types.h"
#include "crds/rollout.h"
#include "crds/workload.h"
#include "crds/workloads.h"

namespace sluice::kube {

template std::string packed(const crds::AnalysisRun&);
template std::string packed(const crds::AnalysisTemplate&);
template std::string packed(const crds::Application&);
template std::string packed(const crds::Experiment&);
template std::string packed(const crds::Job&);
template std::string packed(const crds::ReplicaSet&);
template std::string packed(const crds::Rollout&);
template std::string packed(const crds::Service&);
template std::string packed(const crds::Workload&);

template void unpack(std::string_view, crds::AnalysisRun&);
template void unpack(std::string_view, crds::AnalysisTemplate&);
template void unpack(std::string_view, crds::Application&);
template void unpack(std::string_view, crds::Experiment&);
template void unpack(std::string_view, crds::Job&);
template void unpack(std::string_view, crds::ReplicaSet&);
template void unpack(std::string_view, crds::Rollout&);
template void unpack(std::string_view, crds::Service&);
template void unpack(std::string_view, crds::Workload&);

}  // namespace sluice::kube
