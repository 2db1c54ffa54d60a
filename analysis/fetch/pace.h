// How fast one backend is asked: a rate with bursts, and the pauses that it has asked for.
#pragma once

#include <optional>

#include "kube/time.h"

namespace sluice::analysis {

struct PaceLimits {
  double per_second = 500;
  double burst = 50;  // requests that may go at once after a silence
};

// Moments are lengths of time since some fixed moment (Clock::elapsed).
class Pace {
 public:
  explicit Pace(PaceLimits limits);

  // Takes the next place in the row: how long the request has to wait from `now`. nullopt when that is not before
  // `left` is over; no place is taken then.
  std::optional<kube::Duration> take(kube::Duration now, kube::Duration left);

  // Nothing is sent before that moment; the later of two such wishes holds.
  void hold_until(kube::Duration moment);
  // How much of such a pause is left at `now`; zero without one.
  kube::Duration held_for(kube::Duration now) const;

 private:
  kube::Duration between_;     // two requests, when there is no burst
  kube::Duration tolerance_;   // how far the row may run ahead of the rate
  kube::Duration free_at_{0};  // when the next request would go without bursts
  kube::Duration held_until_{0};
};

}  // namespace sluice::analysis
