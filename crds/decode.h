// From JSON to the structs of this room and back. Decoding never fails: what cannot be read stays at its default and is
// told in the mistakes, with its path.
#pragma once

#include <memory>

#include <boost/json/fwd.hpp>

#include "kube/json.h"

namespace sluice::crds {

namespace json = boost::json;

struct AnalysisRun;
struct AnalysisRunSpec;
struct AnalysisRunStatus;
struct AnalysisTemplate;
struct Application;
struct ApplicationSpec;
struct ApplicationStatus;
struct AppProject;
struct Deployment;
struct EndpointSlice;
struct Experiment;
struct ExperimentSpec;
struct ExperimentStatus;
struct Job;
struct Metric;
struct Operation;
struct Pod;
struct ReplicaSet;
struct Rollout;
struct RolloutSpec;
struct RolloutStatus;
struct Service;

// When `before` is the same object with the same generation, its spec is shared instead of being read again.
std::shared_ptr<const Rollout> decode_rollout(const json::value& object, kube::Mistakes& mistakes,
                                              const Rollout* before = nullptr);
// Also reads a ClusterAnalysisTemplate.
std::shared_ptr<const AnalysisTemplate> decode_analysis_template(const json::value& object, kube::Mistakes& mistakes);
std::shared_ptr<const AnalysisRun> decode_analysis_run(const json::value& object, kube::Mistakes& mistakes);
std::shared_ptr<const Experiment> decode_experiment(const json::value& object, kube::Mistakes& mistakes);
std::shared_ptr<const Application> decode_application(const json::value& object, kube::Mistakes& mistakes);
std::shared_ptr<const AppProject> decode_app_project(const json::value& object, kube::Mistakes& mistakes);

std::shared_ptr<const ReplicaSet> decode_replica_set(const json::value& object, kube::Mistakes& mistakes);
// The same with only the meaning of the pod template (crds/pod_defaults.h). When `before` is the same object with the
// same generation, it is taken from there.
std::shared_ptr<const ReplicaSet> decode_compared_replica_set(const json::value& object, kube::Mistakes& mistakes,
                                                              const ReplicaSet* before = nullptr);
std::shared_ptr<const Deployment> decode_deployment(const json::value& object, kube::Mistakes& mistakes);
std::shared_ptr<const Pod> decode_pod(const json::value& object, kube::Mistakes& mistakes);
std::shared_ptr<const Service> decode_service(const json::value& object, kube::Mistakes& mistakes);
std::shared_ptr<const Job> decode_job(const json::value& object, kube::Mistakes& mistakes);
std::shared_ptr<const EndpointSlice> decode_endpoint_slice(const json::value& object, kube::Mistakes& mistakes);

// The parts as the API has them; members that are empty are left out where the reference leaves them out.
json::value encode_spec(const RolloutSpec& spec);
json::value encode_status(const RolloutStatus& status);
json::value encode_spec(const AnalysisRunSpec& spec);
json::value encode_status(const AnalysisRunStatus& status);
json::value encode_spec(const ExperimentSpec& spec);
json::value encode_status(const ExperimentStatus& status);
json::value encode_spec(const ApplicationSpec& spec);
json::value encode_status(const ApplicationStatus& status);
json::value encode_operation(const Operation& operation);

// Whole objects, with apiVersion and kind.
json::value encode(const Rollout& rollout);
json::value encode(const AnalysisRun& run);
json::value encode(const Experiment& experiment);
json::value encode(const Application& application);
json::value encode(const ReplicaSet& replica_set);

// A metric by itself, for the substitution of arguments.
json::value encode_metric(const Metric& metric);
Metric decode_metric(const json::value& value, kube::Mistakes& mistakes);

}  // namespace sluice::crds
