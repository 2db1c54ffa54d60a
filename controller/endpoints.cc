// Health, readiness and metrics over HTTP.
#include "controller/endpoints.h"

namespace sluice::controller {
namespace {

using kube::HttpResponder;
using kube::HttpServerOptions;
using kube::HttpServerRequest;
using kube::HttpServerResponse;

std::string path_of(const HttpServerRequest& request) { return request.target.substr(0, request.target.find('?')); }

HttpServerResponse plain(unsigned status, std::string body) {
  HttpServerResponse response;
  response.status = status;
  response.content_type = "text/plain; charset=utf-8";
  response.body = std::move(body);
  return response;
}

HttpServerOptions listening(const std::string& address, std::uint16_t port) {
  HttpServerOptions options;
  options.address = address;
  options.port = port;
  options.body_limit = 4096;
  return options;
}

HttpServerResponse health_answer(const EndpointAnswers& answers, const HttpServerRequest& request) {
  const std::string path = path_of(request);
  if (path == "/healthz" || path == "/livez") return plain(200, "ok");
  if (path != "/readyz") return plain(404, "there are /healthz and /readyz\n");
  const std::string missing = answers.not_ready();
  return missing.empty() ? plain(200, "ok") : plain(503, missing + "\n");
}

HttpServerResponse metrics_answer(const EndpointAnswers& answers, const HttpServerRequest& request) {
  if (path_of(request) != "/metrics") return plain(404, "there is /metrics\n");
  HttpServerResponse response = plain(200, answers.metrics());
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  return response;
}

}  // namespace

Endpoints::Endpoints(kube::net::any_io_executor executor, EndpointOptions options, EndpointAnswers answers)
    : answers_(std::move(answers)),
      health_(executor, listening(options.address, options.health_port),
              [this](HttpServerRequest request, HttpResponder& responder) -> kube::net::awaitable<void> {
                HttpServerResponse response = health_answer(answers_, request);
                co_await responder.send(std::move(response));
              }),
      metrics_(executor, listening(options.address, options.metrics_port),
               [this](HttpServerRequest request, HttpResponder& responder) -> kube::net::awaitable<void> {
                 HttpServerResponse response = metrics_answer(answers_, request);
                 co_await responder.send(std::move(response));
               }) {}

kube::Result<> Endpoints::start() {
  if (const auto started = health_.start(); !started) return started.error();
  return metrics_.start();
}

void Endpoints::stop() {
  health_.stop_now();
  metrics_.stop_now();
}

}  // namespace sluice::controller
