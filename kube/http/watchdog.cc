// Ends the waiting of a socket when a deadline passes.
#include "kube/http/watchdog.h"

#include <algorithm>
#include <string>

#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>

namespace sluice::kube {

// Lengths beyond a year mean for ever; they would overflow the clock's nanoseconds.
Deadline deadline_after(Duration length) {
  return length > std::chrono::hours(24 * 365) ? no_deadline : std::chrono::steady_clock::now() + length;
}

bool is_over(Deadline deadline) { return deadline != no_deadline && deadline <= std::chrono::steady_clock::now(); }

struct Watchdog::State {
  explicit State(net::ip::tcp::socket& watched) : socket(&watched), timer(watched.get_executor()) {}
  Deadline earliest() const { return std::min(until[reading], until[writing]); }

  net::ip::tcp::socket* socket;  // nullptr once the watchdog is gone
  net::steady_timer timer;
  Deadline until[2] = {no_deadline, no_deadline};
  Deadline armed = no_deadline;  // when the timer fires
  bool expired = false;
};

Watchdog::Watchdog(net::ip::tcp::socket& socket) : state_(std::make_shared<State>(socket)) {}

Watchdog::~Watchdog() {
  state_->socket = nullptr;
  state_->timer.cancel();
}

void Watchdog::watch(Side side, Deadline deadline) {
  state_->until[side] = deadline;
  if (deadline < state_->armed) arm(state_);
}

void Watchdog::unwatch(Side side) { state_->until[side] = no_deadline; }

void Watchdog::rest() {
  state_->armed = no_deadline;
  state_->timer.cancel();
}

void Watchdog::arm(const std::shared_ptr<State>& state) {
  state->armed = state->earliest();
  if (state->armed == no_deadline) return;
  state->timer.expires_at(state->armed);
  state->timer.async_wait([state](const boost::system::error_code& error) {
    if (error || !state->socket) return;
    if (!is_over(state->earliest())) return arm(state);
    state->armed = no_deadline;
    state->expired = true;
    boost::system::error_code ignored;
    state->socket->close(ignored);
  });
}

Error Watchdog::error_of(const boost::system::error_code& code) const {
  if (state_->expired) return {Fault::timeout, "no progress within the deadline"};
  if (code == net::error::operation_aborted || code == net::error::bad_descriptor)
    return {Fault::cancelled, "the connection was given up"};
  std::string message = code.message();
  if (!message.empty() && message.size() > 1 && message[1] >= 'a' && message[1] <= 'z')
    message[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(message[0])));
  return {Fault::unavailable, message};
}

}  // namespace sluice::kube
