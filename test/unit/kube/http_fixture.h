// What the HTTP tests share: a loop with an end, and a server that says exactly what it is told to.
#pragma once

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "kube/http/certificate.h"
#include "kube/http/client.h"
#include "kube/http/server.h"

namespace sluice::kube {

// Runs `work` on `io` until it ends; other tasks of the loop may go on for ever.
template <class T>
T run_on(net::io_context& io, net::awaitable<T> work) {
  std::exception_ptr failure;
  std::optional<T> value;
  bool ended = false;
  net::co_spawn(io, std::move(work), [&](std::exception_ptr error, T result) {
    failure = error;
    if (!error) value.emplace(std::move(result));
    ended = true;
  });
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  io.restart();
  while (!ended && std::chrono::steady_clock::now() < end) {
    if (io.run_one_until(end) == 0) break;
  }
  if (failure) std::rethrow_exception(failure);
  if (!value) throw std::logic_error("the coroutine did not end");
  return std::move(*value);
}

inline net::awaitable<bool> answer_true(net::awaitable<void> work) {
  co_await std::move(work);
  co_return true;
}

inline void run_on(net::io_context& io, net::awaitable<void> work) { run_on(io, answer_true(std::move(work))); }

// What the scripted server does with one connection: for each request head it reads it sends the next reply. After the
// last it closes, or stays silent until the client closes.
struct Script {
  std::vector<std::string> replies;
  bool stays = false;
};

// Accepts one connection per script, in order, and no more.
class ScriptedServer {
 public:
  ScriptedServer(net::io_context& io, std::vector<Script> scripts)
      : stage_(std::make_shared<Stage>(io, std::move(scripts))) {
    net::co_spawn(io, accept_all(stage_), [](std::exception_ptr) {});
  }
  ~ScriptedServer() { stage_->acceptor.close(); }
  std::string url(const std::string& target = "/") const {
    return "http://127.0.0.1:" + std::to_string(stage_->acceptor.local_endpoint().port()) + target;
  }
  const std::vector<std::string>& heads() const { return stage_->heads; }  // of all requests so far
  std::size_t accepted() const { return stage_->accepted; }

 private:
  // Shared with the coroutines, which may run a little longer than the server lives.
  struct Stage {
    Stage(net::io_context& io, std::vector<Script> given)
        : acceptor(io, {net::ip::make_address("127.0.0.1"), 0}), scripts(std::move(given)) {}
    net::ip::tcp::acceptor acceptor;
    std::vector<Script> scripts;
    std::vector<std::string> heads;
    std::size_t accepted = 0;
  };

  static net::awaitable<void> accept_all(std::shared_ptr<Stage> stage) {
    for (std::size_t next = 0; next < stage->scripts.size(); ++next) {
      net::ip::tcp::socket socket = co_await stage->acceptor.async_accept(net::use_awaitable);
      ++stage->accepted;
      net::co_spawn(stage->acceptor.get_executor(), play(stage, std::move(socket), stage->scripts[next]),
                    [](std::exception_ptr) {});
    }
  }

  static net::awaitable<void> play(std::shared_ptr<Stage> stage, net::ip::tcp::socket socket, Script script) {
    std::string unread;
    for (const std::string& reply : script.replies) {
      const std::size_t size =
          co_await net::async_read_until(socket, net::dynamic_buffer(unread), "\r\n\r\n", net::use_awaitable);
      stage->heads.push_back(unread.substr(0, size));
      unread.erase(0, size);
      co_await net::async_write(socket, net::buffer(reply), net::use_awaitable);
    }
    boost::system::error_code closed;
    if (script.stays)
      co_await net::async_read_until(socket, net::dynamic_buffer(unread), "never sent",
                                     net::redirect_error(net::use_awaitable, closed));
  }

  std::shared_ptr<Stage> stage_;
};

inline std::string reply(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

inline Time days_from_now(int days) {
  const auto now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  return now + std::chrono::hours(24 * days);
}

// An authority and a certificate of it for loopback.
struct TestCertificates {
  explicit TestCertificates(int first_day = -1, int last_day = 1) {
    CertificateRequest request{"test authority", {}, {}, days_from_now(-2), days_from_now(2)};
    authority = make_authority(request).value();
    CertificateRequest server{
        "server", {}, {"localhost", "127.0.0.1"}, days_from_now(first_day), days_from_now(last_day)};
    certificate = make_certificate(authority, server).value();
  }
  TlsServerOptions server() const { return {certificate.certificate_pem, certificate.key_pem, ""}; }
  Certificate authority;
  Certificate certificate;
};

inline HttpRequest get(std::string url) {
  HttpRequest request;
  request.url = std::move(url);
  return request;
}

}  // namespace sluice::kube
