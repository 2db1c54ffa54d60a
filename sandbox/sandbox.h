// A whole cluster in one process: the API, what a cluster does by itself, and, if asked for, requests to it.
#pragma once

#include <optional>

#include <boost/asio/io_context.hpp>

#include "kube/clock.h"
#include "kube/log.h"
#include "sandbox/api.h"
#include "sandbox/traffic/traffic.h"
#include "sandbox/workloads/workloads.h"

namespace sluice::sandbox {

struct SandboxOptions {
  WorkloadOptions workloads;
  std::optional<TrafficOptions> traffic;  // no requests without
};

// With a VirtualClock on the same io_context everything that happens is decided by the options and the requests. Give
// programs under test an InProcessTransport on api(). `io`, `clock` and `log` outlive it.
class Sandbox {
 public:
  Sandbox(boost::asio::io_context& io, kube::Clock& clock, const kube::Log& log, SandboxOptions options = {})
      : api_(clock), workloads_(api_, clock, io.get_executor(), log, options.workloads) {
    if (options.traffic) traffic_.emplace(api_, workloads_.gateway(), clock, io.get_executor(), *options.traffic);
  }

  Api& api() { return api_; }
  const Workloads& workloads() const { return workloads_; }
  // nullptr without traffic.
  const Traffic* traffic() const { return traffic_ ? &*traffic_ : nullptr; }

 private:
  Api api_;
  Workloads workloads_;
  std::optional<Traffic> traffic_;
};

}  // namespace sluice::sandbox
