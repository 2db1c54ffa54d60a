// The kinds of objects of a Kubernetes API, and the paths at which they are served.
#pragma once

#include <string>
#include <string_view>

#include "kube/metadata.h"

namespace sluice::kube {

// One kind as the API serves it. The views refer to text that lives as long as the program (string literals), or to
// text of whoever made the Resource (discovery), which then outlives it.
struct Resource {
  std::string_view group;    // "" for the core group
  std::string_view version;  // "v1"
  std::string_view kind;     // "ReplicaSet"
  std::string_view plural;   // "replicasets"
  bool namespaced = true;

  // "apps/v1", or "v1" in the core group.
  std::string api_version() const {
    return group.empty() ? std::string(version) : std::string(group) + "/" + std::string(version);
  }
  // "/apis/apps/v1/namespaces/<ns>/replicasets"; without the namespace part for cluster-scoped kinds and for ns "".
  std::string collection_path(std::string_view ns) const;
  // collection_path plus "/<name>" and, when `subresource` is not empty, "/<subresource>".
  std::string object_path(const ObjectKey& key, std::string_view subresource = {}) const;
};

namespace resources {
inline constexpr Resource pods{"", "v1", "Pod", "pods"};
inline constexpr Resource services{"", "v1", "Service", "services"};
inline constexpr Resource secrets{"", "v1", "Secret", "secrets"};
inline constexpr Resource config_maps{"", "v1", "ConfigMap", "configmaps"};
inline constexpr Resource events{"", "v1", "Event", "events"};
inline constexpr Resource namespaces{"", "v1", "Namespace", "namespaces", false};
inline constexpr Resource replica_sets{"apps", "v1", "ReplicaSet", "replicasets"};
inline constexpr Resource deployments{"apps", "v1", "Deployment", "deployments"};
inline constexpr Resource jobs{"batch", "v1", "Job", "jobs"};
inline constexpr Resource endpoint_slices{"discovery.k8s.io", "v1", "EndpointSlice", "endpointslices"};
inline constexpr Resource leases{"coordination.k8s.io", "v1", "Lease", "leases"};
inline constexpr Resource http_routes{"gateway.networking.k8s.io", "v1", "HTTPRoute", "httproutes"};
inline constexpr Resource rollouts{"argoproj.io", "v1alpha1", "Rollout", "rollouts"};
inline constexpr Resource analysis_runs{"argoproj.io", "v1alpha1", "AnalysisRun", "analysisruns"};
inline constexpr Resource analysis_templates{"argoproj.io", "v1alpha1", "AnalysisTemplate", "analysistemplates"};
inline constexpr Resource cluster_analysis_templates{"argoproj.io", "v1alpha1", "ClusterAnalysisTemplate",
                                                     "clusteranalysistemplates", false};
inline constexpr Resource experiments{"argoproj.io", "v1alpha1", "Experiment", "experiments"};
inline constexpr Resource applications{"argoproj.io", "v1alpha1", "Application", "applications"};
inline constexpr Resource app_projects{"argoproj.io", "v1alpha1", "AppProject", "appprojects"};
}  // namespace resources

}  // namespace sluice::kube
