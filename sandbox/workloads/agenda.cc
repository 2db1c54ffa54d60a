// The work list of the sandbox's behaviours.
#include "sandbox/workloads/agenda.h"

#include <algorithm>
#include <exception>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

namespace sluice::sandbox {

Agenda::Agenda(kube::Clock& clock, net::any_io_executor executor, const kube::Log& log)
    : clock_(clock), executor_(std::move(executor)), log_(log), life_(std::make_shared<Life>(Life{this})) {}

Agenda::~Agenda() { life_->agenda = nullptr; }

void Agenda::soon(Behaviour& who, kube::ObjectKey key) {
  if (!in_line_[&who].insert(key).second) return;
  waiting_.emplace_back(&who, std::move(key));
  keep_running();
}

void Agenda::at(kube::Time due, Behaviour& who, kube::ObjectKey key) {
  if (due <= clock_.now()) return soon(who, std::move(key));
  if (!alarm_times_[&who].emplace(key, due).second) return;
  alarms_.emplace(std::pair(due, ++order_), Task{&who, std::move(key)});
  watch_the_clock();
}

void Agenda::within(kube::Duration delay, Behaviour& who, kube::ObjectKey key) {
  if (delay <= kube::Duration::zero()) return soon(who, std::move(key));
  if (within_[&who].insert(key).second) at(clock_.now() + delay, who, std::move(key));
}

void Agenda::keep_running() {
  if (posted_ || waiting_.empty()) return;
  posted_ = true;
  net::post(executor_, [life = life_] {
    if (!life->agenda) return;
    life->agenda->posted_ = false;
    life->agenda->run_one();
    life->agenda->keep_running();
  });
}

void Agenda::run_one() {
  const Task task = std::move(waiting_.front());
  waiting_.pop_front();
  const auto& [who, key] = task;
  in_line_[who].erase(key);
  within_[who].erase(key);
  bool done = false;
  try {
    done = who->reconcile(key);
  } catch (const std::exception& error) {
    log_.error("the sandbox could not act on an object", {{"object", key.text()}, {"error", error.what()}});
  }
  if (done) {
    refusals_[who].erase(key);
    return;
  }
  const int times = refusals_[who][key]++;
  at(clock_.now() + std::chrono::seconds(1 << std::min(times, 6)), *who, key);
}

void Agenda::take_due() {
  while (!alarms_.empty() && alarms_.begin()->first.first <= clock_.now()) {
    const auto first = alarms_.begin();
    Task task = std::move(first->second);
    alarm_times_[task.first].erase({task.second, first->first.first});
    alarms_.erase(first);
    soon(*task.first, std::move(task.second));
  }
  if (!alarms_.empty()) watch_the_clock();
}

// One coroutine sleeps for the earliest alarm. An earlier one gets a coroutine of its own, and the first then wakes for
// nothing or for the next.
void Agenda::watch_the_clock() {
  const kube::Time due = alarms_.begin()->first.first;
  if (!sleepers_.empty() && *sleepers_.begin() <= due) return;
  sleepers_.insert(due);
  net::co_spawn(executor_, wake_at(life_, due), net::detached);
}

net::awaitable<void> Agenda::wake_at(std::shared_ptr<Life> life, kube::Time due) {
  if (!life->agenda) co_return;
  co_await life->agenda->clock_.sleep_until(due);
  if (!life->agenda) co_return;
  life->agenda->sleepers_.erase(due);
  life->agenda->take_due();
}

}  // namespace sluice::sandbox
