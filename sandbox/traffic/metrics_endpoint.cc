// The counts of the simulated requests at GET /metrics.
#include "sandbox/traffic/metrics_endpoint.h"

namespace sluice::sandbox {
namespace {

kube::HttpServerOptions listening(std::string address, std::uint16_t port) {
  kube::HttpServerOptions options;
  options.address = std::move(address);
  options.port = port;
  options.body_limit = 4096;
  return options;
}

}  // namespace

kube::HttpServerResponse metrics_answer(const Traffic& traffic, const kube::HttpServerRequest& request) {
  kube::HttpServerResponse response;
  response.content_type = "text/plain; charset=utf-8";
  if (request.target.substr(0, request.target.find('?')) != "/metrics") {
    response.status = 404;
    response.body = "there is /metrics\n";
  } else if (request.method != "GET") {
    response.status = 405;
    response.body = "use GET\n";
  } else {
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    response.body = traffic.metrics_text();
  }
  return response;
}

MetricsEndpoint::MetricsEndpoint(boost::asio::any_io_executor executor, const Traffic& traffic, std::uint16_t port,
                                 std::string address)
    : traffic_(traffic),
      server_(executor, listening(std::move(address), port),
              [this](kube::HttpServerRequest request, kube::HttpResponder& responder) -> kube::net::awaitable<void> {
                kube::HttpServerResponse response = metrics_answer(traffic_, request);
                co_await responder.send(std::move(response));
              }) {}

}  // namespace sluice::sandbox
