// Whether a request to a backend is sent again, and when. Values only; waiting is the caller's.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "kube/time.h"

namespace sluice::analysis {

// How one attempt ended.
struct Attempt {
  unsigned status = 0;           // of the answer
  std::string_view retry_after;  // the header, "" when there was none
  int number = 1;                // of this attempt
};

struct RetryRules {
  int attempts = 4;  // in all
  kube::Duration base = std::chrono::milliseconds{500};
  kube::Duration cap = std::chrono::seconds{8};
};

// True for answers that say "later": 429 and the server errors 500, 502, 503 and 504.
bool says_later(unsigned status);

// What Retry-After asks for: whole seconds or an HTTP date; nullopt when it is neither. Never negative.
std::optional<kube::Duration> read_retry_after(std::string_view header, kube::Time now);

// How long to wait before the next attempt; nullopt when the answer is final: it is good, there were enough attempts,
// or the wait would not end before `left` is over. `seed` spreads the waits of different requests.
std::optional<kube::Duration> wait_before_retry(const Attempt& attempt, const RetryRules& rules, kube::Time now,
                                                kube::Duration left, std::uint64_t seed);

}  // namespace sluice::analysis
