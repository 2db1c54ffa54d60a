// Asks backends of metrics: every HTTP provider goes through here.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "analysis/fetch/pace.h"
#include "analysis/fetch/retry.h"
#include "analysis/fetch/wire.h"
#include "kube/clock.h"

namespace sluice::analysis {

// A request as a provider wants it answered.
struct FetchOrder {
  kube::HttpRequest request;  // its deadline holds for everything: waiting for a turn, retries, redirects
  bool verify = true;         // false takes any certificate
  std::string ns;             // of the run; connections and answers are not shared between namespaces
  bool repeatable = true;     // asking twice does no harm, and an answer may be given to two that ask the same
  // Set to when the first request was sent, its own or that of the equal order whose answer it gets; not later than the
  // answer and not set when nothing was sent. Outlives the order; may be null.
  std::optional<kube::Time>* sent_at = nullptr;
};

struct FetchLimits {
  RetryRules retry;
  PaceLimits pace;                                             // of one backend
  int concurrent = 64;                                         // requests under way at one backend
  int redirects = 3;                                           // within one origin
  kube::Duration shared_for = std::chrono::milliseconds{500};  // an answer is given to equal questions asked this soon
};

// What has been done so far, for tests and the metrics of the process.
struct FetchCounters {
  std::uint64_t orders = 0;
  std::uint64_t shared = 0;  // answered by the answer to an equal order
  std::uint64_t sent = 0;    // requests, retries and redirects included
  std::uint64_t retries = 0;
};

// One backend is one origin (scheme, host and port). Orders to a backend wait their turn in the order in which they
// came. Equal orders (namespace, method, URL, headers with authorization, body, verification) that are under way at the
// same moment become one request. Answers that say "later" are asked again within the deadline, and all orders to a
// backend wait when it names a pause (Retry-After).
//
// Any status is an answer. Errors are those of the wire, and: Fault::timeout when the deadline is over before the turn
// comes, Fault::throttled while a backend wants a pause longer than the deadline, Fault::forbidden for a redirect to
// another origin, Fault::invalid for an answer that is compressed although nobody asked for that.
class Fetcher {
 public:
  // `clock` outlives the fetcher and its orders.
  Fetcher(FetchHttp wire, kube::Clock& clock, FetchLimits limits);
  Fetcher(FetchHttp wire, kube::Clock& clock);
  ~Fetcher();
  Fetcher(const Fetcher&) = delete;
  Fetcher& operator=(const Fetcher&) = delete;

  net::awaitable<kube::Result<kube::HttpResponse>> fetch(FetchOrder order);
  const FetchCounters& counters() const;

 private:
  class State;
  static net::awaitable<kube::Result<kube::HttpResponse>> fetch_with(std::shared_ptr<State> state, FetchOrder order);
  std::shared_ptr<State> state_;  // orders under way go on with it
};

}  // namespace sluice::analysis
