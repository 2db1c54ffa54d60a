// What all tests of this program share: one loop, one control plane, its administrator.
#pragma once

#include <exception>
#include <functional>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "kube/clock.h"
#include "kube/http_transport.h"
#include "kube/log.h"
#include "test/cluster/admin.h"
#include "test/cluster/plane.h"

namespace sluice::cluster_test {

class World {
 public:
  World();

  net::io_context io{1};
  kube::RealClock clock;
  kube::Log log;  // of library code that runs within the tests; kept as a result
  Plane plane;
  kube::HttpTransport transport;  // as the administrator
  kube::Client client;
  Admin admin;

  // Runs a coroutine to its end; others that were started run meanwhile. Exceptions of the coroutine come out here.
  template <class T>
  T run(net::awaitable<T> work) {
    std::exception_ptr failure;
    bool done = false;
    if constexpr (std::is_void_v<T>) {
      net::co_spawn(io, std::move(work), [&](std::exception_ptr error) { failure = error, done = true; });
      pump_until(done);
      if (failure) std::rethrow_exception(failure);
    } else {
      std::optional<T> value;
      net::co_spawn(io, std::move(work), [&](std::exception_ptr error, T result) {
        failure = error, done = true;
        if (!error) value.emplace(std::move(result));
      });
      pump_until(done);
      if (failure) std::rethrow_exception(failure);
      return std::move(*value);
    }
  }

  // What has to be ended before the control plane is.
  void at_end(std::function<void()> action) { at_end_.push_back(std::move(action)); }
  ~World() {
    for (const auto& action : at_end_) action();
  }

  void pump_until(const bool& done) {
    io.restart();
    while (!done)
      if (io.run_one() == 0) throw std::logic_error("nothing is left that could end the wait");
  }

 private:
  std::vector<std::function<void()>> at_end_;
};

// Started with the test program, stopped at its end.
World& world();

// How to reach the cluster with a kubeconfig of the plane.
kube::ClusterAccess access_as(const std::string& user);

}  // namespace sluice::cluster_test
