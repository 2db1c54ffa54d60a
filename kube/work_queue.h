// The keys of objects that someone has to look at: each at most once, at most by one worker, now or at a given time.
#pragma once

#include <deque>
#include <list>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <boost/asio/awaitable.hpp>

#include "kube/backoff.h"
#include "kube/clock.h"
#include "kube/metadata.h"

namespace sluice::kube {

// For one io_context on one thread; outlives the tasks that wait in next(). Keys come out in the order in which they
// became ready. Nothing waits on the clock unless a key is due later and a worker is idle.
class WorkQueue {
 public:
  explicit WorkQueue(Clock& clock, BackoffLimits retries = {std::chrono::milliseconds(5), std::chrono::seconds(10)})
      : clock_(clock), retries_(retries) {}
  WorkQueue(const WorkQueue&) = delete;
  WorkQueue& operator=(const WorkQueue&) = delete;

  // Ready now. A key that is being worked on becomes ready again when it is done.
  void add(const ObjectKey& key);
  // Ready at `due`; of several times for one key the earliest holds.
  void add_at(const ObjectKey& key, Time due);

  // Waits for a key and hands it to the caller, who says done() when it has finished with it.
  net::awaitable<ObjectKey> next();
  void done(const ObjectKey& key);

  // Ready again after the backoff of this key, which doubles with each failure until forget().
  void failed(const ObjectKey& key);
  void forget(const ObjectKey& key) { failures_.erase(key); }
  int failures(const ObjectKey& key) const;

  // Keys that are ready and wait for a worker.
  std::size_t ready() const { return ready_.size(); }
  // Keys that become ready at a later time.
  std::size_t delayed() const { return due_.size(); }

 private:
  struct Waiter;
  struct Waiting;

  net::awaitable<void> wait();
  void make_ready(const ObjectKey& key);
  void make_due_ready();
  void wake_one();

  Clock& clock_;
  BackoffLimits retries_;
  std::deque<ObjectKey> ready_;
  std::unordered_set<ObjectKey, ObjectKeyHash> is_ready_;
  std::unordered_set<ObjectKey, ObjectKeyHash> worked_on_;
  std::unordered_set<ObjectKey, ObjectKeyHash> again_;  // became ready while they were worked on
  std::set<std::pair<Time, ObjectKey>> due_;
  std::unordered_map<ObjectKey, Time, ObjectKeyHash> due_of_;
  std::unordered_map<ObjectKey, int, ObjectKeyHash> failures_;
  std::list<Waiter*> waiters_;    // idle workers that have not been woken, the longest waiting first
  Waiter* timekeeper_ = nullptr;  // the idle worker that waits for the earliest due key
};

}  // namespace sluice::kube
