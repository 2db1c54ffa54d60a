// How fast one backend is asked: a rate with bursts, and the pauses that it has asked for.
#include "analysis/fetch/pace.h"

#include <algorithm>

namespace sluice::analysis {

Pace::Pace(PaceLimits limits)
    : between_(static_cast<kube::Duration::rep>(1e6 / limits.per_second)),
      tolerance_(static_cast<kube::Duration::rep>(1e6 / limits.per_second * std::max(limits.burst - 1, 0.0))) {}

std::optional<kube::Duration> Pace::take(kube::Duration now, kube::Duration left) {
  const kube::Duration goes_at = std::max({now, held_until_, free_at_ - tolerance_});
  const kube::Duration wait = goes_at - now;
  if (wait > kube::Duration::zero() && wait >= left) return std::nullopt;
  free_at_ = std::max(free_at_, goes_at) + between_;
  return wait;
}

void Pace::hold_until(kube::Duration moment) { held_until_ = std::max(held_until_, moment); }

kube::Duration Pace::held_for(kube::Duration now) const { return std::max(held_until_ - now, kube::Duration::zero()); }

}  // namespace sluice::analysis
