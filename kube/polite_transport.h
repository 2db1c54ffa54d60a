// Yields to a server that is busy: waits when it is told to, and sends less at once afterwards.
#pragma once

#include <list>

#include "kube/clock.h"
#include "kube/transport.h"

namespace sluice::kube {

struct PoliteLimits {
  int at_once = 64;                                  // requests under way while the server never complains
  int attempts = 6;                                  // for one request that is told to come again later
  Duration default_wait = std::chrono::seconds(1);   // when the server does not say how long
  Duration longest_wait = std::chrono::seconds(30);  // whatever it says
};

// There is no fixed rate. Answers 429, and 503 with Retry-After, halve the number of requests under way; answers
// without complaint raise it again, one for each round of them. The refused request, which the server has not carried
// out, is sent again after the wait; when it is refused to the end, its last answer is given to the caller. An eviction
// that a disruption budget forbids is not repeated, because its caller has to decide anew. Watches are not counted. One
// thread; `inner` and `clock` outlive it.
class PoliteTransport final : public Transport {
 public:
  PoliteTransport(Transport& inner, Clock& clock, PoliteLimits limits = {})
      : inner_(inner), clock_(clock), limits_(limits), allowed_(limits.at_once) {}
  net::awaitable<Result<ApiResponse>> send(ApiRequest request) override;
  net::awaitable<Result<ApiStream>> open(ApiRequest request) override { return inner_.open(std::move(request)); }

  // How many requests may be under way now.
  int allowed() const { return static_cast<int>(allowed_); }
  int under_way() const { return under_way_; }

 private:
  struct Waiter;
  struct Place;
  net::awaitable<void> take_place();
  void wake();
  void note(bool is_complaint);

  Transport& inner_;
  Clock& clock_;
  PoliteLimits limits_;
  double allowed_;
  int under_way_ = 0;
  std::list<Waiter*> waiters_;  // the longest waiting first
};

}  // namespace sluice::kube
