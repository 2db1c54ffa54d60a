// An HTTP/1.1 server, plain or TLS: requests go to one handler, answers are whole or streamed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "kube/http/message.h"
#include "kube/http/tls.h"
#include "kube/result.h"
#include "kube/time.h"

namespace sluice::kube {

namespace net = boost::asio;

struct HttpServerRequest {
  std::string method;
  std::string target;  // path and query as sent
  HttpHeaders headers;
  std::string body;
  std::string peer;               // "127.0.0.1:40312"
  std::optional<TlsPeer> client;  // set when the client showed a certificate of the client CA
};

struct HttpServerResponse {
  unsigned status = 200;
  std::string content_type = "application/json";  // "" for none
  std::string body;
  HttpHeaders headers;  // besides Content-Type, Content-Length and Connection, which the server adds
};

// The way back to one client, valid until the handler ends. A handler answers by one send(), or by one start() and any
// number of write(); one that ends without an answer, or throws, is answered with 500. After start(), the handler is
// cancelled when the client goes away: its pending co_await throws operation_aborted.
class HttpResponder {
 public:
  virtual ~HttpResponder() = default;
  virtual net::awaitable<void> send(HttpServerResponse response) = 0;
  // Sends the head of a streamed response; the body of `head` is its first piece.
  virtual net::awaitable<void> start(HttpServerResponse head) = 0;
  // Sends one piece at once; false when the client is gone or took nothing for the write deadline.
  virtual net::awaitable<bool> write(std::string piece) = 0;
  // True once the client is known to be gone.
  virtual bool is_gone() const = 0;
};

using HttpHandler = std::function<net::awaitable<void>(HttpServerRequest request, HttpResponder& responder)>;

struct HttpServerOptions {
  std::string address = "127.0.0.1";        // numeric; "0.0.0.0" or "::" for all
  std::uint16_t port = 0;                   // 0 for any free one
  std::optional<TlsServerOptions> tls;      // plain HTTP without
  std::size_t header_limit = 64 << 10;      // bytes
  std::size_t body_limit = 16 << 20;        // bytes; more is answered with 413
  std::size_t connections = 4096;           // more wait in the backlog
  Duration keep_idle = seconds{120};        // between two requests of a connection
  Duration request_deadline = seconds{30};  // TLS handshake; from the first byte of a request to its last
  Duration write_deadline = seconds{30};    // for one send() or write()
};

// Listens on one address. Runs on the executor's single thread; the handler and all it refers to outlive the server.
class HttpServer {
 public:
  HttpServer(net::any_io_executor executor, HttpServerOptions options, HttpHandler handler);
  // Like stop_now().
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Binds and begins to accept. Fault::unavailable when the address is taken, Fault::invalid for a bad address or PEM;
  // the message names the address.
  Result<> start();
  // The port it listens on, 0 before start().
  std::uint16_t port() const;
  // Takes no more requests and closes idle connections at once; those under way may take `grace`, streams included,
  // then they are cancelled. Returns when no handler runs any more.
  net::awaitable<void> stop(Duration grace);
  // Closes everything. Handlers are cancelled and end when the io_context runs on.
  void stop_now();
  std::size_t connections() const;

 private:
  class Core;
  std::shared_ptr<Core> core_;
};

}  // namespace sluice::kube
