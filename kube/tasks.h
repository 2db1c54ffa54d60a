// Coroutines that run beside each other: started by name, reported when they fail, stopped together.
#pragma once

#include <list>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include "kube/log.h"

namespace sluice::kube {

namespace net = boost::asio;

// Outlived by the io_context; its own life must reach past the end of its tasks or of the io_context's run().
class Tasks {
 public:
  Tasks(net::any_io_executor executor, const Log& log) : executor_(std::move(executor)), log_(log) {}
  Tasks(const Tasks&) = delete;
  Tasks& operator=(const Tasks&) = delete;

  // Runs `work` until it ends. An exception other than cancellation is logged with the name.
  void start(std::string name, net::awaitable<void> work);
  // Asks every task to end; they do when the io_context runs on.
  void stop();
  std::size_t running() const { return signals_.size(); }

 private:
  net::any_io_executor executor_;
  const Log& log_;
  std::list<net::cancellation_signal> signals_;
};

}  // namespace sluice::kube
