// One connection of the HTTP client: opening it, sending a request, reading the head of the answer.
#pragma once

#include <memory>
#include <string>

#include "kube/http/byte_stream.h"
#include "kube/http/client.h"
#include "kube/http/reader.h"
#include "kube/http/tls.h"
#include "kube/http/url.h"

namespace sluice::kube {

struct HttpConnection {
  explicit HttpConnection(std::unique_ptr<ByteStream> made) : stream(std::move(made)), reader(*stream) {}

  std::unique_ptr<ByteStream> stream;
  HttpReader reader;
  std::string origin;
  Deadline reusable_until = no_deadline;
  std::uint64_t generation = 0;  // of the TLS options it was made with
};

// TCP and, for https, TLS; `context` is set then. `check` judges addresses before they are connected to. The message of
// the error names only what happened.
net::awaitable<Result<std::unique_ptr<HttpConnection>>> open_connection(HttpUrl url,
                                                                        std::shared_ptr<TlsContext> context,
                                                                        Deadline deadline, AddressCheck check);

// The first line and the headers of a request, and its body.
std::string request_text(const HttpRequest& request, const HttpUrl& url, const std::string& user_agent);

// True when sending the request a second time does what sending it once does.
bool is_idempotent(const std::string& method);

}  // namespace sluice::kube
