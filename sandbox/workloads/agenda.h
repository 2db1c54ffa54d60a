// What the behaviours have to look at next: now in the order of asking, later in the order of time.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "kube/clock.h"
#include "kube/log.h"
#include "sandbox/workloads/behaviour.h"

namespace sluice::sandbox {

namespace net = boost::asio;

// Runs one reconcile at a time from the event loop, never inside a listener. One thread. The behaviours, the clock and
// the log outlive it; coroutines that still sleep when it is destroyed do nothing when they wake.
class Agenda {
 public:
  Agenda(kube::Clock& clock, net::any_io_executor executor, const kube::Log& log);
  ~Agenda();
  Agenda(const Agenda&) = delete;
  Agenda& operator=(const Agenda&) = delete;

  // Behind everything that waits already; a name that waits already keeps its place.
  void soon(Behaviour& who, kube::ObjectKey key);
  // At or after `due`. Several times for one name are all kept; equal ones count once.
  void at(kube::Time due, Behaviour& who, kube::ObjectKey key);
  // After `delay` from now, unless the name waits for such a delay already: changes that come close together are
  // answered once, and none waits longer than the delay. No delay means soon.
  void within(kube::Duration delay, Behaviour& who, kube::ObjectKey key);

  kube::Clock& clock() { return clock_; }

 private:
  using Task = std::pair<Behaviour*, kube::ObjectKey>;
  struct Life {
    Agenda* agenda;
  };

  void keep_running();
  void run_one();
  void take_due();
  void watch_the_clock();
  static net::awaitable<void> wake_at(std::shared_ptr<Life> life, kube::Time due);

  kube::Clock& clock_;
  net::any_io_executor executor_;
  const kube::Log& log_;
  std::shared_ptr<Life> life_;
  std::deque<Task> waiting_;
  std::map<Behaviour*, std::set<kube::ObjectKey>> in_line_;
  std::map<std::pair<kube::Time, std::uint64_t>, Task> alarms_;
  std::map<Behaviour*, std::set<std::pair<kube::ObjectKey, kube::Time>>> alarm_times_;
  std::map<Behaviour*, std::map<kube::ObjectKey, int>> refusals_;
  std::map<Behaviour*, std::set<kube::ObjectKey>> within_;
  std::uint64_t order_ = 0;
  std::set<kube::Time> sleepers_;  // when the sleeping coroutines wake
  bool posted_ = false;
};

}  // namespace sluice::sandbox
