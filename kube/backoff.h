// How long to wait after the n-th failure in a row. Values only; waiting is the caller's.
#pragma once

#include <cstdint>
#include <string_view>

#include "kube/time.h"

namespace sluice::kube {

struct BackoffLimits {
  Duration base;  // after the first failure
  Duration cap;
};

// base x 2^(failures - 1), at most the cap; zero for no failure.
Duration backoff_after(int failures, BackoffLimits limits);

// Between 3/4 and 5/4 of backoff_after, never outside [base, cap]; the same for the same seed and number of failures,
// so that a run on virtual time can be repeated, and different for different seeds, so that a fleet does not return at
// one moment.
Duration jittered_backoff_after(int failures, BackoffLimits limits, std::uint64_t seed);

// A number that differs between texts and is the same in every run and on every machine.
std::uint64_t stable_hash(std::string_view text, std::uint64_t seed = 0);

}  // namespace sluice::kube
