// Requests to an API server over HTTPS, with credentials.
#include "kube/http_transport.h"

#include <algorithm>
#include <charconv>
#include <ctime>

#include <fmt/format.h>

#include "kube/credentials.h"
#include "kube/http/client.h"

namespace sluice::kube {

namespace {

HttpClientOptions client_options(const ClusterAccess& access, const HttpTransportOptions& options) {
  HttpClientOptions client;
  client.connect_deadline = options.connect_deadline;
  client.answer_deadline = options.answer_deadline;
  client.idle_deadline = options.idle_deadline;
  client.line_limit = options.line_limit;
  client.body_limit = options.body_limit;
  client.user_agent = options.user_agent;
  client.idle_connections = 64;
  client.tls = access.tls;
  return client;
}

// Seconds, or a date as HTTP writes it ("Sun, 06 Nov 1994 08:49:37 GMT"); nullopt for anything else.
// The texts of `299 - "text"`, where quotes within the text are escaped.
std::vector<std::string> warnings_in(const HttpHeaders& headers) {
  std::vector<std::string> texts;
  for (const auto& [name, value] : headers) {
    constexpr std::string_view wanted = "warning";
    const bool is_warning = std::equal(name.begin(), name.end(), wanted.begin(), wanted.end(), [](char a, char b) {
      return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
    });
    const std::size_t begin = value.find('"');
    const std::size_t end = value.rfind('"');
    if (!is_warning || begin == std::string::npos || end <= begin) continue;
    std::string text;
    for (std::size_t i = begin + 1; i < end; ++i) {
      if (value[i] == '\\' && i + 1 < end) ++i;
      text.push_back(value[i]);
    }
    texts.push_back(std::move(text));
  }
  return texts;
}

std::optional<Duration> parse_retry_after(std::string_view text, Time now) {
  if (text.empty()) return std::nullopt;
  unsigned count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error == std::errc() && end == text.data() + text.size()) return seconds{count};
  tm parts{};
  const char* rest = ::strptime(std::string(text).c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  if (!rest) return std::nullopt;
  const Time date{seconds{::timegm(&parts)}};
  return std::max<Duration>(date - now, Duration::zero());
}

}  // namespace

struct HttpTransport::Parts {
  Parts(ClusterAccess given, Clock& time, const HttpTransportOptions& options)
      : access(given), clock(time), client(client_options(given, options)), credentials(given, time) {
    shown.certificate_pem = access.tls.certificate_pem;
    shown.key_pem = access.tls.key_pem;
  }

  HttpRequest http_request(const ApiRequest& request, const Identity& identity) const {
    HttpRequest http;
    http.method = request.method;
    http.url = access.server + request.target;
    http.body = request.body;
    http.headers.add("Accept", request.accept.empty() ? "application/json" : request.accept);
    if (!request.content_type.empty()) http.headers.add("Content-Type", request.content_type);
    if (!identity.authorization.empty()) http.headers.add("Authorization", identity.authorization);
    if (!access.credentials.as_user.empty()) http.headers.add("Impersonate-User", access.credentials.as_user);
    for (const std::string& group : access.credentials.as_groups) http.headers.add("Impersonate-Group", group);
    return http;
  }

  // A certificate belongs to a connection, not to a request.
  void show(const Identity& identity) {
    if (identity.certificate_pem == shown.certificate_pem && identity.key_pem == shown.key_pem) return;
    shown = identity;
    TlsOptions tls = access.tls;
    tls.certificate_pem = identity.certificate_pem;
    tls.key_pem = identity.key_pem;
    client.use_tls(std::move(tls));
  }

  // Sends by `ask` once, and once more with other credentials when the server does not know the first.
  template <class Answer, class Ask, class Status>
  net::awaitable<Result<Answer>> with_credentials(ApiRequest request, Ask ask, Status status) {
    auto identity = co_await credentials.get();
    if (!identity) co_return identity.error();
    show(*identity);
    auto answer = co_await ask(http_request(request, *identity));
    if (!answer) co_return explained(answer.error());
    if (status(*answer) != 401 || !credentials.renew(*identity)) co_return std::move(answer);
    const auto other = co_await credentials.get();
    if (!other) co_return other.error();
    if (*other == *identity) co_return std::move(answer);
    show(*other);
    answer = co_await ask(http_request(request, *other));
    if (!answer) co_return explained(answer.error());
    co_return std::move(answer);
  }

  // Whoever reads that a certificate is wrong wants to know which file to change.
  Error explained(Error error) const {
    if (!access.source.empty() && error.message.find("TLS: ") != std::string::npos)
      error.message += fmt::format("; server and certificates come from {}", access.source);
    return error;
  }

  ApiResponse api_response(HttpResponse response) const {
    ApiResponse api;
    api.status = response.status;
    api.warnings = warnings_in(response.headers);
    api.retry_after = parse_retry_after(response.headers.get("Retry-After"), clock.now());
    api.body = std::move(response.body);
    return api;
  }

  ClusterAccess access;
  Clock& clock;
  HttpClient client;
  CredentialSource credentials;
  Identity shown;  // whose certificate the client uses
};

HttpTransport::HttpTransport(ClusterAccess access, Clock& clock, HttpTransportOptions options)
    : parts_(std::make_unique<Parts>(std::move(access), clock, options)) {}
HttpTransport::~HttpTransport() = default;

net::awaitable<Result<ApiResponse>> HttpTransport::send(ApiRequest request) {
  const auto ask = [this](HttpRequest http) { return parts_->client.send(std::move(http)); };
  const auto status = [](const HttpResponse& response) { return response.status; };
  auto answer = co_await parts_->with_credentials<HttpResponse>(std::move(request), ask, status);
  if (!answer) co_return answer.error();
  co_return parts_->api_response(std::move(*answer));
}

net::awaitable<Result<ApiStream>> HttpTransport::open(ApiRequest request) {
  const auto ask = [this](HttpRequest http) { return parts_->client.open(std::move(http)); };
  const auto status = [](const HttpStream& stream) { return stream.head.status; };
  auto answer = co_await parts_->with_credentials<HttpStream>(std::move(request), ask, status);
  if (!answer) co_return answer.error();
  ApiStream stream;
  stream.head = parts_->api_response(std::move(answer->head));
  stream.lines = std::move(answer->lines);
  co_return std::move(stream);
}

}  // namespace sluice::kube
