// The only place that knows what time it is.
#pragma once

#include <map>
#include <memory>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "kube/time.h"

namespace sluice::kube {

namespace net = boost::asio;

// Tells the time and waits for it. Deciding code gets a Time as a parameter and never sees a clock.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time now() const = 0;
  // Resumes at or after `due`; at once when it has passed. Throws operation_aborted when the waiting task is cancelled.
  virtual net::awaitable<void> sleep_until(Time due) = 0;
  // The same for a length of time, which no correction of the clock changes.
  virtual net::awaitable<void> sleep_for(Duration length) { return sleep_until(now() + length); }
  // Time since some fixed moment. Never jumps when the clock is corrected, and goes on while the machine sleeps.
  virtual Duration elapsed() const { return now().time_since_epoch(); }
};

// The operating system's clock.
class RealClock final : public Clock {
 public:
  Time now() const override;
  net::awaitable<void> sleep_until(Time due) override;
  net::awaitable<void> sleep_for(Duration length) override;
  Duration elapsed() const override;
};

// A clock that stands still until it is moved. It and all tasks that wait on it belong to one io_context on one thread.
class VirtualClock final : public Clock {
 public:
  // 2026-01-01T00:00:00Z unless said otherwise. `io` outlives the clock; tasks that still sleep at the clock's end are
  // never woken and end with `io`.
  explicit VirtualClock(net::io_context& io, Time start = Time{std::chrono::seconds{1767225600}});
  Time now() const override { return now_; }
  net::awaitable<void> sleep_until(Time due) override;

  // Runs every task until all of them wait, moves the time to the earliest sleeper, and so on until `end`.
  // Afterwards now() == end and every task that could run has run.
  void run_until(Time end);
  void run_for(Duration length) { run_until(now_ + length); }
  // The same until `done` answers true; false when `end` came first. `done` is asked whenever all tasks wait.
  template <class Predicate>
  bool run_until(Predicate done, Time end);
  // Runs what can run without the time passing.
  void settle();

 private:
  struct Sleeper;
  bool advance_towards(Time end);  // moves to the next sleeper; false when there is none up to `end`

  net::io_context& io_;
  Time now_;
  using Sleepers = std::multimap<Time, Sleeper*>;
  std::shared_ptr<Sleepers> sleepers_ = std::make_shared<Sleepers>();  // shared with the sleeping tasks
};

template <class Predicate>
bool VirtualClock::run_until(Predicate done, Time end) {
  for (;;) {
    settle();
    if (done()) return true;
    if (!advance_towards(end)) break;
  }
  run_until(end);
  return done();
}

}  // namespace sluice::kube
