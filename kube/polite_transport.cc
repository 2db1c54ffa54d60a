// Places for requests under way, and the waits that a server asks for.
#include "kube/polite_transport.h"

#include <algorithm>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace sluice::kube {
namespace {

bool is_complaint(const Result<ApiResponse>& answer) {
  if (!answer) return false;
  return answer->status == 429 || (answer->status == 503 && answer->retry_after);
}

bool is_eviction(const ApiRequest& request) {
  return request.method == "POST" && request.target.substr(0, request.target.find('?')).ends_with("/eviction");
}

}  // namespace

// A request that waits for its place; its timer is cancelled when it may look again.
struct PoliteTransport::Waiter {
  explicit Waiter(const net::any_io_executor& executor) : timer(executor, net::steady_timer::time_point::max()) {}
  net::steady_timer timer;
  bool has_place = false;
};

// A place among the requests under way, given back when it is destroyed.
struct PoliteTransport::Place {
  explicit Place(PoliteTransport& transport) : owner(transport) {}
  ~Place() {
    --owner.under_way_;
    owner.wake();
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  PoliteTransport& owner;
};

net::awaitable<Result<ApiResponse>> PoliteTransport::send(ApiRequest request) {
  const bool may_repeat = !is_eviction(request);
  for (int attempt = 1;; ++attempt) {
    Result<ApiResponse> answer = Error{};
    {
      co_await take_place();
      const Place place(*this);
      ApiRequest copy = request;
      answer = co_await inner_.send(std::move(copy));
    }
    const bool complains = may_repeat && is_complaint(answer);
    note(complains);
    if (!complains || attempt >= limits_.attempts) co_return answer;
    const Duration wait = answer->retry_after.value_or(limits_.default_wait);
    co_await clock_.sleep_for(std::clamp(wait, Duration(std::chrono::milliseconds(100)), limits_.longest_wait));
  }
}

net::awaitable<void> PoliteTransport::take_place() {
  if (waiters_.empty() && under_way_ < allowed()) {
    ++under_way_;
    co_return;
  }
  Waiter waiter(co_await net::this_coro::executor);
  struct Waiting {
    PoliteTransport& owner;
    Waiter& waiter;
    bool is_over = false;
    ~Waiting() {
      owner.waiters_.remove(&waiter);
      if (is_over || !waiter.has_place) return;
      // It was given a place and stopped before it could use it.
      --owner.under_way_;
      owner.wake();
    }
  };
  Waiting waiting{*this, waiter};
  waiters_.push_back(&waiter);
  boost::system::error_code error;
  while (!waiter.has_place) co_await waiter.timer.async_wait(net::redirect_error(net::use_awaitable, error));
  waiting.is_over = true;
}

void PoliteTransport::wake() {
  while (!waiters_.empty() && under_way_ < allowed()) {
    Waiter* waiter = waiters_.front();
    waiters_.pop_front();
    waiter->has_place = true;
    ++under_way_;
    waiter->timer.cancel();
  }
}

void PoliteTransport::note(bool complains) {
  if (complains)
    allowed_ = std::max(1.0, allowed_ / 2);
  else
    allowed_ = std::min(static_cast<double>(limits_.at_once), allowed_ + 1 / allowed_);
  wake();
}

}  // namespace sluice::kube
