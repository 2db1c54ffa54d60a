// Blocking work leaves the loop and comes back to it.
#include "kube/offload.h"

#include <stdexcept>
#include <string>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "http_fixture.h"

namespace sluice::kube {
namespace {

BOOST_AUTO_TEST_SUITE(offloading, *boost::unit_test::timeout(10))

BOOST_AUTO_TEST_CASE(runs_on_another_thread_and_resumes_on_this_one) {
  net::thread_pool pool(1);
  net::io_context io(1);
  const bool both = run_on(io, [](net::thread_pool& threads) -> net::awaitable<bool> {
    auto job = [] { return std::this_thread::get_id(); };
    const auto there = co_await offload(threads, std::move(job));
    const auto main_thread = std::this_thread::get_id();
    co_return there != main_thread;
  }(pool));
  BOOST_TEST(both);
  pool.join();
}

BOOST_AUTO_TEST_CASE(an_exception_of_the_job_reaches_the_caller) {
  net::thread_pool pool(1);
  net::io_context io(1);
  auto fail = [](net::thread_pool& threads) -> net::awaitable<bool> {
    auto job = []() -> int { throw std::runtime_error("disk on fire"); };
    const int never = co_await offload(threads, std::move(job));
    co_return never == 0;
  };
  BOOST_CHECK_THROW(run_on(io, fail(pool)), std::runtime_error);
  pool.join();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::kube
