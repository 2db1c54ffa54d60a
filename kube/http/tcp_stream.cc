// TCP: finding an address, connecting, and the plain stream.
#include <cerrno>
#include <fcntl.h>
#include <optional>
#include <sys/socket.h>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/url/grammar/ci_string.hpp>
#include <fmt/format.h>

#include "kube/http/byte_stream.h"
#include "kube/http/socket.h"
#include "kube/http/watchdog.h"

namespace sluice::kube {

using net::ip::tcp;

bool is_dead(tcp::socket& socket) {
  if (!socket.is_open()) return true;
  char byte = 0;
  const auto got = ::recv(socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

static void close_on_exec(tcp::socket& socket) {
  const int flags = ::fcntl(socket.native_handle(), F_GETFD);
  if (flags >= 0) ::fcntl(socket.native_handle(), F_SETFD, flags | FD_CLOEXEC);
}

void prepare(tcp::socket& socket) {
  boost::system::error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  close_on_exec(socket);
}

namespace {

class PlainStream final : public ByteStream {
 public:
  explicit PlainStream(tcp::socket socket) : socket_(std::move(socket)), watchdog_(socket_) {}

  net::awaitable<Result<std::size_t>> read_some(char* to, std::size_t size, Deadline deadline) override {
    const Watchdog::Guard guard(watchdog_, Watchdog::reading, deadline);
    boost::system::error_code error;
    const std::size_t got =
        co_await socket_.async_read_some(net::buffer(to, size), net::redirect_error(net::use_awaitable, error));
    if (error && error != net::error::eof) co_return watchdog_.error_of(error);
    co_return got;
  }

  net::awaitable<Result<>> write(std::string_view bytes, Deadline deadline) override {
    const Watchdog::Guard guard(watchdog_, Watchdog::writing, deadline);
    boost::system::error_code error;
    co_await net::async_write(socket_, net::buffer(bytes.data(), bytes.size()),
                              net::redirect_error(net::use_awaitable, error));
    if (error) co_return watchdog_.error_of(error);
    co_return Result<>{};
  }

  void close() override {
    boost::system::error_code ignored;
    socket_.close(ignored);
  }
  void finish_writing() override {
    boost::system::error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
  }
  bool is_dead() override { return kube::is_dead(socket_); }
  void rest() override { watchdog_.rest(); }

 private:
  tcp::socket socket_;
  Watchdog watchdog_;
};

// A look-up that may be abandoned: the resolver's thread cannot be interrupted.
struct LookUp {
  explicit LookUp(const net::any_io_executor& executor) : resolver(executor), done(executor) {}
  tcp::resolver resolver;
  net::steady_timer done;
  boost::system::error_code error = net::error::timed_out;
  std::vector<tcp::endpoint> endpoints;
};

// RFC 6761, 6.3: such a name is this machine, whatever is written in /etc/hosts, and no name server is asked.
bool is_local_name(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  const std::size_t dot = host.rfind('.');
  return boost::urls::grammar::ci_is_equal(dot == std::string_view::npos ? host : host.substr(dot + 1),
                                           std::string_view("localhost"));
}

net::awaitable<Result<std::vector<tcp::endpoint>>> find_addresses(std::string host, std::uint16_t port,
                                                                  Deadline deadline) {
  boost::system::error_code error;
  const net::ip::address address = net::ip::make_address(host, error);
  if (!error) co_return std::vector<tcp::endpoint>{tcp::endpoint(address, port)};
  if (is_local_name(host))
    co_return std::vector<tcp::endpoint>{tcp::endpoint(net::ip::address_v4::loopback(), port),
                                         tcp::endpoint(net::ip::address_v6::loopback(), port)};

  auto look_up = std::make_shared<LookUp>(co_await net::this_coro::executor);
  look_up->done.expires_at(deadline);
  look_up->resolver.async_resolve(
      host, std::to_string(port),
      [look_up](const boost::system::error_code& failed, tcp::resolver::results_type found) {
        look_up->error = failed;
        for (const auto& entry : found) look_up->endpoints.push_back(entry.endpoint());
        look_up->done.cancel();
      });
  co_await look_up->done.async_wait(net::redirect_error(net::use_awaitable, error));
  if (look_up->error == net::error::timed_out && look_up->endpoints.empty())
    co_return Error{Fault::timeout, "the name was not found in time"};
  if (look_up->error == net::error::host_not_found || look_up->error == net::error::no_data)
    co_return Error{Fault::unavailable, fmt::format("no such host: {}", host)};
  if (look_up->error)
    co_return Error{Fault::unavailable, fmt::format("cannot look up {}: {}", host, look_up->error.message())};
  co_return std::move(look_up->endpoints);
}

// The end of the first of `parts` equal parts of the time left.
Deadline share_of(Deadline deadline, std::size_t parts) {
  if (deadline == no_deadline) return no_deadline;
  const auto left = std::chrono::duration_cast<Duration>(deadline - std::chrono::steady_clock::now());
  return deadline_after(left / static_cast<Duration::rep>(parts));
}

}  // namespace

// The first objection to one of the addresses.
static std::optional<std::string> objection(const AddressCheck& check, const std::string& host, std::uint16_t port,
                                            const std::vector<tcp::endpoint>& endpoints) {
  if (!check) return std::nullopt;
  for (const tcp::endpoint& endpoint : endpoints)
    if (auto refused = check(host, endpoint.address().to_string(), port)) return refused;
  return std::nullopt;
}

net::awaitable<Result<tcp::socket>> connect_tcp(std::string host, std::uint16_t port, Deadline deadline,
                                                AddressCheck check) {
  auto found = co_await find_addresses(host, port, deadline);
  if (!found) co_return found.error();
  if (auto refused = objection(check, host, port, *found)) co_return Error{Fault::forbidden, std::move(*refused)};
  const net::any_io_executor executor = co_await net::this_coro::executor;
  Error last{Fault::unavailable, "the name has no address"};
  for (std::size_t at = 0; at < found->size(); ++at) {
    const Deadline share = share_of(deadline, found->size() - at);
    tcp::socket socket(executor);
    boost::system::error_code error;
    {
      Watchdog watchdog(socket);
      const Watchdog::Guard guard(watchdog, Watchdog::writing, share);
      co_await socket.async_connect((*found)[at], net::redirect_error(net::use_awaitable, error));
      if (error) last = watchdog.error_of(error);
    }
    if (!error) {
      prepare(socket);
      co_return std::move(socket);
    }
    if (last.fault == Fault::timeout) last.message = "the connection was not accepted in time";
    if (last.fault == Fault::cancelled) break;
  }
  co_return last;
}

std::unique_ptr<ByteStream> make_plain_stream(tcp::socket socket) {
  return std::make_unique<PlainStream>(std::move(socket));
}

}  // namespace sluice::kube
