// From HTTPS requests to the API and back.
#include "sandbox/server.h"

#include <fmt/format.h>
#include <openssl/rand.h>

#include "kube/http/certificate.h"
#include "sandbox/refusal.h"
#include "sandbox/request.h"

namespace sluice::sandbox {
namespace {

std::string random_token() {
  unsigned char bytes[24];
  if (RAND_bytes(bytes, sizeof bytes) != 1) return {};
  std::string token;
  for (const unsigned char byte : bytes) token += fmt::format("{:02x}", byte);
  return token;
}

// Health and version are told to everybody, as an API server does.
bool is_public(std::string_view target) {
  for (const std::string_view page : {"/healthz", "/livez", "/readyz", "/version"})
    if (target.substr(0, target.find('?')) == page) return true;
  return false;
}

kube::HttpServerResponse to_http(kube::ApiResponse response) {
  kube::HttpServerResponse http;
  http.status = response.status;
  if (!response.content_type.empty()) http.content_type = std::move(response.content_type);
  http.body = std::move(response.body);
  http.headers.add("Cache-Control", "no-cache, private");
  for (const std::string& warning : response.warnings) http.headers.add("Warning", "299 - " + quoted(warning));
  if (response.retry_after)
    http.headers.add("Retry-After",
                     std::to_string(std::chrono::duration_cast<std::chrono::seconds>(*response.retry_after).count()));
  return http;
}

}  // namespace

struct ApiServer::Parts {
  Parts(kube::net::any_io_executor the_executor, Api& the_api, kube::Clock& the_clock, ApiServerOptions the_options)
      : executor(std::move(the_executor)), api(the_api), clock(the_clock), options(std::move(the_options)) {}

  // The name of the caller; "" for a stranger.
  std::string user_of(const kube::HttpServerRequest& request) const {
    if (request.client) return request.client->common_name;
    constexpr std::string_view scheme = "Bearer ";
    const std::string_view header = request.headers.get("Authorization");
    if (header.starts_with(scheme) && header.substr(scheme.size()) == token) return "admin";
    return {};
  }

  kube::net::awaitable<void> serve(kube::HttpServerRequest request, kube::HttpResponder& responder) {
    RequestRecord record{request.method, request.target, user_of(request),
                         std::string(request.headers.get("User-Agent"))};
    const kube::Time begun = clock.now();
    record.received = begun;
    if (record.user.empty() && !is_public(request.target)) {
      kube::HttpServerResponse stranger = to_http(answer(Refusal{401, "Unauthorized", "Unauthorized"}));
      record.status = stranger.status;
      co_await responder.send(std::move(stranger));
    } else {
      kube::ApiRequest asked{std::move(request.method), std::move(request.target),
                             std::string(request.headers.get("Content-Type")), std::move(request.body),
                             std::string(request.headers.get("Accept"))};
      const Caller caller{record.user, record.agent};
      const std::uint64_t before = api.version();
      kube::ApiStream answered = api.open(asked, caller);
      if (api.version() != before) record.version = before + 1;
      record.status = answered.head.status;
      record.is_watch = answered.lines != nullptr;
      if (answered.lines) {
        co_await stream(std::move(answered), responder);
      } else {
        kube::HttpServerResponse whole = to_http(std::move(answered.head));
        co_await responder.send(std::move(whole));
      }
    }
    record.took = clock.now() - begun;
    if (options.log) options.log(record);
  }

  kube::net::awaitable<void> stream(kube::ApiStream answered, kube::HttpResponder& responder) {
    kube::HttpServerResponse head = to_http(std::move(answered.head));
    co_await responder.start(std::move(head));
    for (;;) {
      auto line = co_await answered.lines->next();
      if (!line || !*line) co_return;
      std::string piece = std::move(**line);
      piece += '\n';
      const bool taken = co_await responder.write(std::move(piece));
      if (!taken) co_return;
    }
  }

  kube::net::any_io_executor executor;
  Api& api;
  kube::Clock& clock;
  ApiServerOptions options;
  std::string authority_pem;
  std::string token;
  std::unique_ptr<kube::HttpServer> http;
};

ApiServer::ApiServer(kube::net::any_io_executor executor, Api& api, kube::Clock& clock, ApiServerOptions options)
    : parts_(std::make_unique<Parts>(std::move(executor), api, clock, std::move(options))) {}

ApiServer::~ApiServer() = default;

kube::Result<> ApiServer::start() {
  Parts& parts = *parts_;
  const kube::Time now = parts.clock.now();
  const kube::Time later = now + std::chrono::hours(24 * 365);
  const kube::Time earlier = now - std::chrono::hours(1);
  const auto authority = kube::make_authority({"sluice-sandbox", {}, {}, earlier, later});
  if (!authority) return authority.error();
  const auto certificate = kube::make_certificate(
      *authority, {"kube-apiserver", {}, {"localhost", "kubernetes.default.svc", "127.0.0.1", "::1"}, earlier, later});
  if (!certificate) return certificate.error();
  parts.authority_pem = authority->certificate_pem;
  parts.token = random_token();
  if (parts.token.empty()) return kube::Error{kube::Fault::internal, "no random bytes for the client token"};

  kube::HttpServerOptions http;
  http.port = parts.options.port;
  http.tls = kube::TlsServerOptions{certificate->certificate_pem, certificate->key_pem, authority->certificate_pem};
  parts.http = std::make_unique<kube::HttpServer>(
      parts.executor, std::move(http), [&parts](kube::HttpServerRequest request, kube::HttpResponder& responder) {
        return parts.serve(std::move(request), responder);
      });
  return parts.http->start();
}

std::uint16_t ApiServer::port() const { return parts_->http ? parts_->http->port() : 0; }

std::string ApiServer::url() const { return fmt::format("https://127.0.0.1:{}", port()); }

const std::string& ApiServer::authority_pem() const { return parts_->authority_pem; }

const std::string& ApiServer::token() const { return parts_->token; }

kube::net::awaitable<void> ApiServer::stop() {
  if (parts_->http) co_await parts_->http->stop(kube::Duration::zero());
}

}  // namespace sluice::sandbox
