// What the process answers over HTTP: /healthz and /readyz on one port, /metrics on another.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>

#include "kube/http/server.h"
#include "kube/result.h"

namespace sluice::controller {

struct EndpointOptions {
  std::string address = "0.0.0.0";
  std::uint16_t health_port = 8080;   // 0 for any free one
  std::uint16_t metrics_port = 8090;  // 0 for any free one
};

struct EndpointAnswers {
  std::function<std::string()> metrics;  // the page
  // What is not ready yet, "" when all is. A standby that waits for the Lease is ready: it can take over.
  std::function<std::string()> not_ready;
};

// Serves until it is destroyed. /healthz answers ok as long as the loop turns.
class Endpoints {
 public:
  Endpoints(kube::net::any_io_executor executor, EndpointOptions options, EndpointAnswers answers);
  kube::Result<> start();
  // Closes everything at once.
  void stop();
  std::uint16_t health_port() const { return health_.port(); }
  std::uint16_t metrics_port() const { return metrics_.port(); }

 private:
  EndpointAnswers answers_;
  kube::HttpServer health_;
  kube::HttpServer metrics_;
};

}  // namespace sluice::controller
