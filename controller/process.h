// The process `sluice controller`: flags, credentials, endpoints, leadership, graceful stop, and the controllers.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/thread_pool.hpp>

#include "controller/metrics_page.h"
#include "controller/options.h"
#include "kube/client.h"
#include "kube/clock.h"
#include "kube/events.h"
#include "kube/log.h"
#include "kube/tasks.h"

namespace sluice::controller {

// What a controller of another room is given; everything outlives it.
struct ProcessParts {
  const Options& options;
  const std::string& served_namespace;  // "" when it serves all of them
  kube::Client& client;                 // refuses writes while this process does not lead
  kube::EventRecorder& events;
  kube::Clock& clock;
  const kube::Log& log;
  kube::Tasks& tasks;
  MetricsPage& metrics;
  boost::asio::thread_pool& pool;  // for blocking work
};

// Starts a controller when this process leads; what it returns is kept until the end.
using StartController = std::function<std::shared_ptr<void>(const ProcessParts&)>;

// Runs until SIGTERM or SIGINT (a second one ends it at once), or until the Lease is lost. `applications` is started
// beside the others when --controllers asks for it. Returns the exit code: 0 after a signal, 1 when it could not start
// or lost the Lease, 2 when the command line is wrong.
int run_process(const std::vector<std::string>& arguments, StartController applications);

}  // namespace sluice::controller
