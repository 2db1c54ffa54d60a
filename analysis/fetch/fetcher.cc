// Asks backends of metrics: every HTTP provider goes through here.
#include "analysis/fetch/fetcher.h"

#include <algorithm>
#include <list>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/multiple_exceptions.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include "kube/backoff.h"
#include "kube/http/url.h"

namespace sluice::analysis {
namespace {

using kube::Duration;
using kube::Error;
using kube::Fault;
using kube::HttpRequest;
using kube::HttpResponse;
using kube::Result;

using Answer = std::shared_ptr<const Result<HttpResponse>>;

constexpr Duration default_deadline = std::chrono::seconds{30};
// Backends that nobody has asked for longer than this are forgotten.
constexpr Duration forget_after = std::chrono::minutes{10};

// Tasks that wait for something to happen. Each may be cancelled while it waits.
class Waiters {
 public:
  net::awaitable<void> wait() {
    net::steady_timer timer(co_await net::this_coro::executor, net::steady_timer::time_point::max());
    struct Place {
      std::list<net::steady_timer*>& row;
      net::steady_timer* timer;
      ~Place() { row.remove(timer); }
    };
    row_.push_back(&timer);
    const Place place{row_, &timer};
    boost::system::error_code woken;
    co_await timer.async_wait(net::redirect_error(net::use_awaitable, woken));
    const net::cancellation_state state = co_await net::this_coro::cancellation_state;
    if (state.cancelled() != net::cancellation_type::none)
      throw boost::system::system_error(net::error::operation_aborted);
  }
  // Whoever is woken leaves the row at once, so that a second wake goes to the next.
  void wake_first() {
    if (row_.empty()) return;
    net::steady_timer* first = row_.front();
    row_.pop_front();
    first->cancel();
  }
  void wake_all() {
    while (!row_.empty()) wake_first();
  }

 private:
  std::list<net::steady_timer*> row_;
};

// Waits until it is woken or the time is over, whichever comes first.
net::awaitable<void> wait_at_most(Waiters& waiters, kube::Clock& clock, Duration length) {
  using namespace net::experimental::awaitable_operators;
  bool cancelled = false;
  try {
    co_await (waiters.wait() || clock.sleep_for(length));
  } catch (const net::multiple_exceptions&) {
    cancelled = true;  // both have been told to end, and so is this task
  }
  if (cancelled) throw boost::system::system_error(net::error::operation_aborted);
}

struct Backend {
  explicit Backend(PaceLimits limits) : pace(limits) {}
  Pace pace;
  int under_way = 0;
  Waiters waiting;
  Duration last_used{0};
};

// A question that is being asked or was answered a moment ago.
struct Question {
  Duration asked_at{0};
  std::optional<kube::Time> sent_at;
  Answer answer;  // null while it is under way
  Waiters waiting;
};

std::string identity_of(const FetchOrder& order) {
  const HttpRequest& request = order.request;
  std::string text;
  const auto add = [&](std::string_view part) { text += fmt::format("{}:{}", part.size(), part); };
  add(order.ns);
  add(order.verify ? "verified" : "any certificate");
  add(request.method);
  add(request.url);
  for (const auto& [name, value] : request.headers) {
    add(name);
    add(value);
  }
  add(request.body);
  add(fmt::format("{}", request.deadline.value_or(default_deadline).count()));
  return text;
}

bool is_redirect(unsigned status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// The request that follows a redirect: the method stays with 307 and 308, otherwise a POST becomes a GET.
Result<HttpRequest> follow(const HttpRequest& before, const HttpResponse& answer) {
  Result<std::string> target = redirect_target(before.url, answer.headers.get("Location"));
  if (!target) return target.error();
  HttpRequest next = before;
  next.url = std::move(*target);
  if (answer.status == 307 || answer.status == 308 || before.method == "GET" || before.method == "HEAD") return next;
  next.method = "GET";
  next.body.clear();
  kube::HttpHeaders headers;
  for (const auto& [name, value] : before.headers)
    if (name != "Content-Type") headers.add(name, value);
  next.headers = std::move(headers);
  return next;
}

Result<HttpResponse> checked(Result<HttpResponse> answer) {
  if (!answer) return answer;
  const std::string_view encoding = answer->headers.get("Content-Encoding");
  if (encoding.empty() || encoding == "identity") return answer;
  return Error{Fault::invalid,
               fmt::format("the answer is compressed ({}) although it was not asked for", encoding.substr(0, 32))};
}

}  // namespace

class Fetcher::State : public std::enable_shared_from_this<Fetcher::State> {
 public:
  State(FetchHttp wire, kube::Clock& clock, FetchLimits limits)
      : wire_(std::move(wire)), clock_(clock), limits_(limits) {}

  const FetchCounters& counters() const { return counters_; }

  net::awaitable<Result<HttpResponse>> fetch(FetchOrder order) {
    ++counters_.orders;
    order.request.partition = order.ns;
    const Duration end = clock_.elapsed() + order.request.deadline.value_or(default_deadline);
    if (!order.repeatable) co_return co_await ask(std::move(order), end);
    const std::string identity = identity_of(order);
    for (;;) {
      forget_old_answers();
      const auto known = questions_.find(identity);
      if (known == questions_.end()) break;
      const std::shared_ptr<Question> question = known->second;
      if (question->answer && question->asked_at + limits_.shared_for <= clock_.elapsed()) {
        questions_.erase(known);
        break;
      }
      if (!question->answer) co_await question->waiting.wait();
      if (question->answer) {
        ++counters_.shared;
        if (order.sent_at) *order.sent_at = question->sent_at;
        co_return *question->answer;
      }
      // Whoever asked was cancelled; one of those that waited asks instead.
    }
    co_return co_await ask_for_all(std::move(order), identity, end);
  }

 private:
  net::awaitable<Result<HttpResponse>> ask_for_all(FetchOrder order, std::string identity, Duration end) {
    // Also when the task is cancelled: those that wait must not wait for ever.
    struct Asked {
      State& state;
      const std::string& identity;
      std::shared_ptr<Question> question = std::make_shared<Question>();
      ~Asked() {
        const bool keep = question->answer && *question->answer && (*question->answer)->status / 100 == 2;
        if (keep)
          state.recent_.push_back({identity, question});
        else
          state.questions_.erase(identity);
        question->waiting.wake_all();
      }
    };
    const Asked asked{*this, identity};
    asked.question->asked_at = clock_.elapsed();
    questions_.emplace(identity, asked.question);
    std::optional<kube::Time>* const told = std::exchange(order.sent_at, &asked.question->sent_at);
    Result<HttpResponse> answer = co_await ask(std::move(order), end);
    if (told) *told = asked.question->sent_at;
    asked.question->answer = std::make_shared<const Result<HttpResponse>>(std::move(answer));
    co_return *asked.question->answer;
  }

  net::awaitable<Result<HttpResponse>> ask(FetchOrder order, Duration end) {
    const Result<kube::HttpUrl> url = kube::parse_http_url(order.request.url);
    if (!url) co_return url.error();
    const std::shared_ptr<Backend> backend = backend_of(url->origin());
    const std::uint64_t seed = ++seeds_;
    int redirects = 0;
    for (int attempt = 1;;) {
      Result<HttpResponse> answer = co_await send(backend, order, end);
      if (!answer) co_return answer;
      if (is_redirect(answer->status) && answer->headers.find("Location")) {
        if (++redirects > limits_.redirects)
          co_return Error{Fault::invalid, fmt::format("more than {} redirects", limits_.redirects)};
        Result<HttpRequest> next = follow(order.request, *answer);
        if (!next) co_return next.error();
        order.request = std::move(*next);
        continue;
      }
      const std::string_view retry_after = answer->headers.get("Retry-After");
      note_pause(*backend, *answer);
      const Duration left = end - clock_.elapsed();
      const auto wait = order.repeatable ? wait_before_retry({answer->status, retry_after, attempt}, limits_.retry,
                                                             clock_.now(), left, seed)
                                         : std::nullopt;
      if (!wait) co_return checked(std::move(answer));
      ++attempt;
      ++counters_.retries;
      co_await clock_.sleep_for(*wait);
    }
  }

  // One request, after its turn has come.
  net::awaitable<Result<HttpResponse>> send(std::shared_ptr<Backend> backend, FetchOrder order, Duration end) {
    while (backend->under_way >= limits_.concurrent) {
      co_await wait_at_most(backend->waiting, clock_, end - clock_.elapsed());
      if (clock_.elapsed() >= end) {
        backend->waiting.wake_first();
        co_return Error{Fault::timeout, fmt::format("the backend was busy with {} other requests until the deadline",
                                                    limits_.concurrent)};
      }
    }
    struct Turn {
      Backend& backend;
      ~Turn() {
        --backend.under_way;
        backend.waiting.wake_first();
      }
    };
    ++backend->under_way;
    const Turn turn{*backend};
    const Duration now = clock_.elapsed();
    const std::optional<Duration> wait = backend->pace.take(now, end - now);
    if (!wait) co_return too_late(*backend, now);
    if (*wait > Duration::zero()) co_await clock_.sleep_for(*wait);
    backend->last_used = clock_.elapsed();
    HttpRequest request = order.request;
    // In whole milliseconds, because messages tell it.
    const Duration left = std::chrono::ceil<std::chrono::milliseconds>(end - clock_.elapsed());
    request.deadline = std::max<Duration>(left, std::chrono::milliseconds{1});
    ++counters_.sent;
    if (order.sent_at && !*order.sent_at) *order.sent_at = clock_.now();
    co_return co_await wire_(std::move(request), order.verify);
  }

  static Error too_late(const Backend& backend, Duration now) {
    const Duration held = backend.pace.held_for(now);
    if (held > Duration::zero())
      return {Fault::throttled, fmt::format("the backend wants no requests for another {} (Retry-After)",
                                            kube::format_duration(std::chrono::ceil<std::chrono::seconds>(held)))};
    return {Fault::timeout, "too many requests wait for this backend; the deadline would be over first"};
  }

  void note_pause(Backend& backend, const HttpResponse& answer) {
    if (!says_later(answer.status)) return;
    const auto pause = read_retry_after(answer.headers.get("Retry-After"), clock_.now());
    constexpr Duration longest = std::chrono::minutes{5};
    if (pause) backend.pace.hold_until(clock_.elapsed() + std::min(*pause, longest));
  }

  std::shared_ptr<Backend> backend_of(const std::string& origin) {
    const Duration now = clock_.elapsed();
    std::erase_if(backends_, [&](const auto& entry) {
      return entry.second.use_count() == 1 && entry.second->last_used + forget_after < now;
    });
    std::shared_ptr<Backend>& backend = backends_[origin];
    if (!backend) backend = std::make_shared<Backend>(limits_.pace);
    backend->last_used = now;
    return backend;
  }

  void forget_old_answers() {
    const Duration now = clock_.elapsed();
    while (!recent_.empty() && recent_.front().question->asked_at + limits_.shared_for <= now) {
      const auto known = questions_.find(recent_.front().identity);
      if (known != questions_.end() && known->second == recent_.front().question) questions_.erase(known);
      recent_.pop_front();
    }
  }

  struct Recent {
    std::string identity;
    std::shared_ptr<Question> question;
  };

  FetchHttp wire_;
  kube::Clock& clock_;
  FetchLimits limits_;
  FetchCounters counters_;
  std::map<std::string, std::shared_ptr<Backend>> backends_;  // by origin
  std::unordered_map<std::string, std::shared_ptr<Question>> questions_;
  std::list<Recent> recent_;  // answered, in the order of their answers
  std::uint64_t seeds_ = 0;
};

Fetcher::Fetcher(FetchHttp wire, kube::Clock& clock, FetchLimits limits)
    : state_(std::make_shared<State>(std::move(wire), clock, limits)) {}
Fetcher::Fetcher(FetchHttp wire, kube::Clock& clock) : Fetcher(std::move(wire), clock, FetchLimits{}) {}
Fetcher::~Fetcher() = default;

// Not a coroutine itself: the state must be held before the first step of one runs.
net::awaitable<Result<HttpResponse>> Fetcher::fetch(FetchOrder order) { return fetch_with(state_, std::move(order)); }

net::awaitable<Result<HttpResponse>> Fetcher::fetch_with(std::shared_ptr<State> state, FetchOrder order) {
  co_return co_await state->fetch(std::move(order));
}

const FetchCounters& Fetcher::counters() const { return state_->counters(); }

}  // namespace sluice::analysis
