// An API server whose answers a test writes down, and a loop on virtual time to ask it.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "kube/clock.h"
#include "kube/log.h"
#include "kube/transport.h"

namespace sluice::kube::test {

// What a test pushes into a stream, and what the stream's reader takes out.
struct Script {
  std::deque<Result<std::optional<std::string>>> lines;
  net::steady_timer* waiting = nullptr;
  bool is_open = true;  // false once the reader has closed the stream

  void push(Result<std::optional<std::string>> line) {
    lines.push_back(std::move(line));
    if (waiting) waiting->cancel();
  }
  void line(std::string text) { push(std::optional<std::string>(std::move(text))); }
  void end() { push(std::optional<std::string>()); }
  void fail(Fault fault, std::string message) { push(Error{fault, std::move(message)}); }
};

class ScriptedStream final : public LineStream {
 public:
  explicit ScriptedStream(std::shared_ptr<Script> script) : script_(std::move(script)) {}
  ~ScriptedStream() override { script_->is_open = false; }
  net::awaitable<Result<std::optional<std::string>>> next() override {
    net::steady_timer timer(co_await net::this_coro::executor, net::steady_timer::time_point::max());
    while (script_->lines.empty()) {
      script_->waiting = &timer;
      struct Reset {
        Script& script;
        ~Reset() { script.waiting = nullptr; }
      };
      const Reset reset{*script_};
      boost::system::error_code error;
      co_await timer.async_wait(net::redirect_error(net::use_awaitable, error));
    }
    Result<std::optional<std::string>> line = std::move(script_->lines.front());
    script_->lines.pop_front();
    co_return line;
  }

 private:
  std::shared_ptr<Script> script_;
};

class ScriptedTransport final : public Transport {
 public:
  std::function<Result<ApiResponse>(const ApiRequest&)> on_send;
  std::function<Result<ApiStream>(const ApiRequest&)> on_open;
  std::vector<ApiRequest> sent;
  std::vector<ApiRequest> opened;

  net::awaitable<Result<ApiResponse>> send(ApiRequest request) override {
    co_await net::post(co_await net::this_coro::executor, net::use_awaitable);
    sent.push_back(request);
    co_return on_send(request);
  }
  net::awaitable<Result<ApiStream>> open(ApiRequest request) override {
    co_await net::post(co_await net::this_coro::executor, net::use_awaitable);
    opened.push_back(request);
    co_return on_open(request);
  }
};

inline ApiResponse answer(unsigned status, std::string body) {
  ApiResponse response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

// A refusal as the API server writes it.
inline ApiResponse refusal(unsigned code, std::string reason, std::string message) {
  return answer(code, R"({"kind":"Status","apiVersion":"v1","status":"Failure","message":")" + message +
                          R"(","reason":")" + reason + R"(","code":)" + std::to_string(code) + "}");
}

inline ApiStream stream_of(std::shared_ptr<Script> script) {
  ApiStream stream;
  stream.head.status = 200;
  stream.lines = std::make_unique<ScriptedStream>(std::move(script));
  return stream;
}

// One thread's world: a loop, a clock that stands still, and the log lines.
struct Loop {
  net::io_context io{1};
  VirtualClock clock{io};
  std::vector<std::string> lines;
  Log log{LogLevel::debug, LogFormat::text, [this] { return clock.now(); },
          [this](std::string_view line) { lines.emplace_back(line); }};

  // Runs a task to its end, letting virtual time pass up to `limit`; throws when it did not come to its end.
  template <class T>
  T run(net::awaitable<T> work, Duration limit = std::chrono::hours(1)) {
    std::exception_ptr error;
    std::optional<T> value;
    net::co_spawn(io, std::move(work), [&](std::exception_ptr e, T v) {
      error = e;
      if (!e) value.emplace(std::move(v));
    });
    clock.run_until([&] { return error || value; }, clock.now() + limit);
    if (error) std::rethrow_exception(error);
    if (!value) throw std::logic_error("the task never completed");
    return std::move(*value);
  }
};

}  // namespace sluice::kube::test
