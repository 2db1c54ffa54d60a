// The counts of the simulated requests at GET /metrics, for a Prometheus server.
#pragma once

#include <cstdint>
#include <string>

#include <boost/asio/any_io_executor.hpp>

#include "kube/http/server.h"
#include "kube/result.h"
#include "sandbox/traffic/traffic.h"

namespace sluice::sandbox {

// What a request to the endpoint is answered: the metrics at /metrics, 404 elsewhere, 405 for other methods.
kube::HttpServerResponse metrics_answer(const Traffic& traffic, const kube::HttpServerRequest& request);

// Serves plain HTTP until it is destroyed. `traffic` outlives it.
class MetricsEndpoint {
 public:
  // `address` is numeric; port 0 is any free one.
  MetricsEndpoint(boost::asio::any_io_executor executor, const Traffic& traffic, std::uint16_t port,
                  std::string address = "127.0.0.1");
  // Fault::unavailable when the port is taken.
  kube::Result<> start() { return server_.start(); }
  std::uint16_t port() const { return server_.port(); }

 private:
  const Traffic& traffic_;
  kube::HttpServer server_;
};

}  // namespace sluice::sandbox
