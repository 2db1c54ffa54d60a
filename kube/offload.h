// Blocking work on a pool of threads, awaited from the one thread that runs everything else.
#pragma once

#include <type_traits>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace sluice::kube {

namespace net = boost::asio;

// Runs `job` on the pool and resumes the caller on its own executor with the result; an exception of the job is thrown
// there. The job cannot be interrupted: a caller that is cancelled resumes when the job ends. Name the job before the
// call (a closure written in the call itself trips g++ 12), and join the pool before the io_context is destroyed.
template <class Job>
net::awaitable<std::invoke_result_t<Job&>> offload(net::thread_pool& pool, Job job) {
  auto run = [&job]() -> net::awaitable<std::invoke_result_t<Job&>> { co_return job(); };
  co_return co_await net::co_spawn(pool, std::move(run), net::use_awaitable);
}

}  // namespace sluice::kube
