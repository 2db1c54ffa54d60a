// One connection of the HTTP server: its requests one after another, and the answers on their way.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include "kube/http/byte_stream.h"
#include "kube/http/reader.h"
#include "kube/http/server.h"

namespace sluice::kube {

// Runs in one coroutine, serve(). While a streamed answer is under way a second one listens for the client's end and
// cancels the first. Shared by both and by the server's list.
class HttpSession final : public HttpResponder, public std::enable_shared_from_this<HttpSession> {
 public:
  HttpSession(const HttpServerOptions& options, const HttpHandler& handler, std::string peer)
      : options_(options), handler_(handler), peer_(std::move(peer)) {}

  // Takes a connected socket through all its requests; ends when the connection does.
  net::awaitable<void> serve(net::ip::tcp::socket socket, std::shared_ptr<TlsContext> context);

  // The current request is the last; an idle connection is closed at once.
  void finish();
  // Closes the connection and cancels the handler.
  void abort();
  // The slot of the coroutine that runs serve().
  net::cancellation_slot slot() { return cancellation_.slot(); }

  net::awaitable<void> send(HttpServerResponse response) override;
  net::awaitable<void> start(HttpServerResponse head) override;
  net::awaitable<bool> write(std::string piece) override;
  bool is_gone() const override { return gone_; }

 private:
  enum class Answer { none, whole, streamed };

  net::awaitable<bool> open(net::ip::tcp::socket socket, std::shared_ptr<TlsContext> context);
  net::awaitable<void> serve_requests();
  net::awaitable<bool> serve_request();
  net::awaitable<bool> read_request();
  net::awaitable<void> run_handler();
  net::awaitable<void> refuse(unsigned status, std::string why);
  net::awaitable<void> listen_for_end();
  net::awaitable<void> put(std::string text);
  std::string head_of(const HttpServerResponse& response) const;
  bool closes_after() const;

  const HttpServerOptions& options_;
  const HttpHandler& handler_;
  std::string peer_;
  net::cancellation_signal cancellation_;
  std::unique_ptr<ByteStream> stream_;
  std::unique_ptr<HttpReader> reader_;
  std::optional<TlsPeer> client_;
  Answer answer_ = Answer::none;  // to the current request
  bool head_only_ = false;        // the request is HEAD
  bool chunked_ = true;
  bool keep_ = true;   // the client lets the connection be used again
  bool busy_ = false;  // a request is being read or answered
  bool last_ = false;  // finish() was called
  bool gone_ = false;  // the client is away or cannot be written to
};

}  // namespace sluice::kube
