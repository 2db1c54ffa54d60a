// What a cluster does by itself, put together.
#include "sandbox/workloads/workloads.h"

#include <boost/json/value.hpp>

#include "sandbox/workloads/collector.h"
#include "sandbox/workloads/deployments.h"
#include "sandbox/workloads/disruption_budgets.h"
#include "sandbox/workloads/endpoint_slices.h"
#include "sandbox/workloads/gateway.h"
#include "sandbox/workloads/jobs.h"
#include "sandbox/workloads/kubelet.h"
#include "sandbox/workloads/nodes.h"
#include "sandbox/workloads/replica_sets.h"
#include "sandbox/workloads/world.h"

namespace sluice::sandbox {

struct Workloads::Parts {
  Parts(Api& api, kube::Clock& clock, boost::asio::any_io_executor executor, const kube::Log& log,
        WorkloadOptions given)
      : options(given), agenda(clock, std::move(executor), log), world{api, clock, agenda, index, options, log} {
    behaviours.push_back(make_replica_sets(world));
    behaviours.push_back(make_kubelet(world));
    behaviours.push_back(make_jobs(world));
    behaviours.push_back(make_deployments(world));
    behaviours.push_back(make_endpoint_slices(world));
    behaviours.push_back(make_disruption_budgets(world));
    behaviours.push_back(make_collector(world));
    auto made = std::make_unique<Gateway>(world);
    gateway = made.get();
    behaviours.push_back(std::move(made));
  }

  void note(const Change& change) {
    index.note(change);
    for (const std::unique_ptr<Behaviour>& behaviour : behaviours) {
      // The write that is told here is somebody else's: it must not fail because of us.
      try {
        behaviour->noted(change);
      } catch (const std::exception& error) {
        world.log.error("the sandbox could not follow a change",
                        {{"object", change.plural + " " + change.key.text()}, {"error", error.what()}});
      }
    }
  }

  WorkloadOptions options;
  Index index;
  Agenda agenda;
  World world;
  std::vector<std::unique_ptr<Behaviour>> behaviours;
  const Gateway* gateway = nullptr;
};

Workloads::Workloads(Api& api, kube::Clock& clock, boost::asio::any_io_executor executor, const kube::Log& log,
                     WorkloadOptions options)
    : parts_(std::make_shared<Parts>(api, clock, std::move(executor), log, options)) {
  // The listener cannot be taken back, so it must not keep the parts alive.
  api.listen([weak = std::weak_ptr(parts_)](const Change& change) {
    if (const std::shared_ptr<Parts> parts = weak.lock()) parts->note(change);
  });
  namespace known = kube::resources;
  for (const kube::Resource& kind : {known::namespaces, known::rollouts, known::experiments, known::analysis_runs,
                                     known::deployments, known::replica_sets, known::jobs, disruption_budgets,
                                     known::pods, known::services, known::endpoint_slices, known::http_routes}) {
    std::vector<Change> present;
    api.for_each(kind, "", [&](const kube::ObjectKey& key, const std::shared_ptr<const json::value>& object) {
      present.push_back(
          {kube::WatchType::added, std::string(kind.group), std::string(kind.plural), key, 0, nullptr, object});
    });
    for (const Change& change : present) parts_->note(change);
  }

  make_nodes(parts_->world);
}

Workloads::~Workloads() = default;

const Gateway& Workloads::gateway() const { return *parts_->gateway; }

}  // namespace sluice::sandbox
