// Requests to the sandbox without a socket.
#include "sandbox/in_process.h"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace sluice::sandbox {

kube::net::awaitable<kube::Result<kube::ApiResponse>> InProcessTransport::send(kube::ApiRequest request) {
  const kube::net::any_io_executor executor = co_await kube::net::this_coro::executor;
  co_await kube::net::post(executor, kube::net::use_awaitable);
  co_return kube::Result<kube::ApiResponse>(api_.handle(request, user_));
}

kube::net::awaitable<kube::Result<kube::ApiStream>> InProcessTransport::open(kube::ApiRequest request) {
  const kube::net::any_io_executor executor = co_await kube::net::this_coro::executor;
  co_await kube::net::post(executor, kube::net::use_awaitable);
  co_return kube::Result<kube::ApiStream>(api_.open(request, user_));
}

}  // namespace sluice::sandbox
