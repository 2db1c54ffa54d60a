// Starting, reporting and stopping coroutines.
#include "kube/tasks.h"

#include <exception>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/multiple_exceptions.hpp>
#include <boost/system/system_error.hpp>

namespace sluice::kube {
namespace {

// What went wrong; "" when the task was only cancelled.
std::string description_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const net::multiple_exceptions& several) {
    return description_of(several.first_exception());
  } catch (const boost::system::system_error& failure) {
    return failure.code() == net::error::operation_aborted ? std::string() : failure.what();
  } catch (const std::exception& failure) {
    return failure.what();
  } catch (...) {
    return "an exception of an unknown type";
  }
}

}  // namespace

void Tasks::start(std::string name, net::awaitable<void> work) {
  const auto signal = signals_.emplace(signals_.end());
  auto finish = [this, signal, name = std::move(name)](std::exception_ptr error) {
    signals_.erase(signal);
    if (!error) return;
    const std::string reason = description_of(error);
    if (!reason.empty()) log_.error("a task ended with an exception", {{"task", name}, {"error", reason}});
  };
  net::co_spawn(executor_, std::move(work), net::bind_cancellation_slot(signal->slot(), std::move(finish)));
}

void Tasks::stop() {
  // A task that ends removes its own signal, so the next one is found before this one is told.
  for (auto at = signals_.begin(); at != signals_.end();) {
    net::cancellation_signal& signal = *at++;
    signal.emit(net::cancellation_type::terminal);
  }
}

}  // namespace sluice::kube
