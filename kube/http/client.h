// HTTP/1.1 requests to any http:// or https:// address, with connections that are kept for the next request.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "kube/http/byte_stream.h"
#include "kube/http/message.h"
#include "kube/http/tls.h"
#include "kube/result.h"
#include "kube/time.h"
#include "kube/transport.h"

namespace sluice::kube {

// A response that is read line by line. `lines` is set when the status is 2xx; otherwise head.body holds the refusal.
struct HttpStream {
  HttpResponse head;
  std::unique_ptr<LineStream> lines;
};

struct HttpClientOptions {
  Duration connect_deadline = seconds{10};  // name, TCP and TLS together
  Duration answer_deadline = seconds{30};   // from sending until the last byte; for streams until the head
  Duration idle_deadline = seconds{600};    // streams only: the longest silence
  Duration keep_idle = seconds{55};         // an unused connection is not used again after this
  std::size_t idle_connections = 16;        // kept per origin
  std::size_t header_limit = 64 << 10;      // bytes
  std::size_t body_limit = 256 << 20;       // bytes
  std::size_t line_limit = 16 << 20;        // bytes of one line of a stream
  std::string user_agent = "sluice";
  TlsOptions tls;
  AddressCheck check_address;  // judges each address of a host before anything is sent to it; unset allows all
};

// Sends requests from coroutines of one io_context on one thread. Redirects are answers, not followed. A request of an
// idempotent method (GET, HEAD, PUT, DELETE, OPTIONS) is sent once more when a reused connection turns out to be dead
// before any byte of the answer came; others only when nothing was sent yet.
//
// Any HTTP status is an answer. Errors name method, host and port and what happened: Fault::unavailable (cannot be
// reached, TLS refused, answer cut off), Fault::forbidden (an address was refused), Fault::timeout, Fault::invalid (a
// URL, a PEM text, an answer over a limit), Fault::internal (not HTTP), Fault::cancelled.
//
// Destroying the client closes the connections that wait for reuse; requests and streams under way go on by themselves.
class HttpClient {
 public:
  explicit HttpClient(HttpClientOptions options);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  net::awaitable<Result<HttpResponse>> send(HttpRequest request);
  net::awaitable<Result<HttpStream>> open(HttpRequest request);

  // Replaces the TLS options; connections made with the old ones are not used again.
  void use_tls(TlsOptions options);
  // Closes the connections that wait for reuse.
  void close_idle();
  std::size_t idle_connections() const;

 private:
  class Pool;
  static net::awaitable<Result<HttpResponse>> send_through(std::shared_ptr<Pool> pool, HttpRequest request);
  static net::awaitable<Result<HttpStream>> open_through(std::shared_ptr<Pool> pool, HttpRequest request);
  std::shared_ptr<Pool> pool_;
};

}  // namespace sluice::kube
