// Which kinds are watched, with which selectors, and what is kept of each.
#include "controller/stores.h"

#include <algorithm>
#include <utility>

#include <boost/json.hpp>

#include "controller/kept_run.h"
#include "controller/load_balancer_view.h"
#include "crds/decode.h"
#include "kube/json.h"
#include "kube/reflector.h"
#include "kube/resource.h"

namespace sluice::controller {
namespace {

namespace json = boost::json;
using kube::Mistakes;
namespace resources = kube::resources;

constexpr std::string_view hash_label = "rollouts-pod-template-hash";
constexpr std::string_view instance_label = "argo-rollouts.argoproj.io/controller-instance-id";
constexpr kube::Resource pod_templates_resource{"", "v1", "PodTemplate", "podtemplates"};
constexpr std::string_view run_uid_label = "analysisrun.argoproj.io/uid";

// A kind whose mistakes nobody is told here: its own controller, or whoever refers to it, names them.
template <class T>
typename kube::Store<T>::Decode reading(std::shared_ptr<const T> (*decode)(const json::value&, Mistakes&)) {
  return [decode](const json::value& object) {
    Mistakes ignored;
    return decode(object, ignored);
  };
}

kube::ObjectMeta identity_of(const json::value& object) {
  kube::ObjectMeta meta;
  meta.name = kube::text_at(object, {"metadata", "name"});
  meta.ns = kube::text_at(object, {"metadata", "namespace"});
  meta.uid = kube::text_at(object, {"metadata", "uid"});
  meta.resource_version = kube::text_at(object, {"metadata", "resourceVersion"});
  meta.generation = kube::number_at(object, {"metadata", "generation"});
  return meta;
}

// The ReplicaSet controller names pods "<set>-<5 characters>".
std::string_view set_of(std::string_view pod) { return pod.size() > 6 ? pod.substr(0, pod.size() - 6) : pod; }

std::shared_ptr<const PublishedEndpoints> count_endpoints(const json::value& object) {
  Mistakes ignored;
  const auto slice = crds::decode_endpoint_slice(object, ignored);
  auto counted = std::make_shared<PublishedEndpoints>();
  counted->meta = identity_of(object);
  counted->service = slice->service;
  for (const crds::Endpoint& endpoint : slice->endpoints) {
    if (!endpoint.ready || endpoint.terminating || endpoint.pod.empty()) continue;
    const std::string_view set = set_of(endpoint.pod);
    auto at = std::find_if(counted->ready.begin(), counted->ready.end(),
                           [&](const PublishedEndpoints::Ready& entry) { return entry.set == set; });
    if (at == counted->ready.end()) at = counted->ready.insert(at, {std::string(set), 0});
    ++at->count;
  }
  return counted;
}

kube::Resource resource_of(crds::WorkloadKind kind) {
  switch (kind) {
    case crds::WorkloadKind::deployment:
      return resources::deployments;
    case crds::WorkloadKind::replica_set:
      return resources::replica_sets;
    case crds::WorkloadKind::pod_template:
      break;
  }
  return pod_templates_resource;
}

}  // namespace

Stores::Stores(StoresOptions options)
    : rollouts([this](const json::value& object) {
        Mistakes mistakes;
        const kube::ObjectKey key = identity_of(object).key();
        auto rollout = crds::decode_rollout(object, mistakes, rollouts.find(key).get());
        if (mistakes.empty())
          mistakes_.erase(key);
        else
          mistakes_[key] = std::move(mistakes);
        return rollout;
      }),
      replica_sets([this](const json::value& object) {
        Mistakes ignored;
        return crds::decode_compared_replica_set(object, ignored, replica_sets.find(identity_of(object).key()).get());
      }),
      services(reading<crds::Service>(crds::decode_service)),
      endpoint_slices(count_endpoints,
                      [](const PublishedEndpoints& slice) { return slice.meta.ns + "/" + slice.service; }),
      analysis_runs([](const json::value& object) {
        Mistakes ignored;
        return kept_run(crds::decode_analysis_run(object, ignored));
      }),
      experiments([this](const json::value& object) {
        Mistakes mistakes;
        const kube::ObjectKey key = identity_of(object).key();
        auto experiment = crds::decode_experiment(object, mistakes);
        if (mistakes.empty())
          experiment_mistakes_.erase(key);
        else
          experiment_mistakes_[key] = std::move(mistakes);
        return experiment;
      }),
      analysis_templates(reading<crds::AnalysisTemplate>(crds::decode_analysis_template)),
      cluster_analysis_templates(reading<crds::AnalysisTemplate>(crds::decode_analysis_template)),
      jobs(reading<crds::Job>(crds::decode_job)),
      deployments(reading<crds::Workload>(crds::decode_workload)),
      referenced_replica_sets(reading<crds::Workload>(crds::decode_workload)),
      pod_templates(reading<crds::Workload>(crds::decode_workload)),
      options_(std::move(options)) {
  rollouts.listen([this](const kube::ObjectKey& key, const crds::Rollout*, const crds::Rollout* after) {
    if (!after) mistakes_.erase(key);
    if (!after || !after->spec->workload_ref) return;
    const crds::WorkloadReference& reference = *after->spec->workload_ref;
    if (const auto kind = crds::workload_kind(reference.api_version, reference.kind)) follow_workloads(*kind);
  });
  experiments.listen([this](const kube::ObjectKey& key, const crds::Experiment*, const crds::Experiment* after) {
    if (!after) experiment_mistakes_.erase(key);
  });
  replica_sets.listen([this](const kube::ObjectKey& key, const crds::ReplicaSet*, const crds::ReplicaSet* after) {
    if (after && !after->meta.controller())
      orphans_.insert(key);
    else
      orphans_.erase(key);
  });
}

void Stores::confirm_by(LoadBalancerView& view) {
  load_balancers = &view;
  view.listen([this](const kube::ObjectKey& ingress) { routes.tell("Ingress", ingress); });
  routes.of("Ingress").listen([this](const kube::ObjectKey& key, const RouteText*, const RouteText* after) {
    if (!after) load_balancers->forget(key);
  });
}

void Stores::start(kube::Tasks& tasks, kube::Client& client, kube::Clock& clock, const kube::Log& log) {
  const std::string instance = options_.instance_id.empty() ? "!" + std::string(instance_label)
                                                            : std::string(instance_label) + "=" + options_.instance_id;
  const auto follow = [&](kube::Resource resource, kube::StoreSink& store, std::string selector, bool optional) {
    kube::Reflected what{resource, options_.ns, std::move(selector), optional};
    tasks.start("watch of " + std::string(resource.plural), kube::reflect(client, std::move(what), store, clock, log));
  };
  start_watch_ = [this, &tasks, &client, &clock, &log](crds::WorkloadKind kind) {
    const kube::Resource resource = resource_of(kind);
    kube::Reflected what{resource, options_.ns, "", false};
    tasks.start("watch of referenced " + std::string(resource.plural),
                kube::reflect(client, std::move(what), workloads(kind), clock, log));
  };
  for (const crds::WorkloadKind kind : referenced_kinds_) start_watch_(kind);
  follow(resources::rollouts, rollouts, instance, false);
  follow(resources::replica_sets, replica_sets, std::string(hash_label), false);
  follow(resources::services, services, "", false);
  follow(resources::endpoint_slices, endpoint_slices, "", false);
  routes.start(tasks, client, clock, log, options_.ns);
  follow(resources::analysis_runs, analysis_runs, instance, false);
  follow(resources::experiments, experiments, instance, false);
  follow(resources::analysis_templates, analysis_templates, instance, false);
  if (options_.ns.empty()) follow(resources::cluster_analysis_templates, cluster_analysis_templates, instance, false);
  follow(resources::jobs, jobs, std::string(run_uid_label), false);
}

void Stores::follow_workloads(crds::WorkloadKind kind) {
  if (referenced_kinds_.insert(kind).second && start_watch_) start_watch_(kind);
}

kube::Store<crds::Workload>& Stores::workloads(crds::WorkloadKind kind) {
  return const_cast<kube::Store<crds::Workload>&>(std::as_const(*this).workloads(kind));
}

const kube::Store<crds::Workload>& Stores::workloads(crds::WorkloadKind kind) const {
  switch (kind) {
    case crds::WorkloadKind::deployment:
      return deployments;
    case crds::WorkloadKind::replica_set:
      return referenced_replica_sets;
    case crds::WorkloadKind::pod_template:
      break;
  }
  return pod_templates;
}

void Stores::listen_to_all(const std::function<void()>& changed) {
  const auto listen = [&](auto& store) {
    store.listen([changed](const kube::ObjectKey&, const auto*, const auto*) { changed(); });
  };
  listen(rollouts);
  listen(replica_sets);
  listen(services);
  listen(endpoint_slices);
  routes.listen([changed](std::string_view, const kube::ObjectKey&) { changed(); });
  listen(analysis_runs);
  listen(experiments);
  listen(analysis_templates);
  listen(cluster_analysis_templates);
  listen(jobs);
  listen(deployments);
  listen(referenced_replica_sets);
  listen(pod_templates);
}

std::string Stores::not_synced() const {
  std::string missing;
  const auto check = [&](bool synced, std::string_view name) {
    if (!synced) missing += (missing.empty() ? "" : ", ") + std::string(name);
  };
  check(rollouts.is_synced(), "rollouts");
  check(replica_sets.is_synced(), "replicasets");
  check(services.is_synced(), "services");
  check(endpoint_slices.is_synced(), "endpointslices");
  if (const std::string unread = routes.not_synced(); !unread.empty()) check(false, unread);
  check(analysis_runs.is_synced(), "analysisruns");
  check(experiments.is_synced(), "experiments");
  check(analysis_templates.is_synced(), "analysistemplates");
  if (options_.ns.empty()) check(cluster_analysis_templates.is_synced(), "clusteranalysistemplates");
  check(jobs.is_synced(), "jobs");
  for (const crds::WorkloadKind kind : referenced_kinds_)
    check(workloads(kind).is_synced(), "referenced " + std::string(resource_of(kind).plural));
  return missing;
}

std::map<std::string, int> Stores::ready_endpoints(const kube::ObjectKey& service) const {
  std::map<std::string, int> ready;
  for (const auto& slice : endpoint_slices.having(service.text()))
    for (const PublishedEndpoints::Ready& entry : slice->ready) ready[entry.set] += entry.count;
  return ready;
}

std::optional<int> Stores::ready_pods(const kube::ObjectKey& rollout, const std::string& hash) const {
  const auto set = replica_sets.find({rollout.ns, rollout.name + "-" + hash});
  if (!set) return std::nullopt;
  return set->status.ready_replicas;
}

std::vector<std::shared_ptr<const crds::ReplicaSet>> Stores::orphans(const std::string& ns) const {
  std::vector<std::shared_ptr<const crds::ReplicaSet>> found;
  for (auto at = orphans_.lower_bound({ns, ""}); at != orphans_.end() && at->ns == ns; ++at)
    if (auto set = replica_sets.find(*at)) found.push_back(std::move(set));
  return found;
}

kube::Mistakes Stores::mistakes_of(const kube::ObjectKey& rollout) const {
  const auto at = mistakes_.find(rollout);
  return at == mistakes_.end() ? kube::Mistakes{} : at->second;
}

kube::Mistakes Stores::mistakes_of_experiment(const kube::ObjectKey& experiment) const {
  const auto at = experiment_mistakes_.find(experiment);
  return at == experiment_mistakes_.end() ? kube::Mistakes{} : at->second;
}

}  // namespace sluice::controller
