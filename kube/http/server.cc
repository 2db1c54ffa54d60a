// Accepts connections and keeps the list of those that are open.
#include "kube/http/server.h"

#include <fcntl.h>
#include <list>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include "kube/http/session.h"
#include "kube/http/socket.h"

namespace sluice::kube {

using boost::system::error_code;
using net::ip::tcp;

class HttpServer::Core : public std::enable_shared_from_this<HttpServer::Core> {
 public:
  Core(net::any_io_executor executor, HttpServerOptions options, HttpHandler handler)
      : executor_(executor),
        options_(std::move(options)),
        handler_(std::move(handler)),
        acceptor_(executor),
        changed_(executor, net::steady_timer::time_point::max()) {}

  Result<> start();
  std::uint16_t port() const {
    error_code error;
    return acceptor_.is_open() ? acceptor_.local_endpoint(error).port() : std::uint16_t{0};
  }
  std::size_t connections() const { return sessions_.size(); }
  static net::awaitable<void> stop(std::shared_ptr<Core> self, Duration grace);
  void stop_now();

 private:
  static net::awaitable<void> accept_all(std::shared_ptr<Core> self);
  net::awaitable<void> session_ends();
  net::awaitable<void> pause();
  void begin(tcp::socket socket);
  void close_listener();
  void abort_all();
  Error refused(Fault fault, std::string_view why) const {
    return {fault, fmt::format("cannot listen on {} port {}: {}", options_.address, options_.port, why)};
  }

  net::any_io_executor executor_;
  HttpServerOptions options_;
  HttpHandler handler_;
  tcp::acceptor acceptor_;
  std::shared_ptr<TlsContext> context_;
  std::list<std::shared_ptr<HttpSession>> sessions_;
  net::steady_timer changed_;  // cancelled when a session ends, to wake who waits for that
};

Result<> HttpServer::Core::start() {
  error_code error;
  const net::ip::address address = net::ip::make_address(options_.address, error);
  if (error) return refused(Fault::invalid, "that is not a numeric IP address");
  if (options_.tls) {
    auto context = make_server_context(*options_.tls);
    if (!context) return refused(Fault::invalid, context.error().message);
    context_ = std::move(*context);
  }
  const tcp::endpoint endpoint(address, options_.port);
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(tcp::acceptor::max_listen_connections, error);
  if (error) {
    close_listener();
    return refused(Fault::unavailable, error.message());
  }
  ::fcntl(acceptor_.native_handle(), F_SETFD, FD_CLOEXEC);
  net::co_spawn(executor_, accept_all(shared_from_this()), [](const std::exception_ptr&) {});
  return {};
}

net::awaitable<void> HttpServer::Core::accept_all(std::shared_ptr<Core> self) {
  while (self->acceptor_.is_open()) {
    if (self->sessions_.size() >= self->options_.connections) {
      co_await self->session_ends();
      continue;
    }
    error_code error;
    tcp::socket socket = co_await self->acceptor_.async_accept(net::redirect_error(net::use_awaitable, error));
    if (!self->acceptor_.is_open()) co_return;
    if (!error) self->begin(std::move(socket));
    if (error && error != net::error::connection_aborted) co_await self->pause();
  }
}

// After a failed accept, most likely for want of file descriptors: time may make room.
net::awaitable<void> HttpServer::Core::pause() {
  net::steady_timer timer(executor_, std::chrono::milliseconds(100));
  co_await timer.async_wait(net::use_awaitable);
}

void HttpServer::Core::begin(tcp::socket socket) {
  prepare(socket);
  error_code error;
  const tcp::endpoint peer = socket.remote_endpoint(error);
  const std::string address = peer.address().to_string();
  std::string name = peer.address().is_v6() ? fmt::format("[{}]:{}", address, peer.port())
                                            : fmt::format("{}:{}", address, peer.port());
  auto session = std::make_shared<HttpSession>(options_, handler_, std::move(name));
  const auto at = sessions_.insert(sessions_.end(), session);
  const net::cancellation_slot slot = session->slot();
  // The handler of the end keeps this object, and with it the options and the handler, until the session is over.
  auto ended = [self = shared_from_this(), at](const std::exception_ptr&) {
    self->sessions_.erase(at);
    self->changed_.cancel();
  };
  net::co_spawn(executor_, session->serve(std::move(socket), context_),
                net::bind_cancellation_slot(slot, std::move(ended)));
}

net::awaitable<void> HttpServer::Core::session_ends() {
  error_code ignored;
  co_await changed_.async_wait(net::redirect_error(net::use_awaitable, ignored));
}

void HttpServer::Core::close_listener() {
  error_code ignored;
  acceptor_.close(ignored);
  changed_.cancel();
}

net::awaitable<void> HttpServer::Core::stop(std::shared_ptr<Core> self, Duration grace) {
  self->close_listener();
  for (const auto& session : self->sessions_) session->finish();
  net::steady_timer patience(self->executor_, grace);
  patience.async_wait([self](const error_code& error) {
    if (!error) self->abort_all();
  });
  while (!self->sessions_.empty()) co_await self->session_ends();
}

void HttpServer::Core::stop_now() {
  close_listener();
  abort_all();
}

void HttpServer::Core::abort_all() {
  for (const auto& session : sessions_) session->abort();
}

HttpServer::HttpServer(net::any_io_executor executor, HttpServerOptions options, HttpHandler handler)
    : core_(std::make_shared<Core>(std::move(executor), std::move(options), std::move(handler))) {}

HttpServer::~HttpServer() { core_->stop_now(); }

Result<> HttpServer::start() { return core_->start(); }
std::uint16_t HttpServer::port() const { return core_->port(); }
net::awaitable<void> HttpServer::stop(Duration grace) { return Core::stop(core_, grace); }
void HttpServer::stop_now() { core_->stop_now(); }
std::size_t HttpServer::connections() const { return core_->connections(); }

}  // namespace sluice::kube
