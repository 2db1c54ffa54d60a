// One connection of the HTTP client: opening it, and the text of a request.
#include "kube/http/connection.h"

#include <fmt/format.h>

#include "kube/http/tls_stream.h"

namespace sluice::kube {

net::awaitable<Result<std::unique_ptr<HttpConnection>>> open_connection(HttpUrl url,
                                                                        std::shared_ptr<TlsContext> context,
                                                                        Deadline deadline, AddressCheck check) {
  auto socket = co_await connect_tcp(url.host, url.port, deadline, std::move(check));
  if (!socket) co_return socket.error();
  std::unique_ptr<ByteStream> stream;
  if (url.tls) {
    auto shaken = co_await connect_tls(std::move(*socket), std::move(context), url.host, deadline);
    if (!shaken) co_return shaken.error();
    stream = std::move(*shaken);
  } else {
    stream = make_plain_stream(std::move(*socket));
  }
  auto connection = std::make_unique<HttpConnection>(std::move(stream));
  connection->origin = url.origin();
  co_return std::move(connection);
}

std::string request_text(const HttpRequest& request, const HttpUrl& url, const std::string& user_agent) {
  std::string text;
  text.reserve(512 + request.body.size());
  text += request.method + " " + url.target + " HTTP/1.1\r\n";
  const auto field = [&](std::string_view name, std::string_view value) {
    text.append(name).append(": ").append(value).append("\r\n");
  };
  if (!request.headers.find("Host")) field("Host", url.host_header());
  if (!request.headers.find("User-Agent")) field("User-Agent", user_agent);
  if (!url.authorization.empty() && !request.headers.find("Authorization")) field("Authorization", url.authorization);
  for (const auto& [name, value] : request.headers) field(name, value);
  const bool has_body =
      !request.body.empty() || request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
  if (has_body) field("Content-Length", fmt::format("{}", request.body.size()));
  text += "\r\n";
  text += request.body;
  return text;
}

bool is_idempotent(const std::string& method) {
  return method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE" || method == "OPTIONS";
}

}  // namespace sluice::kube
