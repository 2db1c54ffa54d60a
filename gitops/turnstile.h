// Lets one task at a time through, in the order of arrival.
#pragma once

#include <list>
#include <memory>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace sluice::gitops {

namespace net = boost::asio;

// Single thread. `permits` tasks may be inside together. It outlives the tasks that pass.
class Turnstile {
 public:
  explicit Turnstile(int permits) : free_(permits) {}
  Turnstile(const Turnstile&) = delete;
  Turnstile& operator=(const Turnstile&) = delete;

  // Lets the next task in when it dies.
  class Pass {
   public:
    explicit Pass(Turnstile& of) : of_(&of) {}
    Pass(Pass&& other) noexcept : of_(std::exchange(other.of_, nullptr)) {}
    Pass& operator=(Pass&&) = delete;
    ~Pass() {
      if (of_) of_->leave();
    }

   private:
    Turnstile* of_;
  };

  net::awaitable<Pass> enter() {
    if (free_ > 0) {
      --free_;
      co_return Pass(*this);
    }
    const auto waiting = std::make_shared<Waiting>(co_await net::this_coro::executor);
    const auto place = queue_.insert(queue_.end(), waiting);
    boost::system::error_code ended;
    try {
      co_await waiting->timer.async_wait(net::use_awaitable);
    } catch (const boost::system::system_error& error) {
      ended = error.code();
    }
    if (waiting->called) co_return Pass(*this);
    queue_.erase(place);
    throw boost::system::system_error(ended);  // the task was cancelled while it waited
  }

 private:
  struct Waiting {
    explicit Waiting(net::any_io_executor executor)
        : timer(std::move(executor), net::steady_timer::time_point::max()) {}
    net::steady_timer timer;
    bool called = false;
  };

  void leave() {
    if (queue_.empty()) {
      ++free_;
      return;
    }
    const auto next = queue_.front();
    queue_.pop_front();
    next->called = true;
    next->timer.cancel();
  }

  int free_;
  std::list<std::shared_ptr<Waiting>> queue_;
};

}  // namespace sluice::gitops
