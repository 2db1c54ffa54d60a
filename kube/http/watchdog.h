// Ends the waiting of a socket when a deadline passes.
#pragma once

#include <memory>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>

#include "kube/http/byte_stream.h"

namespace sluice::kube {

// Watches one read and one write of a socket that outlives it. The timer is armed for the earliest deadline and looks
// again when it fires, so that an operation that ends in time costs two assignments.
class Watchdog {
 public:
  enum Side { reading, writing };

  explicit Watchdog(net::ip::tcp::socket& socket);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  // Watches from its construction to its destruction.
  class Guard {
   public:
    Guard(Watchdog& dog, Side side, Deadline deadline) : dog_(dog), side_(side) { dog_.watch(side, deadline); }
    ~Guard() { dog_.unwatch(side_); }
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

   private:
    Watchdog& dog_;
    Side side_;
  };

  void rest();
  // The error of an operation that ended with `code`, a deadline taken into account.
  Error error_of(const boost::system::error_code& code) const;

 private:
  struct State;
  void watch(Side side, Deadline deadline);
  void unwatch(Side side);
  static void arm(const std::shared_ptr<State>& state);

  std::shared_ptr<State> state_;  // shared with the timer's handler
};

}  // namespace sluice::kube
