// Whether a request to a backend is sent again, and when.
#include "analysis/fetch/retry.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "kube/backoff.h"

namespace sluice::analysis {
namespace {

std::optional<int> read_number(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// "Sun, 06 Nov 1994 08:49:37 GMT", the only form that may still be sent.
std::optional<kube::Time> read_http_date(std::string_view text) {
  constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (text.size() != 29 || !text.ends_with(" GMT")) return std::nullopt;
  const auto month = std::ranges::find(months, text.substr(8, 3));
  const auto day = read_number(text.substr(5, 2)), year = read_number(text.substr(12, 4));
  const auto hour = read_number(text.substr(17, 2)), minute = read_number(text.substr(20, 2));
  const auto second = read_number(text.substr(23, 2));
  if (month == months.end() || !day || !year || !hour || !minute || !second) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(month - months.begin() + 1)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days{date} + std::chrono::hours{*hour} + std::chrono::minutes{*minute} +
         std::chrono::seconds{*second};
}

}  // namespace

bool says_later(unsigned status) {
  return status == 429 || status == 500 || status == 502 || status == 503 || status == 504;
}

std::optional<kube::Duration> read_retry_after(std::string_view header, kube::Time now) {
  if (const auto seconds = read_number(header)) return std::chrono::seconds{std::max(*seconds, 0)};
  if (const auto date = read_http_date(header)) return std::max<kube::Duration>(*date - now, kube::Duration::zero());
  return std::nullopt;
}

std::optional<kube::Duration> wait_before_retry(const Attempt& attempt, const RetryRules& rules, kube::Time now,
                                                kube::Duration left, std::uint64_t seed) {
  if (!says_later(attempt.status) || attempt.number >= rules.attempts) return std::nullopt;
  kube::Duration wait = kube::jittered_backoff_after(attempt.number, {rules.base, rules.cap}, seed);
  if (const auto asked = read_retry_after(attempt.retry_after, now)) wait = std::max(wait, *asked);
  if (wait >= left) return std::nullopt;
  return wait;
}

}  // namespace sluice::analysis
