// The real and the virtual clock.
#include "kube/clock.h"

#include <ctime>

#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace sluice::kube {

Time RealClock::now() const {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

// The wall clock may jump, so a long wait is cut into pieces and compared anew after each.
net::awaitable<void> RealClock::sleep_until(Time due) {
  net::steady_timer timer(co_await net::this_coro::executor);
  for (Duration left = due - now(); left > Duration::zero(); left = due - now()) {
    timer.expires_after(std::min<Duration>(left, std::chrono::minutes(1)));
    co_await timer.async_wait(net::use_awaitable);
  }
}

net::awaitable<void> RealClock::sleep_for(Duration length) {
  net::steady_timer timer(co_await net::this_coro::executor, length);
  co_await timer.async_wait(net::use_awaitable);
}

Duration RealClock::elapsed() const {
  timespec time{};
  clock_gettime(CLOCK_BOOTTIME, &time);
  return std::chrono::seconds(time.tv_sec) +
         std::chrono::duration_cast<Duration>(std::chrono::nanoseconds(time.tv_nsec));
}

// A sleeping task: it waits on a timer that never fires by itself and is cancelled to wake it.
struct VirtualClock::Sleeper {
  explicit Sleeper(const net::any_io_executor& executor) : timer(executor, net::steady_timer::time_point::max()) {}
  net::steady_timer timer;
  bool due = false;
};

VirtualClock::VirtualClock(net::io_context& io, Time start) : io_(io), now_(start) {}

net::awaitable<void> VirtualClock::sleep_until(Time due) {
  if (due <= now_) co_return;
  Sleeper sleeper(co_await net::this_coro::executor);
  struct Entry {
    std::shared_ptr<Sleepers> all;
    Sleepers::iterator at;
    ~Entry() { all->erase(at); }
  };
  const Entry entry{sleepers_, sleepers_->emplace(due, &sleeper)};
  boost::system::error_code error;
  while (!sleeper.due) {
    co_await sleeper.timer.async_wait(net::redirect_error(net::use_awaitable, error));
    if (!sleeper.due && error) throw boost::system::system_error(net::error::operation_aborted);
  }
}

void VirtualClock::settle() {
  io_.restart();
  while (io_.poll() > 0) io_.restart();
}

bool VirtualClock::advance_towards(Time end) {
  if (sleepers_->empty() || sleepers_->begin()->first > end) return false;
  now_ = std::max(now_, sleepers_->begin()->first);
  for (auto at = sleepers_->begin(); at != sleepers_->end() && at->first <= now_; ++at) {
    at->second->due = true;
    at->second->timer.cancel();
  }
  return true;
}

void VirtualClock::run_until(Time end) {
  settle();
  while (advance_towards(end)) settle();
  now_ = std::max(now_, end);
}

}  // namespace sluice::kube
