// What a cluster does by itself, on one API server: pods for ReplicaSets, Deployments and Jobs, nodes that run them,
// EndpointSlices, a gateway, and the collection of what nobody owns.
#pragma once

#include <memory>

#include <boost/asio/any_io_executor.hpp>

#include "kube/clock.h"
#include "kube/log.h"
#include "sandbox/api.h"
#include "sandbox/workloads/options.h"

namespace sluice::sandbox {

class Gateway;  // sandbox/workloads/gateway.h

// Works on events of the API and on the clock; the work itself runs on the executor, one object at a time. The same
// seed and the same requests give the same cluster. One thread. `api`, `clock` and `log` outlive it; after its end
// nothing happens any more.
class Workloads {
 public:
  Workloads(Api& api, kube::Clock& clock, boost::asio::any_io_executor executor, const kube::Log& log,
            WorkloadOptions options = {});
  ~Workloads();
  Workloads(const Workloads&) = delete;
  Workloads& operator=(const Workloads&) = delete;

  // What routes do at this moment.
  const Gateway& gateway() const;

 private:
  struct Parts;
  std::shared_ptr<Parts> parts_;
};

}  // namespace sluice::sandbox
