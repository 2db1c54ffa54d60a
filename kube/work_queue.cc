// Handing out keys, and waiting for them.
#include "kube/work_queue.h"

#include <algorithm>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace sluice::kube {

// An idle worker; its timer never fires by itself and is cancelled to wake it.
struct WorkQueue::Waiter {
  explicit Waiter(const net::any_io_executor& executor) : timer(executor, net::steady_timer::time_point::max()) {}
  net::awaitable<void> woken() {
    boost::system::error_code error;
    while (!is_woken) co_await timer.async_wait(net::redirect_error(net::use_awaitable, error));
  }
  net::steady_timer timer;
  bool is_woken = false;
};

// A waiter's place in the queue, for as long as it waits.
struct WorkQueue::Waiting {
  Waiting(WorkQueue& queue_of, Waiter& waiter_of) : queue(queue_of), waiter(waiter_of) {
    queue.waiters_.push_back(&waiter);
    if (!queue.timekeeper_ && !queue.due_.empty()) queue.timekeeper_ = &waiter;
  }
  ~Waiting() {
    queue.waiters_.remove(&waiter);
    const bool kept_time = queue.timekeeper_ == &waiter;
    if (kept_time) queue.timekeeper_ = nullptr;
    // A worker that was stopped after it had been woken leaves its errand to another one.
    if (!is_over && (waiter.is_woken || kept_time)) queue.wake_one();
  }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

  WorkQueue& queue;
  Waiter& waiter;
  bool is_over = false;
};

void WorkQueue::add(const ObjectKey& key) {
  if (worked_on_.contains(key))
    again_.insert(key);
  else
    make_ready(key);
}

void WorkQueue::add_at(const ObjectKey& key, Time due) {
  if (due <= clock_.now()) {
    add(key);
    return;
  }
  const auto [known, is_new] = due_of_.emplace(key, due);
  if (!is_new) {
    if (known->second <= due) return;
    due_.erase({known->second, key});
    known->second = due;
  }
  due_.emplace(due, key);
  if (due_.begin()->second != key) return;
  // It is the earliest of all now, so whoever keeps the time has to look again.
  if (timekeeper_) {
    waiters_.remove(timekeeper_);
    timekeeper_->is_woken = true;
    timekeeper_->timer.cancel();
  } else {
    wake_one();
  }
}

net::awaitable<ObjectKey> WorkQueue::next() {
  for (;;) {
    make_due_ready();
    if (!ready_.empty()) break;
    co_await wait();
  }
  ObjectKey key = std::move(ready_.front());
  ready_.pop_front();
  is_ready_.erase(key);
  worked_on_.insert(key);
  if (!due_.empty() && !timekeeper_) wake_one();
  co_return key;
}

void WorkQueue::done(const ObjectKey& key) {
  worked_on_.erase(key);
  if (again_.erase(key) > 0) make_ready(key);
}

void WorkQueue::failed(const ObjectKey& key) {
  const int count = ++failures_[key];
  add_at(key, clock_.now() + backoff_after(count, retries_));
}

int WorkQueue::failures(const ObjectKey& key) const {
  const auto at = failures_.find(key);
  return at == failures_.end() ? 0 : at->second;
}

net::awaitable<void> WorkQueue::wait() {
  using namespace net::experimental::awaitable_operators;
  Waiter waiter(co_await net::this_coro::executor);
  Waiting waiting(*this, waiter);
  if (timekeeper_ == &waiter) {
    const Time due = due_.begin()->first;
    co_await (waiter.woken() || clock_.sleep_until(due));
  } else {
    co_await waiter.woken();
  }
  waiting.is_over = true;
}

void WorkQueue::make_ready(const ObjectKey& key) {
  if (!is_ready_.insert(key).second) return;
  ready_.push_back(key);
  wake_one();
}

void WorkQueue::make_due_ready() {
  const Time now = clock_.now();
  while (!due_.empty() && due_.begin()->first <= now) {
    const ObjectKey key = due_.begin()->second;
    due_.erase(due_.begin());
    due_of_.erase(key);
    add(key);
  }
}

void WorkQueue::wake_one() {
  if (waiters_.empty()) return;
  Waiter* waiter = waiters_.front();
  waiters_.pop_front();
  waiter->is_woken = true;
  waiter->timer.cancel();
}

}  // namespace sluice::kube
