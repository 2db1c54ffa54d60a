// Takes part in the election of a leader by a Lease object.
#pragma once

#include <functional>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "kube/client.h"
#include "kube/clock.h"
#include "kube/lease.h"
#include "kube/log.h"

namespace sluice::kube {

// "<hostname>_<uuid>", different at every call.
std::string new_identity();

// One thread; outlives the task that runs it. Client, clock and log outlive it.
class LeaderElection {
 public:
  using Listener = std::function<void(bool leads)>;

  LeaderElection(Client& client, Clock& clock, const Log& log, ObjectKey lease, LeaseSettings settings);

  // Told, from within run(), when this process begins and when it ceases to lead; the latter at the renew deadline at
  // the latest, also when the server does not answer.
  void listen(Listener listener) { listener_ = std::move(listener); }

  // Runs until it is cancelled: takes the lease when it is free and renews it. Requests that are not answered within
  // half the renew deadline are given up and sent again.
  net::awaitable<void> run();
  // To be awaited after run() has been cancelled, when the process ends in order: gives the lease back, so that the
  // next leader need not wait. From its first moment on is_leader() is false.
  net::awaitable<void> release();

  // True while this process may write; asks the clock, so it is exact between two renewals, too.
  bool is_leader() const;
  // Who led when the lease was last read; "" for nobody.
  std::string holder() const;
  // Grows with every change of the leader.
  std::int64_t epoch() const;

 private:
  Moment now() const { return {clock_.now(), clock_.elapsed()}; }
  Duration patience() const;
  net::awaitable<void> read();
  net::awaitable<void> write(LeaseWrite write);
  net::awaitable<Result<json::value>> get();
  net::awaitable<Result<json::value>> put(LeaseWrite write);
  void note_leadership();
  void note_failure(const Error& error);

  Client& client_;
  Clock& clock_;
  const Log& log_;
  ObjectKey lease_;
  LeaseSettings settings_;
  Listener listener_;
  LeaseState state_;
  bool was_leader_ = false;  // what the listener was told
  bool in_trouble_ = false;  // a failure has been logged and is not over
};

}  // namespace sluice::kube
