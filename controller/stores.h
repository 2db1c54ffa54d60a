// The part of the cluster that the controllers of one process look at: one store per kind, shared by all of them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "controller/route_stores.h"
#include "crds/analysis.h"
#include "crds/experiment.h"
#include "crds/rollout.h"
#include "crds/word.h"
#include "crds/workload.h"
#include "crds/workloads.h"
#include "kube/client.h"
#include "kube/clock.h"
#include "kube/log.h"
#include "kube/mistake.h"
#include "kube/store.h"
#include "kube/tasks.h"

namespace sluice::controller {

// The ready endpoints of one EndpointSlice, counted by the ReplicaSet whose pods they are.
struct PublishedEndpoints {
  kube::ObjectMeta meta;  // name, namespace, uid and version only
  std::string service;
  struct Ready {
    std::string set;  // name of the ReplicaSet
    int count = 0;
    bool operator==(const Ready&) const = default;
    static void fields(auto& self, auto& visit) {
      visit("set", self.set);
      visit("count", self.count);
    }
  };
  std::vector<Ready> ready;  // each set once
  static void fields(auto& self, auto& visit) {
    visit("metadata", self.meta);
    visit("service", self.service);
    visit("ready", self.ready);
  }
};

struct StoresOptions {
  std::string ns;           // "" for all namespaces
  std::string instance_id;  // label controller-instance-id that custom resources carry; "" for those without the label
};

class LoadBalancerView;  // controller/load_balancer_view.h

class Stores {
 public:
  explicit Stores(StoresOptions options);
  Stores(const Stores&) = delete;
  Stores& operator=(const Stores&) = delete;

  kube::Store<crds::Rollout> rollouts;
  kube::Store<crds::ReplicaSet> replica_sets;
  kube::Store<crds::Service> services;
  kube::Store<PublishedEndpoints> endpoint_slices;  // having "<namespace>/<service>"
  RouteStores routes;
  // Asked about Ingresses when weights are to be confirmed by the load balancer; outlives the stores. Else nullptr.
  LoadBalancerView* load_balancers = nullptr;
  // From now on weights of Ingresses count when the load balancer confirms them.
  void confirm_by(LoadBalancerView& view);
  kube::Store<RouteText>& http_routes = routes.of("HTTPRoute");
  kube::Store<crds::AnalysisRun> analysis_runs;
  kube::Store<crds::Experiment> experiments;
  kube::Store<crds::AnalysisTemplate> analysis_templates;
  kube::Store<crds::AnalysisTemplate> cluster_analysis_templates;
  kube::Store<crds::Job> jobs;  // that measure for an AnalysisRun
  // What a workloadRef may name. A kind is watched from the moment on that the first Rollout refers to it.
  kube::Store<crds::Workload> deployments;
  kube::Store<crds::Workload> referenced_replica_sets;
  kube::Store<crds::Workload> pod_templates;

  // Starts one list-and-watch per kind; all arguments outlive the tasks.
  void start(kube::Tasks& tasks, kube::Client& client, kube::Clock& clock, const kube::Log& log);
  // Calls `changed` after every change of any of them.
  void listen_to_all(const std::function<void()>& changed);
  // The kinds whose first list is not complete, comma separated; "" when all are.
  std::string not_synced() const;

  // Ready endpoints published for a Service, by ReplicaSet name.
  std::map<std::string, int> ready_endpoints(const kube::ObjectKey& service) const;
  // Ready pods of a Rollout's ReplicaSet with this pod template hash; nullopt when there is none.
  std::optional<int> ready_pods(const kube::ObjectKey& rollout, const std::string& hash) const;
  // The ReplicaSets of a namespace that nobody controls.
  std::vector<std::shared_ptr<const crds::ReplicaSet>> orphans(const std::string& ns) const;
  kube::Store<crds::Workload>& workloads(crds::WorkloadKind kind);
  const kube::Store<crds::Workload>& workloads(crds::WorkloadKind kind) const;
  // What could not be read of a Rollout; empty when all could.
  kube::Mistakes mistakes_of(const kube::ObjectKey& rollout) const;
  // The same of an Experiment.
  kube::Mistakes mistakes_of_experiment(const kube::ObjectKey& experiment) const;

 private:
  void follow_workloads(crds::WorkloadKind kind);

  StoresOptions options_;
  using MistakesByKey = std::unordered_map<kube::ObjectKey, kube::Mistakes, kube::ObjectKeyHash>;
  std::function<void(crds::WorkloadKind)> start_watch_;  // empty until start()
  std::set<crds::WorkloadKind> referenced_kinds_;
  std::set<kube::ObjectKey> orphans_;  // ReplicaSets
  MistakesByKey mistakes_;             // of Rollouts
  MistakesByKey experiment_mistakes_;
};

}  // namespace sluice::controller
