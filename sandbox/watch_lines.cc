// Waiting for the next line of a watch.
#include "sandbox/watch_lines.h"

#include <charconv>

#include <boost/asio/error.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace sluice::sandbox {
namespace {

using namespace boost::asio::experimental::awaitable_operators;
namespace net = boost::asio;

constexpr kube::seconds bookmark_interval{60};
constexpr kube::seconds last_bookmark_before_end{2};

// Set by every change; kept alive by whoever still waits for it.
struct Signal {
  bool raised = false;
  net::steady_timer* timer = nullptr;  // of the wait that is under way

  void raise() {
    raised = true;
    if (timer) timer->cancel();
  }
};

net::awaitable<void> wait_for(std::shared_ptr<Signal> signal) {
  net::steady_timer timer(co_await net::this_coro::executor, net::steady_timer::time_point::max());
  struct Shown {
    Signal& signal;
    ~Shown() { signal.timer = nullptr; }
  };
  signal->timer = &timer;
  const Shown shown{*signal};
  boost::system::error_code error;
  while (!signal->raised) {
    co_await timer.async_wait(net::redirect_error(net::use_awaitable, error));
    if (!signal->raised && error) throw boost::system::system_error(net::error::operation_aborted);
  }
}

class WatchLines final : public kube::LineStream {
 public:
  WatchLines(ApiState& state, WatchSession session, kube::Duration life)
      : clock_(state.clock),
        session_(std::move(session)),
        end_(clock_.now() + life),
        next_bookmark_(first_bookmark()),
        subscription_(state.store, session_.collection(), [signal = signal_] { signal->raise(); }) {}

  net::awaitable<kube::Result<std::optional<std::string>>> next() override {
    for (;;) {
      signal_->raised = false;
      std::optional<std::string> line = session_.poll();
      if (line) co_return kube::Result<std::optional<std::string>>(std::move(line));
      const kube::Time now = clock_.now();
      if (session_.is_finished() || now >= end_) co_return kube::Result<std::optional<std::string>>(std::nullopt);
      if (now >= next_bookmark_) {
        next_bookmark_ = now + bookmark_interval;
        if (now < end_ - last_bookmark_before_end)
          next_bookmark_ = std::min(next_bookmark_, end_ - last_bookmark_before_end);
        line = session_.bookmark();
        if (line) co_return kube::Result<std::optional<std::string>>(std::move(line));
      }
      const kube::Time due = std::min(end_, next_bookmark_);
      co_await (wait_for(signal_) || clock_.sleep_until(due));
    }
  }

 private:
  kube::Time first_bookmark() const {
    const kube::Time now = clock_.now();
    const kube::Time before_end = end_ - last_bookmark_before_end;
    const kube::Time regular = now + bookmark_interval;
    return before_end > now ? std::min(regular, before_end) : regular;
  }

  kube::Clock& clock_;
  WatchSession session_;
  kube::Time end_;
  kube::Time next_bookmark_;
  std::shared_ptr<Signal> signal_ = std::make_shared<Signal>();
  Api::Store::Subscription subscription_;
};

}  // namespace

std::unique_ptr<kube::LineStream> make_watch_lines(ApiState& state, const Request& request, WatchSession session) {
  const std::string_view text = request.target.option("timeoutSeconds");
  std::int64_t length = 0;
  std::from_chars(text.data(), text.data() + text.size(), length);
  if (length <= 0) length = 1800 + static_cast<std::int64_t>(state.identities.number() % 1800);
  return std::make_unique<WatchLines>(state, std::move(session), kube::seconds(length));
}

}  // namespace sluice::sandbox
